"""Presets against what the packages themselves gave (golden_presets.json: text, function, version;
made by running those functions, whose code is not here)."""

from __future__ import annotations

import json
from pathlib import Path

import lode
import numpy as np
import pytest

GOLDEN = json.loads((Path(__file__).parent / "golden_presets.json").read_text())


def read(tmp_path, text, encoding, left=0):
    """The text as a contig of its own, encoded, with so many positions before it."""
    (tmp_path / "one.fa").write_text(f">one\n{text}\n")
    with lode.index(tmp_path / "one.fa") as ix:
        rows = ix.fetch_many([0], -left, len(text), encoding=encoding, bounds="pad")
        return rows[0]


@pytest.mark.parametrize("name", ["enformer", "borzoi", "tangermeme", "grelu", "hyena"])
def test_as_theirs(tmp_path, name):
    golden = GOLDEN[name]
    text = golden["text"]
    want = np.array(golden["values"], float)
    if name == "hyena":  # its lower case is [UNK]: ours is read as upper case
        upper = len(text.rstrip("acgtn"))
        text, want = text[:upper], want[:upper]
    got = read(tmp_path, text, name)
    assert got.shape == want.shape and np.array_equal(got, want)
    if golden["dtype"] != "bool":
        assert got.dtype == golden["dtype"]


def test_n_uniform(tmp_path):
    golden = GOLDEN["borzoi_uniform"]
    got = read(tmp_path, golden["text"], lode.onehot(np.float16, n=0.25))
    assert np.array_equal(got, np.array(golden["values"])) and got.dtype == golden["dtype"]


def test_outside_as_theirs(tmp_path):
    golden = GOLDEN["hyena_pad"]  # pads stand to the left
    left = len(golden["values"]) - len(golden["text"])
    assert read(tmp_path, golden["text"], "hyena", left).tolist() == golden["values"]
    theirs = GOLDEN["enformer"]
    dot = theirs["values"][theirs["text"].index(".")]
    assert read(tmp_path, "ACGT", "enformer", 1)[0].tolist() == dot

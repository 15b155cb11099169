"""Presets beside what the packages they are named after gave: golden_presets.json says which
version and which function. Its numbers are theirs; nothing of lode had a part in them."""

from __future__ import annotations

import json
from pathlib import Path

import lode
import numpy as np
import pytest

GOLDEN = json.loads((Path(__file__).parent / "golden_presets.json").read_text())
NAMES = ["enformer", "borzoi", "tangermeme", "grelu", "hyena"]


def cases(name, kind):
    return [case for case in GOLDEN[name]["cases"] if kind in case]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pack", [False, True])
def test_as_the_package_gives(name, pack, tmp_path):
    """Values, layout and dtype of what is read out of a FASTA."""
    known = cases(name, "output")
    assert len(known) >= 2
    with (tmp_path / "g.fa").open("w") as out:
        out.writelines(f">c{i}\n{case['input']}\n" for i, case in enumerate(known))
    ix = lode.index(tmp_path / "g.fa", pack=pack)
    for i, case in enumerate(known):
        want = np.array(case["output"])
        got = ix.fetch_many([i], [0], [len(case["input"])], encoding=name)
        assert got.shape == (1, *want.shape) and got[0].tolist() == want.tolist(), case["input"]
        # Borzoi's bools are made float32 by baskerville's dataset.py
        assert got.dtype == {"bool": "float32"}.get(case["dtype"], case["dtype"])


@pytest.mark.parametrize("name", ["tangermeme", "grelu"])
def test_what_the_package_refuses_is_zero(name):
    """Letters that make the package raise are zero in each channel: a genome holds some."""
    refused = [case["input"] for case in cases(name, "error")]
    assert set("R.-") <= set(refused)
    for letter in "R.-":
        assert not lode.preset(name).table[ord(letter)].any()


def test_n_uniform(tmp_path):
    case = GOLDEN["borzoi_uniform"]
    (tmp_path / "g.fa").write_text(f">c\n{case['input']}\n")
    how = lode.onehot(np.float16, n=0.25)
    got = lode.index(tmp_path / "g.fa").fetch_many(0, 0, len(case["input"]), encoding=how)[0]
    assert np.array_equal(got, case["output"]) and got.dtype == case["dtype"]


def test_hyena_pads_to_the_left(tmp_path):
    case = GOLDEN["hyena_pad"]
    left = len(case["output"]) - len(case["input"])
    (tmp_path / "g.fa").write_text(f">c\n{case['input']}\n")
    ix = lode.index(tmp_path / "g.fa")
    got = ix.fetch_many(0, -left, len(case["input"]), encoding="hyena", bounds="pad")[0]
    assert got.tolist() == case["output"]


@pytest.mark.parametrize("name", [n for n in NAMES if n != "hyena"])
def test_outside_the_contig(name, tmp_path):
    """'.' where the package pads with it, else N."""
    letter = "." if name == "enformer" else "N"
    want = next(
        np.array(case["output"]) for case in cases(name, "output") if letter in case["input"]
    )
    text = next(case["input"] for case in cases(name, "output") if letter in case["input"])
    first = lode.preset(name).channels_first
    row = (want.T if first else want)[text.index(letter)]
    (tmp_path / "g.fa").write_text(">c\nGATTACA\n")
    ix = lode.index(tmp_path / "g.fa")
    got = ix.fetch_many([0], [-2], [9], encoding=name, bounds="pad")[0]
    got = got.T if first else got
    for i in (0, 1, 9, 10):
        assert got[i].tolist() == row.tolist()


def test_hyena_of_a_soft_masked_genome(tmp_path):
    """HyenaDNA's tokenizer knows no lower case; upper=True makes its tokens of a soft mask."""
    (tmp_path / "g.fa").write_text(">c\nacgtn\n")
    ix = lode.index(tmp_path / "g.fa")
    read = {upper: ix.fetch_many([0], [0], [5], encoding="hyena", upper=upper) for upper in (0, 1)}
    assert read[0].tolist() == [[6] * 5] and read[1].tolist() == [[7, 8, 9, 10, 11]]


def test_dtype_can_be_chosen():
    assert lode.preset("borzoi", np.float16).dtype == np.float16
    assert lode.preset("hyena", np.uint8).table[ord("T")] == 10

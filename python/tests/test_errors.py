"""What errors say: advice that helps in Python, and files of another kind."""

from __future__ import annotations

import gzip
import re
import warnings
from pathlib import Path

import lode
import numpy as np
import pysam
import pytest
from conftest import write_fasta
from lode import records
from lode._errors import in_python

LIB = Path(__file__).parents[2] / "lib"
# what only the command or C takes: its verbs, its options, functions of the library
FOREIGN = re.compile(
    r"(?<!a )\blode (index|compress|get|rec|verify|ls|stat|export|bench)\b"
    r"|lode_[a-z]|(^|[\s(])--?[a-z]"
)
TEXT = r'"((?:[^"\\\n]|\\.)*)"'


def sentences():
    """Every string of the library, joined where the source breaks it."""
    for path in sorted(LIB.glob("*.c")):
        code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for found in re.finditer(rf"{TEXT}(?:\s*{TEXT})*", code):
            yield path.name, "".join(re.findall(TEXT, found[0]))


@pytest.mark.skipif(not LIB.exists(), reason="NO lib/: its sentences are not looked at")
def test_no_sentence_of_the_library_sends_to_the_command():
    foreign = [(name, text) for name, text in sentences() if FOREIGN.search(text)]
    assert len(foreign) > 50  # this test finds them
    tools = ("foreign.c",)  # names of other commands, which are no lode
    left = [(n, in_python(t)) for n, t in foreign if n not in tools]
    left = [(n, t) for n, t in left if FOREIGN.search(t) and not re.search(r"gzip -dc|%s \| ", t)]
    assert left == []


@pytest.fixture
def fasta(tmp_path):
    write_fasta(tmp_path / "g.fa", {"chr1": "ACGT" * 50, "chr2": "GATTACA"})
    return tmp_path / "g.fa"


def test_hints_of_a_build(fasta, tmp_path):
    other = tmp_path / "other.fa"
    write_fasta(other, {"x": "ACGT"})
    with pytest.raises(ValueError, match="with out='OUT.lode'"):
        lode.index([fasta, other])
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="another out="):
        lode.index(fasta, tmp_path / "mine.txt")
    (tmp_path / "z.fa.gz").write_bytes(gzip.compress(b">a\nACGT\n"))
    with pytest.raises(lode.FormatError, match=r"gzip -dc \S+z\.fa\.gz \| bgzip > OUT\.gz$"):
        lode.index(tmp_path / "z.fa.gz")
    (tmp_path / "twice.fa").write_text(">a\nACGT\n>a\nAC\n")
    with pytest.raises(lode.FormatError, match="duplicates='first'"):
        lode.index(tmp_path / "twice.fa")
    lode.index(tmp_path / "twice.fa", duplicates="first")
    lode.index(fasta, pack=True).close()
    with pytest.raises(ValueError, match="go on storing them with pack=True"):
        lode.index(fasta)


def test_hints_of_a_warning(fasta):
    lode.index(fasta, digest=True).close()
    with pytest.warns(UserWarning, match=r"asked for \(digest=True\)"):
        lode.index(fasta)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lode.index(fasta, digest=True)


def test_hints_of_reads(fasta):
    ix = lode.index(fasta)
    with pytest.raises(KeyError, match=r"ix\.sources lists the sources, ix\['NAME'\]\.contigs"):
        ix.fetch_region("chr9:1-2")
    write_fasta(fasta, {"chr1": "ACGT" * 51})
    with pytest.raises(lode.StaleError, match="index it again$"):
        lode.open(fasta).fetch("chr1")
    fasta.unlink()
    with pytest.raises(FileNotFoundError, match="put it back or index again$"):
        lode.open(f"{fasta}.lode").fetch("chr1")


def test_an_index_is_no_store_and_a_store_no_index(fasta, tmp_path):
    lode.index(fasta).close()
    with records.create(tmp_path / "s.lode") as w:
        w["a"] = b"1"
    for opens in (lode.open, lode.open_tracks):
        with pytest.raises(
            lode.ArgumentError, match=r"records and no sequence: lode\.records\.open"
        ):
            opens(tmp_path / "s.lode")
    for opens in (
        records.open, records.append, records.names, lambda path: records.open(path, "some"),
        lambda path: records.join(tmp_path / "j.lode", {"x": path}),
    ):  # fmt: skip
        with pytest.raises(
            ValueError, match=r"no records but an index of .* lode\.open\(\)"
        ) as told:
            opens(tmp_path / "g.fa.lode")
        assert told.value.status == "LODE_E_ARG" and isinstance(told.value, lode.LodeError)


def test_tracks_are_no_store(tmp_path):
    (tmp_path / "t.track").write_bytes(np.arange(5, dtype="<f4").tobytes())
    pysam.tabix_compress(str(tmp_path / "t.track"), str(tmp_path / "t.track.gz"))
    (tmp_path / "t.track.gz.idx").write_text("c\t0\n\t20\n")
    lode.index_tracks(tmp_path / "t.track.gz", dtype="f4").close()
    with pytest.raises(ValueError, match=r"lode\.open_tracks\(\)$"):
        records.open(tmp_path / "t.track.gz.lode")


def test_what_is_of_another_kind_is_not_replaced(fasta, tmp_path):
    text = fasta.read_bytes()
    lode.index(fasta).close()
    index = Path(f"{fasta}.lode").read_bytes()
    for path in (fasta, f"{fasta}.lode"):
        with pytest.raises(ValueError, match="no record store: it is not replaced"):
            records.create(path)
    assert fasta.read_bytes() == text and Path(f"{fasta}.lode").read_bytes() == index
    store = tmp_path / "s.lode"
    store.touch()  # an empty file is nobody's
    for value in (b"1", b"2"):  # a store may be replaced
        with records.create(store) as w:
            w["a"] = value
    with pytest.raises(ValueError, match="holds records, which would be lost"):
        lode.index(fasta, store)
    assert records.open(store)["a"] == b"2"
    store.write_bytes(store.read_bytes()[:-100])  # a damaged one, too
    with records.create(store) as w:
        w["a"] = b"3"
    assert records.open(store)["a"] == b"3"

"""lode.compat.pysam beside pysam, on the same file: the same answers, the same exceptions."""

from __future__ import annotations

import pickle
import random

import lode
import pysam
import pytest
from lode.compat.pysam import FastaFile


def outcome(call):
    try:
        return call()
    except Exception as error:  # the kind is compared
        return next(k for k in (KeyError, ValueError, OSError, Exception) if isinstance(error, k))


@pytest.fixture
def both(fasta):
    with FastaFile(fasta) as ours, pysam.FastaFile(str(fasta)) as theirs:
        yield ours, theirs


def test_what_it_holds(both, genome):
    ours, theirs = both
    assert ours.references == list(theirs.references)
    assert ours.lengths == list(theirs.lengths)
    assert ours.nreferences == len(ours) == theirs.nreferences
    for name in [*genome, "chrX"]:
        assert (name in ours) == (name in theirs)
        assert outcome(lambda n=name: ours.get_reference_length(n)) == outcome(
            lambda n=name: theirs.get_reference_length(n)
        )
    assert ours["chr2"] == theirs["chr2"]


def test_fetch(both, genome):
    ours, theirs = both
    rng = random.Random(8)
    edges = [None, 0, 1, 59, 60, 61, 62, 1000, -1]
    cases = [(n, a, b) for n in ("chr3", "chr4", "chrX") for a in edges for b in edges]
    for _ in range(300):
        name = rng.choice(list(genome))
        a = rng.randrange(len(genome[name]) + 5)
        cases.append((name, a, a + rng.randrange(-3, 5000)))
    for name, start, end in cases:
        want = outcome(lambda c=(name, start, end): theirs.fetch(*c))
        got = outcome(lambda c=(name, start, end): ours.fetch(*c))
        assert got == want, (name, start, end)
    for region in (
        "chr1:5-70", "chr3", "chr5:149990-200000", "chr3:61-61", "chr3:62-70", "chr3:0-5",
        "chr3:00-5", "chr3:0-0", "chr3:5-2", "chr3:a-b", "chrX:1-2", "",
    ):  # fmt: skip
        got = outcome(lambda r=region: ours.fetch(region=r))
        want = outcome(lambda r=region: theirs.fetch(region=r))
        assert got == want, region
    assert ours.fetch(region="chr3:60-") == ours.fetch("chr3", 59)  # pysam raises
    assert ours.fetch(region="chr3:99-") == ours.fetch(region="chr3:99") == ""
    assert outcome(ours.fetch) == outcome(theirs.fetch)


def test_makes_its_index_and_pickles(tmp_path):
    (tmp_path / "x.fa").write_text(">a\nACGT\n>b\nGG\n")
    ours = FastaFile(tmp_path / "x.fa")
    assert ours.fetch("a") == "ACGT" and (tmp_path / "x.fa.lode").exists()
    assert pickle.loads(pickle.dumps(ours)).fetch("b") == "GG"
    ours.close()
    assert ours.closed and not ours.is_open()
    with pytest.raises(ValueError):
        ours.fetch("a")
    with pytest.raises(OSError):
        FastaFile(tmp_path / "absent.fa")


def test_filename_is_bytes(both, fasta):
    ours, theirs = both
    assert ours.filename == theirs.filename == str(fasta).encode()
    assert repr(ours) == f"<lode.compat.pysam.FastaFile {str(fasta)!r}>"


def test_a_name_twice_counts_once(tmp_path):
    (tmp_path / "x.fa").write_text(">a\nACGT\n>a\nGG\n>b\nA\n")
    lode.index(tmp_path / "x.fa", duplicates="first")
    ours = FastaFile(tmp_path / "x.fa")
    assert ours.references == ["a", "b"] and ours.lengths == [4, 1]
    assert ours.nreferences == len(ours) == 2

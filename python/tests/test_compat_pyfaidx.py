"""lode.compat.pyfaidx beside pyfaidx, on the same file: the same answers and exceptions."""

from __future__ import annotations

import pickle
import random

import lode.compat.pyfaidx as ours
import numpy as np
import pyfaidx as theirs
import pytest


def seen(call):
    """What a call gives: text, places, orientation; or the kind of exception."""
    try:
        got = call()
    except Exception as error:
        kinds = (KeyError, IndexError, ValueError, TypeError, OSError)
        return next((k for k in kinds if isinstance(error, k)), Exception)
    if type(got).__name__ == "Sequence":
        return (got.name, got.seq, got.start, got.end, got.comp, repr(got))
    return got


OPTIONS = [
    {},
    {"as_raw": True},
    {"strict_bounds": True},
    {"sequence_always_upper": True, "one_based_attributes": False},
    {"default_seq": "N"},
    {"key_function": lambda name: name.replace("chr", "c")},
    {"filt_function": lambda name: name != "chr2"},
]


@pytest.fixture(params=range(len(OPTIONS)))
def both(request, fasta):
    plain = str(fasta)[:-3]
    options = OPTIONS[request.param]
    return ours.Fasta(plain, **options), theirs.Fasta(plain, **options)


def test_the_same(both):
    a, b = both
    rng = random.Random(2)
    assert list(a.keys()) == list(b.keys()) and len(a) == len(b) and repr(a) == repr(b)
    assert [r.name for r in a] == [r.name for r in b]
    assert {k: v.rlen for k, v in a.faidx.index.items()} == {
        k: v.rlen for k, v in b.faidx.index.items()
    }
    edges = [None, 0, 1, 5, 59, 60, 61, -1, -5]
    for name in [n for n in a.keys() if n.endswith("3")]:
        for i in edges:
            for j in edges:
                for step in (None, 1, -1, 3):
                    cut = slice(i, j, step)
                    want = seen(lambda b=b, n=name, c=cut: b[n][c])
                    assert seen(lambda a=a, n=name, c=cut: a[n][c]) == want, (name, cut)
        for i in (0, 7, 60, -1):
            assert seen(lambda n=name, i=i: a[n][i]) == seen(lambda n=name, i=i: b[n][i])
    for name in a.keys():
        assert len(a[name]) == len(b[name]) and str(a[name]) == str(b[name])
        for _ in range(50):
            begin = rng.randrange(1, len(b[name]) + 1)
            end = begin + rng.randrange(0, 3000)
            for rc in (False, True):
                got = seen(lambda n=name, s=begin, e=end, r=rc: a.get_seq(n, s, e, r))
                if rc and isinstance(got, str):
                    continue  # pyfaidx cannot negate a str
                want = seen(lambda n=name, s=begin, e=end, r=rc: b.get_seq(n, s, e, r))
                assert got == want, (name, begin, end, rc)
    for wrong in ("nobody", 99, 2.5):
        assert seen(lambda w=wrong: a[w]) == seen(lambda w=wrong: b[w])
        assert (wrong in a) == (wrong in b)
    assert seen(lambda: a.get_seq("nobody", 1, 2)) == seen(lambda: b.get_seq("nobody", 1, 2))
    assert a[0].name == b[0].name


def test_sequences():
    for start, end in ((None, None), (1, 6), (0, 6), (101, 106)):
        a = ours.Sequence("chr1", "ATCGTa", start, end)
        b = theirs.Sequence("chr1", "ATCGTa", start, end)
        cuts = [slice(i, j, s) for i in (None, 1, -3) for j in (None, 4, -1) for s in (1, -1, 2)]
        for cut in cuts:
            assert seen(lambda x=a, c=cut: x[c]) == seen(lambda x=b, c=cut: x[c])
            assert seen(lambda x=a, c=cut: (-x)[c]) == seen(lambda x=b, c=cut: (-x)[c])
        assert seen(lambda x=a: -x) == seen(lambda x=b: -x)
        assert seen(lambda x=-a: -x) == seen(lambda x=-b: -x)
        assert a.gc == b.gc and a == "ATCGTa" and len(a) == 6
    assert (-ours.Sequence("c", "ACG", 1, 3)).orientation == -1
    with pytest.raises(ValueError):
        ours.complement("A!C")


def test_bgzf_splice_pickle(fasta, genome):
    fa = ours.Fasta(fasta)
    assert fa["chr1"][10:20].seq == genome["chr1"][10:20]
    assert fa["chr3"][50:99].seq == genome["chr3"][50:]
    plain = theirs.Fasta(str(fasta)[:-3])
    for rc in (False, True):
        parts = [(5, 9), (20, 31)]
        want = plain.get_spliced_seq("chr1", parts, rc).seq
        assert fa.get_spliced_seq("chr1", parts, rc).seq == want
    assert pickle.loads(pickle.dumps(fa))["chr1"][:9].seq == genome["chr1"][:9]
    with pytest.raises(FileNotFoundError):
        ours.Fasta(str(fasta) + ".absent")


def test_made_again_when_stale(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\n")
    assert ours.Fasta(path)["a"][:].seq == "ACGT"
    path.write_text(">b\nGGGTT\n")
    with pytest.raises(OSError):
        ours.Fasta(path, rebuild=False)
    assert ours.Fasta(path)["b"][1:].seq == "GGTT"


def test_arrays_and_lines(both):
    a, b = both
    for name in a.keys():
        mine, other = np.asarray(a[name]), np.asarray(b[name])
        assert mine.dtype == other.dtype == np.dtype("S1") and np.array_equal(mine, other)
        for way in (iter, reversed):
            got = [seen(lambda line=line: line) for line in way(a[name])]
            assert got == [seen(lambda line=line: line) for line in way(b[name])], (name, way)
        assert a[name].long_name == b[name].long_name
        assert a[name].unpadded_len == b[name].unpadded_len


def test_an_array_is_one_fetch(fasta, monkeypatch):
    fa = ours.Fasta(fasta)
    calls = []
    whole = fa.faidx.whole
    monkeypatch.setattr(fa.faidx, "whole", lambda name: calls.append(name) or whole(name))
    monkeypatch.setattr(fa.faidx, "fetch", None)
    assert len(np.asarray(fa["chr1"])) == 200_000 and calls == ["chr1"]


@pytest.mark.parametrize("bases", ["NNnACGTNnN", "N" * 60 + "ACG", "acgt", "NNAN" * 40 + "N" * 31])
def test_unpadded(tmp_path, bases):
    lines = "\n".join(bases[i : i + 20] for i in range(0, len(bases), 20))
    (tmp_path / "x.fa").write_text(f">a  of b\tc \n{lines}\n>empty\n>n\nNNN\n")
    fa, other = ours.Fasta(tmp_path / "x.fa"), theirs.Fasta(str(tmp_path / "x.fa"))
    assert fa["a"].unpadded_len == other["a"].unpadded_len
    assert fa["a"].long_name == other["a"].long_name == "a  of b\tc "
    assert [str(x) for x in reversed(fa["a"])] == [str(x) for x in reversed(other["a"])]
    assert fa["n"].unpadded_len == fa["empty"].unpadded_len == 0
    assert np.asarray(fa["empty"]).shape == (0,)
    assert [str(line) for line in reversed(fa["empty"])] == [""]


def test_long_names_are_keys(fasta):
    plain = str(fasta)[:-3]
    for options in ({}, {"key_function": lambda name: name.split()[-1]}, {"split_char": "|"}):
        a = ours.Fasta(plain, read_long_names=True, **options)
        b = theirs.Fasta(plain, read_long_names=True, **options)
        assert list(a.keys()) == list(b.keys())
        assert [str(r[:9]) for r in a] == [str(r[:9]) for r in b]


def test_the_first_of_a_name(tmp_path):
    (tmp_path / "x.fa").write_text(">a\nACGT\n>a\nGG\n>b\nA\n")
    fa = ours.Fasta(tmp_path / "x.fa", duplicate_action="first")
    assert list(fa.keys()) == ["a", "b"] and str(fa["a"]) == "ACGT" and len(fa) == 5


@pytest.mark.parametrize("text", ["NMRATCGTA", "ACGTacgt", "GC", "SBVHDKYMRWN", "ac-gt*X"])
def test_shares_of_gc(text):
    a, b = ours.Sequence("c", text), theirs.Sequence("c", text)
    for share in ("gc", "gc_strict", "gc_iupac"):
        assert seen(lambda s=share: getattr(a, s)) == seen(lambda s=share: getattr(b, s))

"""Composition, random windows and letters in place of N, against the text."""

from __future__ import annotations

import multiprocessing as mp
import random

import lode
import numpy as np
import pysam
import pytest
from conftest import revcomp, write_fasta


def counts(text: str) -> tuple[int, ...]:
    low = text.lower()
    gc = low.count("g") + low.count("c")
    n = low.count("n")
    acgtu = gc + sum(low.count(c) for c in "atu")
    return len(text), n, gc, sum(c.islower() for c in text), len(text) - n - acgtu


def test_composition(ix, genome):
    names = list(genome)
    rng = np.random.default_rng(1)
    ids, starts, ends, want = [], [], [], []
    for k in range(200):
        name = names[k % len(names)]
        a, b = sorted(rng.integers(0, len(genome[name]) + 1, 2).tolist())
        ids.append(ix.ids(name)[0])
        starts.append(a)
        ends.append(b)
        want.append(counts(genome[name][a:b]))
    got = ix.composition(ids, starts, ends)
    assert np.array_equal(np.stack(got, 1), np.array(want))
    acgt = got.bases - got.n - got.other
    assert np.allclose(got.gc_fraction[acgt > 0], (got.gc / np.maximum(acgt, 1))[acgt > 0])
    assert np.isnan(got.gc_fraction[acgt == 0]).all()


def test_composition_says_no(ix):
    with pytest.raises(ValueError, match="not inside contig"):
        ix.composition(ix.ids("chr1"), 0, 200_001)
    with pytest.raises(ValueError, match="start 5 is behind end 4"):
        ix.composition(ix.ids("chr1"), 5, 4)
    with pytest.raises(ValueError, match="integers"):
        ix.composition(ix.ids("chr1"), 0.0, 4)
    with pytest.raises(ValueError):
        ix.composition([99], 0, 4)


def texts(ix, genome, places):
    names = {int(ix.ids(name)[0]): name for name in genome}
    return [genome[names[i]][a:b] for i, a, b in zip(*(c.tolist() for c in places))]


@pytest.mark.parametrize("max_n", [0, 30, 0.05, 1.0])
def test_random_windows_may_be(ix, genome, max_n):
    places = ix.random_windows(500, 700, max_n=max_n, seed=3)
    most = max_n if isinstance(max_n, int) else max_n * 700
    found = texts(ix, genome, places)
    assert all(len(t) == 700 and t.lower().count("n") <= most for t in found)
    share = np.mean(places.ids == ix.ids("chr1")[0])
    assert abs(share - 200_000 / 427_840) < 0.1  # by length
    if max_n == 1.0:
        assert any(t.lower().count("n") > 35 for t in found)


def test_random_windows_are_a_function_of_seed_epoch_and_number(ix):
    whole = np.stack(ix.random_windows(100, 50, seed=9))
    part = np.stack(ix.random_windows(30, 50, seed=9, first=60))
    assert np.array_equal(whole[:, 60:90], part)
    assert not np.array_equal(whole, np.stack(ix.random_windows(100, 50, seed=9, epoch=1)))
    assert not np.array_equal(whole, np.stack(ix.random_windows(100, 50, seed=10)))


def test_random_windows_of_some_contigs(ix, collection):
    some = ix.random_windows(500, 1, contigs=["chr4", "chr3"], max_n=1)
    assert set(some.ids.tolist()) == set(ix.ids(["chr3", "chr4"]).tolist())
    many, genomes = collection
    of_b = many.random_windows(10_000, 5, source="sub/b", max_n=5)
    first, count, _ = many.source_range(many.source_number("sub/b"))
    assert set(of_b.ids.tolist()) == set(range(first, first + count))
    of_a = many.random_windows(50, 5, contigs=["chr1"], source="a", max_n=5)
    assert set(of_a.ids.tolist()) == {many.source_range(0)[0]}
    rows = many.fetch_many(*of_a)
    assert all(bytes(r).decode() in genomes["a"]["chr1"] for r in rows)


def test_random_windows_says_no(ix):
    with pytest.raises(ValueError, match="no window of 200001 bases"):
        ix.random_windows(1, 200_001)
    with pytest.raises(ValueError, match=r"from 0\.0 to 1\.0"):
        ix.random_windows(1, 10, max_n=1.5)
    with pytest.raises(KeyError):
        ix.random_windows(1, 10, contigs=["nowhere"])
    with pytest.raises(KeyError):
        ix.random_windows(1, 10, source="nowhere")
    with pytest.raises(ValueError):
        ix.random_windows(1, 10, contigs=[17])
    with pytest.raises(ValueError, match="empty"):
        ix.random_windows(1, 10, contigs=[])
    with pytest.raises(ValueError):
        ix.random_windows(1, 0)
    assert len(ix.random_windows(0, 10).ids) == 0


# ---- N drawn -------------------------------------------------------------------------------------


def filled(ix, genome, seed):
    """Each contig whole, N drawn; what is not N is the text's."""
    out = {}
    for name, text in genome.items():
        got = ix.fetch_many(ix.ids(name), 0, len(text), n_seed=seed)[0]
        letters = np.frombuffer(text.encode(), np.uint8)
        is_n = (letters | 32) == ord("n")
        assert np.array_equal(got[~is_n], letters[~is_n])
        assert np.isin(got[is_n], np.frombuffer(b"ACGTacgt", np.uint8)).all()
        assert np.array_equal(got[is_n] & 32, letters[is_n] & 32)
        out[name] = bytes(got).decode()
    return out


def test_n_is_drawn_the_same_however_it_is_read(ix, genome):
    whole = filled(ix, genome, 5)
    assert whole != filled(ix, genome, 6)
    rng = np.random.default_rng(2)
    starts = rng.integers(0, 149_000, 60)
    ids = ix.ids(["chr1", "chr5"] * 30)
    strands = ["+", "-", "-"] * 20
    rows = ix.fetch_many(ids, starts, starts + 1000, strands=strands, n_seed=5, threads=2)
    hot = ix.fetch_many(
        ids, starts, starts + 1000, strands=strands, n_seed=5,
        encoding=lode.onehot(np.uint8, n="random", channels_first=True),
    )  # fmt: skip
    for k, row in enumerate(rows):
        text = whole["chr1" if k % 2 == 0 else "chr5"][starts[k] : starts[k] + 1000]
        text = revcomp(text) if strands[k] == "-" else text
        assert bytes(row).decode() == text
        for c, letter in enumerate("ACGT"):
            assert np.array_equal(
                hot[k, c], np.frombuffer(text.upper().encode(), np.uint8) == ord(letter)
            )


def test_n_drawn_by_the_encoding_alone(ix, genome):
    at = genome["chr1"].index("N")
    how = lode.onehot(n="random")
    rows = ix.fetch_many(ix.ids("chr1"), at, at + 1, encoding=how)
    assert rows.sum() == 1
    assert ix.fetch_many(ix.ids("chr1"), at, at + 1, encoding=lode.onehot()).sum() == 0
    with pytest.raises(ValueError, match="'random'"):
        lode.onehot(n="often")


def read_epoch(dataset, epoch, part):
    dataset.set_epoch(epoch)
    return dataset[part]


def test_a_dataset_draws_n_by_seed_and_epoch(ix, genome):
    at = genome["chr1"].index("N")
    starts = np.arange(max(0, at - 40), at + 40, 8)
    where = (["chr1"] * len(starts), starts, starts + 50)
    how = lode.onehot(n="random")
    data = lode.Windows(ix, where, encoding=how, seed=4)
    first, second = data[:], read_epoch(data, 1, slice(None))
    assert np.array_equal(first, lode.Windows(ix, where, encoding=how, seed=4)[:])
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, lode.Windows(ix, where, encoding=how, seed=5)[:])
    with mp.get_context("spawn").Pool(2) as pool:
        parts = pool.starmap(read_epoch, [(data, 1, slice(0, 4)), (data, 1, slice(4, None))])
    assert np.array_equal(np.concatenate(parts), second)


# ---- contigs stored as bytes ---------------------------------------------------------------------


@pytest.fixture(params=["bgzf", "plain", "packed"])
def iupac(request, tmp_path):
    """Genome with so many IUPAC codes that its contigs are stored as bytes, and its index."""
    rng = random.Random(6)
    genome = {}
    for name in "ab":
        bases = rng.choices("ACGTacgtRYKmWS-", k=40_000)
        for _ in range(300):
            at, n = rng.randrange(40_000), rng.randrange(1, 60)
            bases[at : at + n] = rng.choice("Nn") * len(bases[at : at + n])
        genome[name] = "".join(bases)
    write_fasta(tmp_path / "i.fa", genome)
    if request.param == "bgzf":
        pysam.tabix_compress(str(tmp_path / "i.fa"), str(tmp_path / "i.fa.gz"))
        return lode.index(tmp_path / "i.fa.gz"), genome
    return lode.index(tmp_path / "i.fa", pack=request.param == "packed"), genome


@pytest.mark.parametrize("length, max_n", [(300, 0), (100, 7), (300, 0.1), (300, 1.0)])
def test_random_windows_among_many_other_letters(iupac, length, max_n):
    ix, genome = iupac
    found = texts(ix, genome, ix.random_windows(400, length, max_n=max_n, seed=3))
    most = max_n if isinstance(max_n, int) else max_n * length
    assert all(len(t) == length and t.lower().count("n") <= most for t in found)
    assert len(set(found)) > 50


def test_n_is_drawn_among_many_other_letters(iupac):
    ix, genome = iupac
    whole = filled(ix, genome, 5)
    assert whole != filled(ix, genome, 6)
    starts = np.random.default_rng(2).integers(0, 39_000, 200)
    ids, strands = ix.ids(["a", "b"] * 100), ["+", "-", "-", "+"] * 50
    how = lode.onehot(np.uint8, n="random")
    for threads in (1, 3):
        hot = ix.fetch_many(
            ids, starts, starts + 1000, strands=strands, n_seed=5, encoding=how, threads=threads
        )
        for k, rows in enumerate(hot):
            text = whole["ab"[k % 2]][starts[k] : starts[k] + 1000].upper()
            want = np.array([[b == c for c in "ACGT"] for b in text], np.uint8)
            assert np.array_equal(rows, want[::-1, ::-1] if strands[k] == "-" else want)


def test_n_in_protein_is_a_letter(tmp_path):
    protein = "".join(random.Random(1).choices("ARNDCQEGHILKMFPSTWYV", k=3000))
    write_fasta(tmp_path / "p.fa", {"p": protein})
    ix = lode.index(tmp_path / "p.fa")
    assert len(ix.random_windows(50, 1000).ids) == 50
    assert bytes(ix.fetch_many([0], 0, 3000, n_seed=1)[0]).decode() == protein


# ---- out of bounds -------------------------------------------------------------------------------


def some_windows(ix, genome):
    ids = ix.ids(["chr2", "chr3", "chr2", "chr4", "chr3", "chr2"])
    starts = np.array([-5, 0, 77_770, -10, 61, 100])
    return ids, starts, starts + 12, ["chr2", "chr3", "chr2", "chr4", "chr3", "chr2"]


def test_clip(ix, genome):
    ids, starts, ends, names = some_windows(ix, genome)
    data, offsets = ix.fetch_many(ids, starts, ends, bounds="clip", strands="-")
    want = [genome[n][max(a, 0) : max(b, 0)] for n, a, b in zip(names, starts, ends)]
    assert offsets.tolist() == np.cumsum([0, *map(len, want)]).tolist()
    assert bytes(data).decode() == "".join(map(revcomp, want))
    same = ix.fetch_many(ix.ids("chr2"), [3, 9], [8, 14], bounds="clip", ragged=False)
    assert same.shape == (2, 5)
    with pytest.raises(ValueError, match="no matrix"):
        ix.fetch_many(ids, starts, ends, bounds="clip", ragged=False)


@pytest.mark.parametrize("room", ["none", "array", "memoryview"])
def test_drop(ix, genome, room):
    ids, starts, ends, names = some_windows(ix, genome)
    array = np.zeros((6, 12), np.uint8)
    out = {"none": None, "array": array, "memoryview": memoryview(array)}[room]
    rows, lower, kept = ix.fetch_many(ids, starts, ends, bounds="drop", out=out, soft_mask=True)
    inside = [a >= 0 and b <= len(genome[n]) for n, a, b in zip(names, starts, ends)]
    assert kept.tolist() == inside and sum(inside) == 2
    want = [genome[n][a:b] for n, a, b, k in zip(names, starts, ends, inside) if k]
    assert [bytes(r).decode() for r in np.asarray(rows)] == want
    assert lower.tolist() == [[c.islower() for c in t] for t in want]
    if room != "none":
        assert [bytes(r).decode() for r in array[:2]] == want and not array[2:].any()
    nothing, kept = ix.fetch_many(ids[:1], starts[:1], ends[:1], bounds="drop")
    assert len(nothing) == 0 and kept.tolist() == [False]


@pytest.mark.parametrize("ragged", [False, True])
def test_inside(ix, genome, ragged):
    ids, starts, ends, names = some_windows(ix, genome)
    strands = ["+", "-", "-", "+", "-", "+"]
    rows, inside = ix.fetch_many(
        ids, starts, ends, bounds="pad", strands=strands, inside=True, ragged=ragged
    )
    want = []
    for name, a, b, strand in zip(names, starts.tolist(), ends.tolist(), strands):
        part = [0 <= p < len(genome[name]) for p in range(a, b)]
        want.append(part[::-1] if strand == "-" else part)
    flat = sum(want, []) if ragged else want
    assert inside.tolist() == flat
    bases = np.asarray(rows.data if ragged else rows)
    assert (bases[~inside] == ord("N")).all()
    with pytest.raises(ValueError, match="inside goes with"):
        ix.fetch_many(ids, starts, ends, inside=True, bounds="clip")


def test_windows_are_dropped_with_room_for_jitter(ix, genome):
    starts = np.array([0, 3, 100, 77_777 - 55, 77_777 - 50])
    where = (["chr2"] * 5, starts, starts + 50)
    data = lode.Windows(ix, where, jitter=5, bounds="drop", seed=1)
    assert data.kept.tolist() == [False, False, True, True, False] and len(data) == 2
    for epoch in range(20):
        data.set_epoch(epoch)
        assert all(bytes(row).decode() in genome["chr2"] for row in data[:])
    with pytest.raises(ValueError, match="window 0 leaves its contig"):
        lode.Windows(ix, where, jitter=5, bounds="error")
    assert len(lode.Windows(ix, where, bounds="error")) == 5
    with pytest.raises(ValueError, match="'pad', 'drop' or 'error'"):
        lode.Windows(ix, where, bounds="clip")


def test_windows_from_random_places(ix, genome):
    places = ix.random_windows(40, 64, seed=2)
    data = lode.Windows(ix, places, reverse_complement="no")
    assert [bytes(r).decode() for r in data[:]] == texts(ix, genome, places)


def test_max_n_below_zero(ix):
    with pytest.raises(ValueError, match="max_n is at least 0, not -1"):
        ix.random_windows(3, 10, max_n=-1)

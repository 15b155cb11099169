"""Windows as a dataset: against the text itself; the same samples whatever the workers."""

from __future__ import annotations

import gzip
import multiprocessing as mp
import pickle
import random

import lode
import numpy as np
import pytest
from conftest import revcomp


def padded(genome, contig, start, end):
    text = genome[contig]
    left, right = max(0, min(0, end) - start), max(0, end - max(len(text), start))
    return "N" * left + text[max(0, start) : max(0, end)] + "N" * right


def some_intervals(genome, n, seed=3):
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        contig = rng.choice(["chr1", "chr2", "chr5", "chr3"])
        start = rng.randrange(len(genome[contig]))
        rows.append((contig, start, start + rng.randrange(1, 90), rng.choice("+-")))
    return rows


def columns(rows):
    return [list(c) for c in zip(*rows)]


def text_of(window):
    return window.tobytes().decode()


def test_windows(ix, genome):
    rows = some_intervals(genome, 200)
    ds = lode.Windows(ix, columns(rows), length=128)
    assert len(ds) == 200 and ds.shape == (200, 128) and ds.dtype == np.uint8
    for i, (contig, start, end, strand) in enumerate(rows):
        at = start + (end - start - 128) // 2
        want = padded(genome, contig, at, at + 128)
        assert text_of(ds[i]) == (revcomp(want) if strand == "-" else want)
    batch = ds[[5, 3, -1]]
    assert [text_of(w) for w in batch] == [text_of(ds[i]) for i in (5, 3, 199)]
    assert np.array_equal(ds[10:20:3], ds[[10, 13, 16, 19]])
    listed = ds.__getitems__([5, 3])
    assert isinstance(listed, list) and np.array_equal(np.stack(listed), ds[[5, 3]])
    assert ds[[]].shape == (0, 128)
    for bad, error in ((200, IndexError), (-201, IndexError), (1.5, TypeError), ("a", TypeError)):
        with pytest.raises(error):
            ds[bad]


def test_encoded(ix, genome):
    rows = [("chr3", -5, 66, "+")]
    ds = lode.Windows(ix, columns(rows), encoding="tangermeme")
    assert ds.shape == (1, 4, 71) and ds.dtype == np.int8
    want = [[c == b for c in padded(genome, "chr3", -5, 66).upper()] for b in "ACGT"]
    assert ds[0].tolist() == np.array(want).astype(int).tolist()
    out = np.ones((1, 4, 71), np.int8)
    assert ds.read([0], out=out) is out and np.array_equal(out, ds[[0]])


def test_randomness_is_of_seed_epoch_and_index(ix, genome):
    rows = some_intervals(genome, 4000)

    def made(seed):
        return lode.Windows(
            ix, columns(rows), length=40, jitter=7, reverse_complement="random", seed=seed
        )

    ds, twin, other = made(1), made(1), made(2)
    ids, starts, strands = ds.places(slice(None))
    middle = np.array([s + (e - s - 40) // 2 for _, s, e, _ in rows])
    assert sorted(set((starts - middle).tolist())) == list(range(-7, 8))
    share = np.bincount(starts - middle + 7) / 4000
    assert (abs(share - 1 / 15) < 0.02).all() and abs((strands == -1).mean() - 0.5) < 0.04
    order = list(range(4000))
    random.Random(1).shuffle(order)
    assert np.array_equal(twin[order], ds[:][order])
    assert not np.array_equal(other[:], ds[:])
    for i in (0, 17, 3999):
        contig, at = rows[i][0], int(starts[i])
        want = padded(genome, contig, at, at + 40)
        assert text_of(ds[i]) == (revcomp(want) if strands[i] == -1 else want)
    before = ds[:]
    ds.set_epoch(1)
    assert not np.array_equal(before, ds[:])
    ds.set_epoch(0)
    assert np.array_equal(before, ds[:])


def part(ds, which, queue):
    queue.put((which, ds[which]))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_draw_the_same(ix, genome, method):
    ds = lode.Windows(ix, columns(some_intervals(genome, 90)), length=50, jitter=9, seed=4)
    want = ds[:]
    assert np.array_equal(pickle.loads(pickle.dumps(ds))[:], want)
    context = mp.get_context(method)
    queue = context.Queue()
    parts = [list(range(k, 90, 3)) for k in range(3)]
    workers = [context.Process(target=part, args=(ds, which, queue)) for which in parts]
    for worker in workers:
        worker.start()
    for _ in workers:
        which, rows = queue.get(timeout=120)
        assert np.array_equal(rows, want[which])
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0


def test_sources_of_intervals(genome, tmp_path):
    rows = some_intervals(genome, 20)
    want = lode.intervals(columns(rows))
    bed = "track name=x\n#c\n" + "".join(f"{c}\t{s}\t{e}\tn\t0\t{d}\n" for c, s, e, d in rows)
    (tmp_path / "x.bed").write_text(bed)
    (tmp_path / "x.bed.gz").write_bytes(gzip.compress(bed.encode()))
    contigs, starts, ends, strands = columns(rows)
    frame = {"chrom": contigs, "chromStart": starts, "chromEnd": ends, "strand": strands}
    for given in (tmp_path / "x.bed", str(tmp_path / "x.bed.gz"), frame):
        got = lode.intervals(given)
        assert got.contigs == want.contigs
        for a, b in zip(got[1:], want[1:]):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames(genome, library):
    module = pytest.importorskip(library, reason=f"NO {library}: its frames are not tested")
    contigs, starts, ends, strands = columns(some_intervals(genome, 20))
    frame = {"chrom": contigs, "start": starts, "end": ends, "strand": strands}
    got = lode.intervals(module.table(frame) if library == "pyarrow" else module.DataFrame(frame))
    assert got.contigs == contigs and got.starts.tolist() == starts
    assert got.ends.tolist() == ends and got.strands.tolist() == strands


def test_bad_intervals(ix, tmp_path):
    (tmp_path / "bad.bed").write_text("chr1\t5\t9\nchr1\tx\t9\n")
    with pytest.raises(ValueError, match=r"bad.bed:2"):
        lode.intervals(tmp_path / "bad.bed")
    with pytest.raises(ValueError, match="no column of ends"):
        lode.intervals({"chrom": ["a"], "start": [1]})
    for where in ((["chr1"], [0.5], [9]), (["chr1"], [1, 2], [9]), 7, (["chr1"], [9], [1])):
        with pytest.raises(ValueError):
            lode.Windows(ix, where)
    with pytest.raises(ValueError, match="differ in length"):
        lode.Windows(ix, (["chr1", "chr1"], [0, 0], [5, 6]))
    with pytest.raises(KeyError, match="chr77"):
        lode.Windows(ix, (["chr77"], [0], [5]), aliases=True)


def test_aliases(ix, genome, tmp_path):
    where = (["1", "chr2"], [3, 4], [13, 14])
    with pytest.raises(KeyError):
        lode.Windows(ix, where)
    (tmp_path / "alias.txt").write_text("# ucsc\tensembl\nchr1\t1\nchr2\t2\n")
    for aliases in (True, {"1": "chr1"}, tmp_path / "alias.txt"):
        ds = lode.Windows(ix, where, aliases=aliases)
        assert text_of(ds[0]) == genome["chr1"][3:13] and text_of(ds[1]) == genome["chr2"][4:14]


def test_torch(ix, genome):
    torch = pytest.importorskip("torch", reason="NO TORCH: its DataLoader is not tested")
    data = torch.utils.data
    ds = lode.Windows(ix, columns(some_intervals(genome, 40)), length=30, encoding="onehot")
    for workers, start in ((0, None), (2, "fork"), (2, "spawn"), (2, "forkserver")):
        how = {"num_workers": workers, "multiprocessing_context": start}
        batches = list(data.DataLoader(ds, batch_size=8, **how))
        assert np.array_equal(torch.cat(batches).numpy(), ds[:])
        sampler = data.BatchSampler(data.SequentialSampler(ds), 8, False)
        batches = list(data.DataLoader(ds, sampler=sampler, batch_size=None, **how))
        assert np.array_equal(torch.cat(batches).numpy(), ds[:])
    part = data.Subset(ds, [5, 1, 9])
    assert np.array_equal(next(iter(data.DataLoader(part, batch_size=3))).numpy(), ds[[5, 1, 9]])


def test_grain(ix, genome):
    grain = pytest.importorskip("grain", reason="NO GRAIN: its sources are not tested")
    ds = lode.Windows(ix, columns(some_intervals(genome, 10)), length=30)
    assert isinstance(ds, grain.sources.RandomAccessDataSource)
    rows = list(grain.MapDataset.source(ds).batch(5))
    assert np.array_equal(np.concatenate(rows), ds[:])


def test_repr(fasta):
    ds = lode.Windows(lode.open(fasta), (["chr1"], [0], [64]), encoding="enformer", jitter=2)
    content = f"{ds.index.content_id:016x}"
    assert repr(ds) == (
        "<lode.Windows: 1 of 64x4 float32, jitter=2, reverse_complement='strand', seed=0, "
        f"index={content}>"
    )


def test_strands_and_bed_words(ix, tmp_path):
    with pytest.raises(ValueError, match="strands"):
        lode.Windows(ix, (["chr1"], [0], [5], ["reverse"]))
    (tmp_path / "x.bed").write_text("track name=t\ntrackX\t3\t9\nbrowser x\n")
    assert lode.intervals(tmp_path / "x.bed").contigs == ["trackX"]
    where = (["chr1"] * 3, [0] * 3, [9] * 3)
    ds = lode.Windows(ix, where, jitter=np.uint8(200), seed=np.int64(5), length=np.uint64(4))
    twin = lode.Windows(ix, where, jitter=200, seed=5, length=4)
    assert np.array_equal(ds[:], twin[:])
    with pytest.raises(ValueError):
        lode.intervals((["chr1"], np.array([2**64 - 5], np.uint64), [9]))


def test_what_is_no_index_and_no_columns(ix):
    with pytest.raises(TypeError, match="index is an Index, .* not str"):
        lode.Windows("genome.fa", (["chr1"], [0], [5]))
    for rows in ([("chr1", 5, 10)] * 3, [("chr1", 5, 10)], [["chr1", 5, 10, "+"]] * 9):
        with pytest.raises(ValueError, match="these are rows"):
            lode.Windows(ix, rows)
    assert len(lode.Windows(ix, (["chr1"] * 3, [5] * 3, [10] * 3))) == 3
    assert len(lode.Windows(ix, (("chr1", "chr1", "chr2"), (5, 6, 7), (8, 9, 10)))) == 3

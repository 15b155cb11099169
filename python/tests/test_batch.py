"""Many windows in one call, encodings, processes: against the text itself."""

from __future__ import annotations

import itertools
import multiprocessing as mp
import random
import threading

import lode
import numpy as np
import pytest
from conftest import revcomp
from numpy.lib.stride_tricks import as_strided


def draw(genome, n, length=None, seed=1):
    """Contig names, starts, ends and the text of random windows."""
    rng = random.Random(seed)
    names = [name for name in genome if length is None or len(genome[name]) >= length]
    rows = []
    for _ in range(n):
        name = rng.choice(names)
        k = rng.randrange(300) if length is None else length
        k = min(k, len(genome[name]))
        start = rng.randrange(len(genome[name]) - k + 1)
        rows.append((name, start, start + k, genome[name][start : start + k]))
    return map(list, zip(*rows))


def expected_onehot(text):
    return np.array([[c == b for b in "ACGT"] for c in text.upper()], np.float32).reshape(-1, 4)


@pytest.mark.parametrize("threads", [1, 2])
def test_matrix(ix, genome, threads):
    names, starts, ends, texts = draw(genome, 400, 200)
    got = ix.fetch_many(ix.ids(names), starts, ends, threads=threads)
    assert got.shape == (400, 200) and got.dtype == np.uint8
    assert [row.tobytes().decode() for row in got] == texts


def test_ragged_and_strands(ix, genome):
    names, starts, ends, texts = draw(genome, 300)
    strands = ["-" if i % 3 == 0 else "+" for i in range(300)]
    texts = [revcomp(t) if s == "-" else t for t, s in zip(texts, strands)]
    got = ix.fetch_many(ix.ids(names), starts, ends, strands=strands)
    assert isinstance(got, lode.Ragged) and got.offsets[-1] == sum(map(len, texts))
    for i, text in enumerate(texts):
        assert got.data[got.offsets[i] : got.offsets[i + 1]].tobytes().decode() == text
    numbers = [-1 if s == "-" else 1 for s in strands]
    again = ix.fetch_many(ix.ids(names), starts, ends, strands=numbers)
    assert np.array_equal(again.data, got.data)


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "float16", "float32"])
def test_onehot(ix, genome, dtype, channels_first):
    names, starts, ends, texts = draw(genome, 50, 61)
    encoding = lode.onehot(dtype, channels_first=channels_first)
    got = ix.fetch_many(ix.ids(names), starts, ends, encoding=encoding)
    want = np.stack([expected_onehot(t) for t in texts])
    assert got.dtype == dtype
    assert np.array_equal(got, want.transpose(0, 2, 1) if channels_first else want)


def test_presets(ix, genome):
    """Golden vectors: what the libraries that docs/ name give for these letters."""
    text = "ACGTNacgtn"
    ix_ids = ix.ids(["chr3"])
    length = len(genome["chr3"])
    for name, shape in (
        ("enformer", (1, 63, 4)),
        ("tangermeme", (1, 4, 63)),
        ("grelu", (1, 4, 63)),
    ):
        got = ix.fetch_many(ix_ids, [-1], [length + 1], bounds="pad", encoding=name)
        assert got.shape == shape
        rows = got[0] if shape[-1] == 4 else got[0].T
        assert np.array_equal(rows[1:-1], expected_onehot(genome["chr3"]))
        assert (rows[0] == (0.25 if name == "enformer" else 0)).all()
    known = lode.preset("hyena").table[[ord(c) for c in text]]
    assert known.tolist() == [7, 8, 9, 10, 11] + [6] * 5
    assert lode.preset("borzoi").dtype == np.float32
    with pytest.raises(ValueError, match="no preset"):
        lode.preset("nobody")


def test_out(ix, genome):
    names, starts, ends, texts = draw(genome, 20, 60)
    ids = ix.ids(names)
    want = ix.fetch_many(ids, starts, ends, encoding="onehot")
    out = np.full((20, 60, 4), 9, np.float32)
    assert ix.fetch_many(ids, starts, ends, encoding="onehot", out=out) is out
    assert np.array_equal(out, want)
    wide = np.full((40, 120, 5), 9, np.float32)
    strided = wide[::2, ::2, :4]
    ix.fetch_many(ids, starts, ends, encoding="onehot", out=strided)
    assert np.array_equal(strided, want)
    assert (wide[1::2] == 9).all() and (wide[:, 1::2] == 9).all() and (wide[..., 4] == 9).all()
    room = bytearray(1200)
    flat = memoryview(room).cast("B", (20, 60))
    ix.fetch_many(ids, starts, ends, out=flat)
    assert bytes(room).decode() == "".join(texts)
    for bad in (
        np.zeros((20, 61), np.uint8),
        np.zeros((20, 60), np.int16),
        np.zeros((19, 60), np.uint8),
    ):
        with pytest.raises(ValueError):
            ix.fetch_many(ids, starts, ends, out=bad)
    locked = np.zeros((20, 60), np.uint8)
    locked.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        ix.fetch_many(ids, starts, ends, out=locked)
    with pytest.raises(ValueError, match="negative"):
        ix.fetch_many(ids, starts, ends, out=np.zeros((20, 60), np.uint8)[::-1])


def test_torch_out(ix, genome):
    torch = pytest.importorskip("torch", reason="NO TORCH: tensors as out= are not tested")
    names, starts, ends, _ = draw(genome, 20, 60)
    out = torch.zeros((20, 60, 4))
    ix.fetch_many(ix.ids(names), starts, ends, encoding="onehot", out=out)
    want = ix.fetch_many(ix.ids(names), starts, ends, encoding="onehot")
    assert np.array_equal(out.numpy(), want)
    for view in (  # other layouts of the same matrix; what lies between stays
        torch.zeros((20, 4, 60)).permute(0, 2, 1),
        torch.zeros((60, 20, 4)).transpose(0, 1),
        torch.full((40, 61, 6), -1.0)[::2, 1:, 1:5],
    ):
        assert ix.fetch_many(ix.ids(names), starts, ends, encoding="onehot", out=view) is view
        assert np.array_equal(view.numpy(), want)
    with pytest.raises(ValueError, match="out is float64"):
        ix.fetch_many(
            ix.ids(names), starts, ends, encoding="onehot", out=torch.zeros((20, 60, 4)).double()
        )


def test_torch_bfloat16_out(ix, genome):
    torch = pytest.importorskip("torch", reason="NO TORCH: bfloat16 tensors are not tested")
    names, starts, ends, _ = draw(genome, 20, 60)
    table = torch.rand((256, 4)).to(torch.bfloat16)
    how = lode.Encoding(table.view(torch.int16).numpy().view(np.uint16), bfloat16=True)
    out = torch.zeros((20, 60, 4), dtype=torch.bfloat16)
    ix.fetch_many(ix.ids(names), starts, ends, encoding=how, out=out)
    bases = ix.fetch_many(ix.ids(names), starts, ends)
    assert torch.equal(out, table[torch.from_numpy(bases).long()])


def test_soft_mask(ix, genome):
    names, starts, ends, texts = draw(genome, 100, 150)
    got, mask = ix.fetch_many(ix.ids(names), starts, ends, upper=True, soft_mask=True)
    assert [row.tobytes().decode() for row in got] == [t.upper() for t in texts]
    assert mask.dtype == np.bool_
    assert mask.tolist() == [[c.islower() for c in t] for t in texts]
    names, starts, ends, texts = draw(genome, 100)
    got, mask = ix.fetch_many(ix.ids(names), starts, ends, soft_mask=True)
    assert mask.tolist() == [c.islower() for c in "".join(texts)]


def test_errors(ix, genome):
    ids = ix.ids(["chr1", "chr3", "chr1"])
    with pytest.raises(ValueError, match="not inside contig"):
        ix.fetch_many(ids, [0, 0, 5], [100, 100, 105])
    got, ok = ix.fetch_many(ids, [0, 0, 5], [100, 100, 105], on_error="mask")
    assert ok.tolist() == [True, False, True] and not got[1].any()
    assert got[2].tobytes().decode() == genome["chr1"][5:105]
    got, ok = ix.fetch_many([0, 77], [0, 0], [5, 5], on_error="mask")
    assert ok.tolist() == [True, False]
    padded = ix.fetch_many(ids, [0, 0, 5], [100, 100, 105], bounds="pad")
    assert padded[1].tobytes().decode() == genome["chr3"] + "N" * 39
    half = lode.Encoding(np.full((256, 4), 0x3F80, np.uint16), bfloat16=True)
    assert (ix.fetch_many([0], [0], [5], encoding=half) == 0x3F80).all()
    for call in (
        lambda: ix.fetch_many(ids, [0, 1], [5, 5, 5]),
        lambda: ix.fetch_many(ids, [0, 9, 0], [5, 5, 5]),
        lambda: ix.fetch_many(ids, [0.5, 0, 0], [5, 5, 5]),
        lambda: ix.fetch_many(ids, 0, 5, strands="x"),
        lambda: ix.fetch_many(ids, 0, 5, on_error="ignore"),
        lambda: ix.fetch_many(ids, 0, [1, 2, 3], ragged=False),
        lambda: ix.fetch_many([0], [-(2**62)], [2**62], bounds="pad"),
        lambda: ix.fetch_many([0], [-(2**63)], [2**63 - 1], bounds="pad"),
        lambda: ix.fetch_many(np.array([2**63], np.uint64), [0], [4]),
        lambda: ix.fetch_many(ids, 0, 5, out=as_strided(np.zeros(5, np.uint8), (3, 5), (0, 1))),
        lambda: ix.fetch_many([0] * 4, [0] * 4, [2**62] * 4, ragged=True, bounds="pad"),
        lambda: ix.fetch_many(
            [0] * 5, [0] * 5, [2**62] * 4 + [64], ragged=True, bounds="pad", out=np.zeros(64, "u1")
        ),
        lambda: ix.fetch_many(ids, 0, 5, strands=["-zzz", "+1", "+"]),
        lambda: ix.fetch_many([0], [0], [5], encoding=half, out=np.zeros((1, 5, 4), np.float16)),
    ):
        with pytest.raises(ValueError):
            call()
    assert ix.fetch_many([0, 1], [3, 0], [3, 0]).shape == (2, 0)
    objects = np.array(["+", "-", "+"], object)
    assert np.array_equal(
        ix.fetch_many(ids, 0, 5, strands=objects), ix.fetch_many(ids, 0, 5, strands="+-+")
    )
    assert ix.fetch_many([], [], []).shape == (0, 0)
    assert ix.fetch_many(ids, 7, 9).shape == (3, 2)


def check_reads(ix, genome, seed, n):
    for _ in range(n // 500):
        names, starts, ends, texts = draw(genome, 500, 40, seed)
        got = ix.fetch_many(ix.ids(names), starts, ends)
        assert [row.tobytes().decode() for row in got] == texts
        for name, start, end, text in list(zip(names, starts, ends, texts))[:50]:
            assert ix.fetch(name, start, end, kind="str") == text
        seed += 1000


def worker(ix, genome, seed, n):
    """In a process of its own."""
    check_reads(ix, genome, seed, n)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes(ix, genome, method):
    """Four workers of 10,000 reads each, while the parent's threads read the same index."""
    context = mp.get_context(method)
    ix.fetch_many(ix.ids(["chr1"] * 200), [0] * 200, [40_000] * 200, threads=2)
    workers = [context.Process(target=worker, args=(ix, genome, i, 10_000)) for i in range(4)]
    failed = []

    def read(seed):
        try:
            check_reads(ix, genome, seed, 2000)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(50, 53)]
    for thread in threads:
        thread.start()
    for process in workers:
        process.start()
    for process in workers:
        process.join(timeout=300)
    for thread in threads:
        thread.join()
    assert not failed and [process.exitcode for process in workers] == [0, 0, 0, 0]


def test_outs_that_overlap(ix):
    ids = ix.ids(["chr1"] * 3)
    room = np.zeros(600, np.uint8)
    for strides in ((0, 1), (1, 1), (49, 1), (1, 2)):
        with pytest.raises(ValueError, match="lie in one place"):
            ix.fetch_many(ids, 0, 50, out=as_strided(room, (3, 50), strides))
    want = ix.fetch_many(ids, [0, 60, 120], [50, 110, 170])
    for strides in ((50, 1), (100, 2), (1, 3), (2, 7)):  # apart, or between each other
        view = as_strided(np.zeros(600, np.uint8), (3, 50), strides)
        ix.fetch_many(ids, [0, 60, 120], [50, 110, 170], out=view)
        assert np.array_equal(view, want)


@pytest.mark.parametrize("strands", [[True, False], np.array([True, False]), True, np.bool_(False)])
def test_strands_are_not_bool(ix, strands):
    with pytest.raises(ValueError, match="'\\+', '-' and '.', or 1, -1 and 0, not bool"):
        ix.fetch_many([0, 0], 0, 5, strands=strands)


def test_what_is_no_encoding(ix):
    for encoding in (np.float32, lode.onehot, 3):
        with pytest.raises(TypeError, match="encoding is an Encoding"):
            ix.fetch_many([0], 0, 5, encoding=encoding)
        with pytest.raises(TypeError, match="encoding is an Encoding"):
            lode.Windows(ix, (["chr1"], [0], [5]), encoding=encoding)
    with pytest.raises(ValueError, match="no preset 'nucleotide': onehot, enformer"):
        ix.fetch_many([0], 0, 5, encoding="nucleotide")
    assert np.array_equal(lode.preset("onehot").table, lode.onehot().table)


def test_threads_below_zero(ix, tmp_path):
    (tmp_path / "x.fa").write_text(">a\nACGT\n")
    for call in (
        lambda: ix.fetch_many([0], 0, 5, threads=-1),
        lambda: lode.Windows(ix, (["chr1"], [0], [5]), threads=-1),
        lambda: lode.index(tmp_path / "x.fa", threads=-1),
    ):
        with pytest.raises(ValueError, match="threads is at least 0, not -1"):
            call()


# ---- out with steps ------------------------------------------------------------------------------


def flips(shape):
    """Each way to look at an array of a shape with one axis or more backwards."""
    for backwards in itertools.product([False, True], repeat=len(shape)):
        if any(backwards):
            yield tuple(slice(None, None, -1 if b else 1) for b in backwards)


@pytest.mark.parametrize("encoding", [None, "ids", "onehot", "channels_first"])
@pytest.mark.parametrize("ragged", [False, True])
def test_out_backwards_is_refused_or_right(ix, encoding, ragged):
    how = {
        None: None,
        "ids": lode.ids({"A": 1, "C": 2}, other=0, dtype=np.int32),
        "onehot": lode.onehot(),
        "channels_first": lode.onehot(channels_first=True),
    }[encoding]
    if ragged and encoding == "channels_first":
        return
    ids, starts = ix.ids(["chr1"] * 3), np.array([5, 50_000, 100_000])
    want = ix.fetch_many(ids, starts, starts + 64, encoding=how, ragged=ragged)
    want = want.data if ragged else want
    for flip in flips(want.shape):
        room = np.full(want.shape, 9, want.dtype)
        with pytest.raises(ValueError, match="out (has negative strides|is not contiguous)"):
            ix.fetch_many(ids, starts, starts + 64, encoding=how, ragged=ragged, out=room[flip])
        assert (room == 9).all()
    # steps forward are as good as a copy
    if not ragged:
        room = np.full((5, *want.shape[1:]), 9, want.dtype)
        ix.fetch_many(ids, starts, starts + 64, encoding=how, out=room[::2])
        assert np.array_equal(room[::2], want) and (room[1::2] == 9).all()


def test_out_of_one_read_with_steps(ix):
    room = np.full(40, 9, np.uint8)
    for out in (room[::-1], room[::2]):
        with pytest.raises(ValueError, match="out is not contiguous"):
            ix.fetch("chr1", 0, 10, out=out)
    with pytest.raises(TypeError):
        ix.fetch("chr1", 0, 10, out=np.zeros(40, np.float32)[::2])
    assert (room == 9).all()

"""Tracks against the arrays they were written from; the drop-in TrackLoader too."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import lode
import numpy as np
import pysam
import pytest
from conftest import write_fasta
from lode.compat.fastar import TrackLoader

DTYPES = "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split()


def write_track(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """path ends with .track.gz; the .idx beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = path.with_suffix("")
    raw.write_bytes(b"".join(a.tobytes() for a in arrays.values()))
    pysam.tabix_compress(str(raw), str(path), force=True)
    raw.unlink()
    offset, lines = 0, []
    for name, values in arrays.items():
        lines.append(f"{name}\t{offset}\n")
        offset += values.nbytes
    Path(f"{path}.idx").write_text("".join(lines) + f"\t{offset}\n")


def values(rng, n, dtype):
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.standard_normal(n).astype(kind)
    return rng.integers(0, 2**16, n).astype(kind)


def made(seed, dtype, sizes=(100_000, 0, 333, 1, 40_000)):
    rng = np.random.default_rng(seed)
    return {f"c{i}": values(rng, n, dtype) for i, n in enumerate(sizes)}


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(tmp_path, dtype):
    arrays = made(1, dtype)
    write_track(tmp_path / "a.track.gz", arrays)
    with lode.index_tracks(tmp_path / "a.track.gz", dtype=dtype) as tx:
        assert tx.sources == ["a"] and tx.dtype("a") == np.dtype(dtype) and len(tx) == 1
        assert dict(tx.contigs("a")) == {name: len(a) for name, a in arrays.items()}
        for name, array in arrays.items():
            got = tx.fetch("a", name)
            assert got.dtype == array.dtype and np.array_equal(got, array)
        rng = np.random.default_rng(2)
        for _ in range(50):
            a, b = sorted(rng.integers(0, 100_001, 2).tolist())
            assert np.array_equal(tx.fetch("a", "c0", a, b), arrays["c0"][a:b])
        starts = rng.integers(0, 40_000 - 500, 64)
        names = ["c0" if k % 2 else "c4" for k in range(64)]
        want = np.stack([arrays[n][s : s + 500] for n, s in zip(names, starts)])
        for threads in (1, 2):
            got = tx.fetch_many(tx.ids(names, "a"), starts, starts + 500, threads=threads)
            assert np.array_equal(got, want)


def test_bfloat16_is_its_bits(tmp_path):
    arrays = made(3, "u2")
    write_track(tmp_path / "a.track.gz", arrays)
    tx = lode.index_tracks(tmp_path / "a.track.gz", dtype="bfloat16")
    assert tx.dtype("a") == np.uint16 and np.array_equal(tx.fetch("a", "c4"), arrays["c4"])
    for bad in ("c16", ">f4", bool):
        with pytest.raises(ValueError, match="cannot be stored"):
            lode.index_tracks(tmp_path / "a.track.gz", dtype=bad)


@pytest.fixture
def tracks(tmp_path):
    """Two tracks, one in a folder; their arrays by name."""
    arrays = {"a": made(4, "f4"), "sub/b": made(5, "f4", (7000, 12))}
    for name, contents in arrays.items():
        write_track(tmp_path / f"{name}.track.gz", contents)
    return lode.index_tracks(tmp_path, dtype="float32"), arrays, tmp_path


def test_directory_and_out_of_bounds(tracks):
    tx, arrays, path = tracks
    assert tx.path == str(path / "tracks.lode") and tx.sources == ["a", "sub/b"]
    b = arrays["sub/b"]["c1"]
    assert np.array_equal(tx.fetch("sub/b", "c1", 2, 9), b[2:9])
    padded = tx.fetch("sub/b", "c1", -3, 15, bounds="pad", fill=np.nan)
    assert np.isnan(padded[:3]).all() and np.isnan(padded[15:]).all()
    assert np.array_equal(padded[3:15], b)
    assert np.array_equal(tx.fetch("sub/b", "c1", -3, 15, bounds="clip"), b)
    far = tx.fetch("sub/b", "c1", 100, 104, bounds="pad", fill=7)
    assert far.tolist() == [7] * 4
    for start, end in ((-1, 4), (0, 13), (13, 14), (2**61, 2**61 + 1)):
        with pytest.raises(ValueError, match="not inside contig c1 of 12 values"):
            tx.fetch("sub/b", "c1", start, end)
    with pytest.raises(ValueError, match="behind"):
        tx.fetch("sub/b", "c1", 5, 4)
    with pytest.raises(KeyError):
        tx.fetch("sub/b", "c9")
    with pytest.raises(KeyError):
        tx.fetch("nowhere", "c1")
    data, offsets = tx.fetch_many(tx.ids(["c0", "c1"], "sub/b"), [5, 3], [25, 9])
    assert np.array_equal(data, np.concatenate([arrays["sub/b"]["c0"][5:25], b[3:9]]))
    assert offsets.tolist() == [0, 20, 26]


def test_out(tracks):
    tx, arrays, _ = tracks
    room = np.full((4, 30), -1, np.float32)
    ids = tx.ids(["c0"] * 2, "a")
    assert tx.fetch_many(ids, [0, 50], [20, 70], out=room[::2, 5:25]).base is room
    assert np.array_equal(room[0, 5:25], arrays["a"]["c0"][:20])
    assert np.array_equal(room[2, 5:25], arrays["a"]["c0"][50:70])
    assert (room[1::2] == -1).all() and (room[:, :5] == -1).all() and (room[:, 25:] == -1).all()
    one = np.zeros(20, np.float32)
    assert tx.fetch("a", "c0", 50, 70, out=one) is one and np.array_equal(one, room[2, 5:25])
    for bad in (
        np.zeros((2, 21), np.float32),
        np.zeros((2, 20)),
        np.zeros((20, 2), np.float32).T,
        np.zeros((2, 20), np.float32)[::-1],
        np.zeros((2, 20), np.float32)[:, ::-1],
        np.lib.stride_tricks.as_strided(np.zeros(40, np.float32), (2, 20), (4, 4)),
    ):
        with pytest.raises(ValueError):
            tx.fetch_many(ids, [0, 50], [20, 70], out=bad)


@pytest.mark.parametrize("bounds", ["error", "pad", "clip"])
def test_strands(tracks, bounds):
    tx, arrays, _ = tracks
    track = next(iter(arrays))
    values = arrays[track]["c0"]
    rng = np.random.default_rng(5)
    room = 0 if bounds == "error" else 40
    starts = rng.integers(-room, len(values) - 100 + room, 60)
    marks = rng.choice(["+", "-", "."], 60)
    ids = tx.ids(["c0"] * 60, track)

    def want(start, end, mark):
        if bounds == "clip":
            row = values[max(start, 0) : max(end, 0)]
        else:
            row = np.full(end - start, 7, values.dtype)
            inside = np.arange(max(start, 0), min(end, len(values)))
            row[inside - start] = values[inside]
        return row[::-1] if mark == "-" else row

    def check(got, ends):
        rows = [got.data[a:b] for a, b in zip(got.offsets, got.offsets[1:])] if ragged else got
        for row, *place in zip(rows, starts, ends, marks):
            assert np.array_equal(row, want(*place))

    for ragged in (False, True) if bounds != "clip" else (True,):
        ends = starts + (rng.integers(0, 100, 60) if ragged else 100)
        how = dict(bounds=bounds, fill=7, ragged=ragged)
        check(tx.fetch_many(ids, starts, ends, strands=marks, **how), ends)
        numbers = np.select([marks == "+", marks == "-"], [1, -1], 0)
        check(tx.fetch_many(ids, starts, ends, strands=numbers, threads=2, **how), ends)
    marks = np.full(60, "-")
    check(tx.fetch_many(ids, starts, ends, strands="-", **how), ends)
    one = tx.fetch(track, "c0", -5 + 5 * (room == 0), 20, bounds=bounds, fill=7, strand="-")
    assert np.array_equal(one, want(-5 + 5 * (room == 0), 20, "-"))


def test_strands_into_out(tracks):
    tx, arrays, _ = tracks
    track = next(iter(arrays))
    values = arrays[track]["c0"]
    wide = np.zeros((3, 2, 50), values.dtype)
    ids, starts = tx.ids(["c0"] * 3, track), np.array([0, 7, 30])
    assert np.shares_memory(
        tx.fetch_many(ids, starts, starts + 50, strands="+--", out=wide[:, 0]), wide
    )
    for row, start, step in zip(wide[:, 0], starts, [1, -1, -1]):
        assert np.array_equal(row, values[start : start + 50][::step])
    assert not wide[:, 1].any()
    one = np.zeros(50, values.dtype)
    assert tx.fetch(track, "c0", 7, 57, out=one, strand=-1) is one
    assert np.array_equal(one, values[7:57][::-1])
    for wrong in (["+", "x", "-"], [True, False, True], ["+", "-"]):
        with pytest.raises(ValueError, match="strands"):
            tx.fetch_many(ids, starts, starts + 50, strands=wrong)


def read(tx):
    return tx.fetch("a", "c0", 10, 2000)


def test_processes_and_publishing_again(tracks):
    tx, arrays, path = tracks
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
            for got in pool.map(read, [tx] * 4):
                assert np.array_equal(got, arrays["a"]["c0"][10:2000])
    frozen = pickle.dumps(tx)
    new = {"c0": arrays["a"]["c0"] + 1}
    write_track(path / "a.track.gz", new)
    with pytest.raises(OSError):
        tx.fetch("a", "c0", 10, 20)
    again = lode.index_tracks(path, dtype="f4")
    assert np.array_equal(again.fetch("a", "c0", 10, 20), new["c0"][10:20])
    with pytest.raises(OSError):
        pickle.loads(frozen)


def test_another_idx_is_seen(tracks):
    _, arrays, path = tracks
    Path(path / "a.track.gz.idx").write_text(
        f"z\t0\n\t{sum(a.nbytes for a in arrays['a'].values())}\n"
    )
    again = lode.index_tracks(path, dtype="f4")
    assert list(again.contigs("a")) == ["z"]
    assert np.array_equal(again.fetch("a", "z", 0, 9), arrays["a"]["c0"][:9])


@pytest.mark.parametrize(
    "text, why",
    [
        ("c\t0\nd\t400\n", "ends before the line without a contig"),
        ("c\t4\n\t800\n", "does not begin at 0"),
        ("c\t0\nd\t500\ne\t400\n\t800\n", "below the one before"),
        ("c\t0\nd\t402\n\t800\n", "whole number of values"),
        ("c\t0\n\t804\n", "the last offset is 804, but the track holds 800"),
        ("c\t0\n\t796\n", "the last offset is 796, but the track holds 800"),
        ("c d\t0\n\t800\n", "blank or a control"),
        ("c\tx\n\t800\n", "line 1: no offset"),
        ("c\t-4\n\t800\n", "line 1: no offset"),
        ("c\t99999999999999999999\n\t800\n", "line 1: no offset"),
        ("c\n\t800\n", "line 1: no offset"),
        ("c\t0\n\t800\nd\t800\n", "behind the one without"),
        ("", "ends before"),
        ("c\t0\nc\t400\n\t800\n", "two records named 'c'"),
    ],
)
def test_bad_idx(tmp_path, text, why):
    write_track(tmp_path / "a.track.gz", {"c": np.arange(200, dtype="f4")})
    idx = tmp_path / "a.track.gz.idx"
    idx.write_text(text)
    with pytest.raises(ValueError, match=why):
        lode.index_tracks(tmp_path, dtype="f4")
    assert not (tmp_path / "tracks.lode").exists()


def test_what_is_no_track(tmp_path, ix):
    write_track(tmp_path / "a.track.gz", {"c": np.arange(200, dtype="f4")})
    (tmp_path / "a.track.gz.idx").unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.track\.gz\.idx"):
        lode.index_tracks(tmp_path, dtype="f4")
    write_track(tmp_path / "a.track.gz", {"c": np.arange(200, dtype="f4")})
    (tmp_path / "plain.track.gz").write_bytes(b"\0" * 80)
    (tmp_path / "plain.track.gz.idx").write_text("c\t0\n\t80\n")
    with pytest.raises(ValueError, match="a track is BGZF"):
        lode.index_tracks(tmp_path, dtype="f4")
    (tmp_path / "plain.track.gz").unlink()
    tx = lode.index_tracks(tmp_path, dtype="f4")
    with pytest.raises(ValueError, match="open_tracks"), lode.open(tx.path) as raw:
        raw.fetch("c", 0, 4)
    with pytest.raises(ValueError, match="holds no tracks"):
        lode.open_tracks(ix.path)
    with lode.Index(tx.path) as raw:  # what is made for bases is refused
        for call in (
            lambda: raw.fetch("c", 0, 4, strand="-"),
            lambda: raw.fetch("c", 0, 4, upper=True),
            lambda: raw.fetch("c", -1, 4, bounds="pad"),
            lambda: raw.fetch_many([0], 0, 4, encoding="onehot"),
            lambda: raw.fetch_many([0], 0, 4, soft_mask=True),
            lambda: raw.fetch_many([0], 0, 4, n_seed=1),
            lambda: raw.composition([0], 0, 4),
            lambda: raw.random_windows(1, 4),
        ):
            with pytest.raises(ValueError):
                call()


def test_reference(tmp_path, tracks):
    _, arrays, path = tracks
    genomes = tmp_path / "genomes"
    genomes.mkdir()
    for name in arrays:
        (genomes / name).parent.mkdir(exist_ok=True)
        bases = {c: "A" * len(v) for c, v in arrays[name].items()}
        write_fasta(genomes / f"{name}.fa", bases)
    reference = lode.index(genomes)
    before = (path / "tracks.lode").read_bytes()
    made_again = lode.index_tracks(path, dtype="f4", reference=reference)
    assert made_again.path == str(path / "tracks.lode") and len(made_again) == 2
    assert (path / "tracks.lode").read_bytes() == before
    write_fasta(genomes / "sub/b.fa", {"c0": "A" * 7000, "c1": "A" * 11})
    with pytest.raises(ValueError, match="sub/b: contig c1 has 12 values, in sub/b 11 bases"):
        lode.index_tracks(path, dtype="f4", reference=lode.index(genomes))
    assert (path / "tracks.lode").read_bytes() == before
    assert not list(path.glob("*.new*"))


# ---- fastar-loader's ----------------------------------------------------------------------------


def check_loader(loader, arrays, least=0):
    assert sorted(loader.names) == sorted(arrays)
    rng = np.random.default_rng(6)
    for name, contents in arrays.items():
        long = {c: a for c, a in contents.items() if a.nbytes >= least}
        assert loader.contigs(name) == [(c, a.nbytes) for c, a in long.items()]
        for contig, array in long.items():
            for _ in range(10):
                a, b = sorted(rng.integers(0, len(array) + 1, 2).tolist())
                got = loader.read_sequence(name, contig, 4 * a, 4 * (b - a))
                assert got.dtype == np.uint8
                assert np.array_equal(got.view(np.float32), array[a:b])


@pytest.mark.parametrize("how", [{}, {"no_cache": True}, {"storage_method": "shmem"}])
def test_track_loader(tmp_path, how):
    arrays = {"a": made(7, "f4"), "sub/b": made(8, "f4", (7000, 12))}
    for name, contents in arrays.items():
        write_track(tmp_path / f"{name}.track.gz", contents)
    loader = TrackLoader(tmp_path, show_progress=False, num_workers=2, **how)
    check_loader(loader, arrays)
    assert (tmp_path / "tracks.lode").exists() == (not how.get("no_cache"))
    check_loader(pickle.loads(pickle.dumps(loader)), arrays)
    some = TrackLoader(tmp_path, names=["sub/b"])
    check_loader(some, {"sub/b": arrays["sub/b"]})
    check_loader(TrackLoader(tmp_path, min_contig_length=1000, force_build=True), arrays, 1000)
    for contig, start, n in (("c1", 0, 49), ("c1", 49, 1), ("c1", -1, 4), ("c1", 2**63 - 2, 1)):
        with pytest.raises(ValueError):
            loader.read_sequence("sub/b", contig, start, n)
    with pytest.raises(KeyError):
        loader.read_sequence("sub/b", "c9", 0, 1)
    with pytest.raises(KeyError):
        loader.contigs("c")
    assert "TrackLoader" in repr(loader)


def test_a_track_loader_leaves_out_what_is_broken(tmp_path):
    write_track(tmp_path / "a.track.gz", {"c": np.arange(9, dtype="f4")})
    (tmp_path / "b.track.gz").write_bytes(b"no gzip")
    (tmp_path / "b.track.gz.idx").write_text("c\t0\n\t7\n")
    with pytest.raises(ValueError):
        TrackLoader(tmp_path)
    with pytest.warns(UserWarning, match="b.track.gz"):
        assert TrackLoader(tmp_path, strict=False).names == ["a"]

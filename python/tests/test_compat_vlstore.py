"""vlstore's usage on lode: its README, its arguments, and what used to fail."""

import os
import random

import numpy as np
import pytest
from lode.compat.vlstore import loader as loader_module
from lode.compat.vlstore.loader import BlockShuffleBatch
from lode.compat.vlstore.serialize import (
    BackedAtomicData,
    BackedAtomicDataCodec,
    Codec,
    create_fbframe_buffer,
    flatfloatndarray_codec,
)
from lode.compat.vlstore.store import Depot, Location, SChunkStore


def frame(rng, name, sites):
    return BackedAtomicData.from_values(
        name=name,
        masses=rng.random(sites).astype(np.float32),
        atom_types=np.arange(sites, dtype=np.int32),
        nsites=sites,
        positions=rng.random((sites, 3)).astype(np.float32),
        forces=rng.random((sites, 3)).astype(np.float32),
    )


def same(a, b):
    return a.name == b.name and a.n_sites == b.n_sites and all(
        np.array_equal(getattr(a, k), getattr(b, k))
        for k in ("masses", "atom_types", "pos", "forces")
    )  # fmt: skip


@pytest.mark.parametrize("in_memory", [False, True])
def test_readme(tmp_path, in_memory):
    rng = np.random.default_rng(1)
    path = None if in_memory else str(tmp_path / "mol.store")
    frames = {f"frame_{i}": frame(rng, f"frame_{i}", 1200) for i in range(50)}
    storage = SChunkStore(chunksize=int(2**22), location=path)
    with Depot(codec=BackedAtomicDataCodec, backing=storage) as d:
        for name, f in frames.items():
            d.put(name, f)
    again = storage if in_memory else SChunkStore(location=path)
    with Depot(codec=BackedAtomicDataCodec, backing=again) as d:
        assert same(d.get("frame_0"), frames["frame_0"])
        assert d.get("frame_3").pos.shape == (1200, 3)
        keys = random.Random(2).sample(list(frames), 20)
        got = d.fused_get(keys, presorted=True)
        assert all(same(g, frames[k]) for g, k in zip(got, keys))
        assert {g.name for g in d.fused_get(keys)} == {k.encode() for k in keys}
        assert d.fused_buffer_size(keys) == sum(len(frames[k].raw) for k in keys)
        assert set(d.keys()) == set(frames)


def test_frames_are_flatbuffers():
    """Read by the FlatBuffers library, where it is there; each wrong offset is a ValueError."""
    rng = np.random.default_rng(2)
    f = frame(rng, "a name", 7)
    raw = bytes(f.raw)
    for i in range(len(raw)):
        for value in (0, 0x7F, 0xFF):
            bad = bytearray(raw)
            bad[i] = value
            try:
                g = BackedAtomicDataCodec.unpack(bad)
                _ = g.name, g.n_sites, g.masses, g.atom_types, g.pos, g.forces
            except ValueError:
                pass
    for n in range(0, len(raw) - 1):
        with pytest.raises(ValueError):
            g = BackedAtomicDataCodec.unpack(raw[:n])
            _ = g.name, g.pos, g.forces, g.masses, g.atom_types
    table = pytest.importorskip("flatbuffers.table")
    t = table.Table(raw, int.from_bytes(raw[:4], "little"))
    assert t.String(t.Offset(4) + t.Pos) == b"a name"
    positions = t.Offset(14)
    assert t.VectorLen(positions) == 21
    start = t.Vector(positions)
    assert np.array_equal(np.frombuffer(raw, "<f4", 21, start).reshape(7, 3), f.pos)


def test_frame_arguments():
    three, two = np.zeros((3, 3), "f4"), np.zeros((2, 3), "f4")
    for positions, forces in ((three, two), (two, three), (np.zeros(9, "f4"), three)):
        with pytest.raises(ValueError):
            create_fbframe_buffer("n", [1, 2, 3], [1, 2, 3], 3, positions, forces)


def test_byte_store(tmp_path):
    path = tmp_path / "s"
    s = SChunkStore(path, alignment="contiguous", chunksize=4096)
    data = {"a": b"1", b"a": b"22", 1: b"333", -7: b"", "big": bytes(range(256)) * 100}
    for key, value in data.items():
        s.put(key, value)
    assert dict(s) == data and len(s) == 5 and s["a"] == b"1" and s[b"a"] == b"22"
    with pytest.raises(ValueError):
        s.put("a", b"x", overwrite=False)
    s.close()
    t = SChunkStore(path)  # opens for writing, too
    assert dict(t) == data
    t["a"] = b"new"
    del t[1]
    with pytest.raises(KeyError):
        t[1]
    with pytest.raises(KeyError):
        del t["nope"]
    assert len(t) == 4 and 1 not in t and list(t)[-1] == "a"
    t.close()
    u = SChunkStore(path, chunksize=4096)
    assert dict(u) == {b"a": b"22", -7: b"", "big": data["big"], "a": b"new"}
    out = bytearray(3)
    assert u.get("a", out=out) is out and bytes(out) == b"new"
    value, place = u.get("big", return_location=True)
    assert value == data["big"] and place.length == len(value) and isinstance(place, Location)
    buffer, slices = u.fused_get(["a", "big", -7], presorted=True)
    assert [bytes(buffer[k]) for k in slices] == [b"new", data["big"], b""]
    with pytest.raises(ValueError):
        u.fused_get(["big"], out=bytearray(5))
    assert u.fused_size(["a", "big"]) == 3 + len(data["big"])
    with pytest.raises(TypeError):
        u[1.5]
    with pytest.raises(ValueError):
        SChunkStore(alignment="sideways")
    assert os.path.getsize(path) < len(data["big"])  # it is packed


def test_floats():
    d = Depot(flatfloatndarray_codec)
    x = np.arange(12, dtype=np.float32)
    d.put(1, x)
    assert np.array_equal(d.get(1), x)
    with pytest.raises(ValueError):
        d.put(2, x.astype("f8"))
    with pytest.raises(ValueError):
        d.put(2, x.reshape(3, 4).T)
    text = Codec(pack=lambda s, /, *, out=None: s.encode(), unpack=lambda b, /: bytes(b).decode())
    e = Depot(text, recycle_buffer=True)
    e.put("k", "value")
    e.put("l", "")
    assert e.get("k") == "value" and e.fused_get(["k", "l"], presorted=True) == ["value", ""]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("read_size, batch_size", [(2, 2), (3, 1), (5, 10), (50, 1000)])
def test_loader(shuffle, merge, read_size, batch_size):
    rng = np.random.default_rng(3)
    storage = SChunkStore(chunksize=2**15, alignment="no_cross")
    with Depot(codec=BackedAtomicDataCodec, backing=storage) as d:
        for i in range(200):
            d.put(f"f{i}", frame(rng, f"f{i}", int(rng.integers(1, 300))))
        batches = BlockShuffleBatch(
            read_size, batch_size, d, shuffle=shuffle, end_block_merge=merge, n_buffers=3
        )
        served = [f.name.decode() for batch in batches for f in batch]
        assert sorted(served) == sorted(d.keys())
        assert (served == list(d.keys())) == (not shuffle)
        assert all(len(b) == batch_size for b in list(batches)[:-1])
        assert sum(len(g) for g in batches.key_groups()) == 200
        assert len(list(batches.stream())) == 200
        owned = loader_module.block_ownership(d.lookup, no_sharing=True, sorted=True)
        assert sum(map(len, owned.values())) == 200


def test_loader_of_little():
    """One block, gaps, and a record longer than a chunk: all of them broke."""
    storage = SChunkStore(chunksize=100)
    d = Depot(flatfloatndarray_codec, backing=storage)
    for i, n in enumerate((1, 500, 2, 0)):
        d.put(i, np.full(n, i, np.float32))
    for keep in (4, 1):
        batches = list(BlockShuffleBatch(3, 2, d))
        assert sorted(len(x) for b in batches for x in b) == sorted((1, 500, 2, 0)[:keep])
        for i in (1, 2, 3):
            if i in storage:
                del storage[i]
    del storage[0]
    assert list(BlockShuffleBatch(3, 2, d)) == []

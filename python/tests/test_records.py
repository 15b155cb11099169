"""Records: what was put comes back, by key, number and batch, in this and other processes."""

import concurrent.futures
import doctest
import multiprocessing
import os
import pathlib
import pickle
import random
import re

import lode
import numpy as np
import pytest
from lode import records


def texts(n=2000, seed=3):
    rng = random.Random(seed)
    return {f"key{i}": rng.randbytes(rng.randrange(300)) * rng.randrange(1, 3) for i in range(n)}


def build(path, data, **how):
    with records.create(path, **how) as w:
        for key, value in data.items():
            w[key] = value
    return records.open(path) if path else None


@pytest.mark.parametrize("codec", ["raw", "zstd", "blocks"])
def test_round_trip(tmp_path, codec):
    data = texts()
    s = build(tmp_path / "s.lode", data, codec=codec)
    assert len(s) == len(data) and list(s) == list(data) and dict(s) == data
    assert "key5" in s and "nope" not in s and 5 not in s
    keys = random.Random(1).sample(list(data), 500) + ["key3", "key3"]
    for threads in (1, 3):
        batch = s.get_many(keys, threads=threads)
        assert [bytes(b) for b in batch] == [data[k] for k in keys]
    out = np.zeros(10**6, np.uint8)
    again = s.get_many(s.numbers(keys), out)
    assert np.shares_memory(again.data, out) and np.array_equal(again.data, batch.data)
    with pytest.raises(KeyError, match="nope"):
        s.get_many(["key1", "nope"])
    with pytest.raises(KeyError, match="nope"):
        s["nope"]
    with pytest.raises(ValueError, match="at least"):
        s.get_many(keys, np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="no record 2000"):
        s.get_many(np.array([0, 2000]))
    view = s.view("key7")
    if codec == "raw":
        assert bytes(view) == data["key7"] and not view.flags.writeable
    s.verify()
    s.close()
    with pytest.raises(ValueError, match="closed"):
        s["key1"]
    if codec == "raw":
        assert bytes(view) == data["key7"]  # it keeps the map


def test_kinds_of_keys(tmp_path):
    ints = build(tmp_path / "i", {-5: b"a", 2**63 - 1: b"b"}, keys="integers")
    assert list(ints) == [-5, 2**63 - 1] and ints[-5] == b"a"
    assert bytes(ints.get_many(np.array([2**63 - 1, -5])).data) == b"ba"
    with pytest.raises(TypeError, match="integers, not str"):
        ints["x"]
    raw = build(tmp_path / "b", {b"\0\xff": b"x", b"": b"y"}, keys="bytes")
    assert dict(raw) == {b"\0\xff": b"x", b"": b"y"}
    with records.create(tmp_path / "n", keys="none") as w:
        for i in range(5):
            w.put(None, bytes([i]))
    none = records.open(tmp_path / "n")
    assert none[3] == b"\3" and list(none) == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError):
        none[5]


@pytest.mark.parametrize("codec, shuffle", [("raw", 1), ("zstd", 4), ("blocks", 1)])
def test_arrays(tmp_path, codec, shuffle):
    rng = np.random.default_rng(0)
    point = np.dtype([("id", "<i4"), ("xyz", "<f8", (3,))])
    arrays = {
        "f": rng.normal(size=(50, 3)).astype("f4"),
        "i": np.arange(7, dtype="i8")[::2],
        "s": np.array(2.5),
        "0": np.zeros((0, 4), "u2"),
        "0b": np.zeros((3, 0), "u2"),
        "p": np.array([(1, (1, 2, 3)), (2, (4, 5, 6))], point),
        "be": np.arange(5, dtype=">u4"),
    }
    s = build(tmp_path / "a", arrays, codec=codec, shuffle=shuffle)
    for key, array in arrays.items():
        back = s[key]
        assert back.dtype == array.dtype and back.shape == array.shape
        assert np.array_equal(back, array)
    if codec == "raw":
        assert s.view("p")["xyz"][1, 2] == 6 and s.view("f").ctypes.data % 8 == 0
    with pytest.raises(TypeError, match="objects"):
        records.create(None).put("x", np.array([None]))


@pytest.mark.parametrize("codec", ["raw", "zstd", "blocks"])
def test_arrays_at_once(tmp_path, codec):
    rng = np.random.default_rng(1)
    point = np.dtype([("id", "<i4"), ("xyz", "<f8", (3,))])
    kinds = {
        "f": lambda: rng.normal(size=(5, 3)).astype("f4"),
        "s": lambda: np.array(rng.normal()),
        "p": lambda: rng.integers(0, 255, 2 * point.itemsize, np.uint8).view(point),
        "z": lambda: np.zeros((0, 4), "u2"),
    }
    arrays = {f"{kind}{i}": make() for i in range(40) for kind, make in kinds.items()}
    s = build(tmp_path / "a", arrays | {"raw": b"bytes", "f6": np.zeros((6, 3), "f4")}, codec=codec)
    for kind in "fspz":
        keys = [f"{kind}{i}" for i in rng.permutation(40) if i != 6] * 2
        want = np.stack([arrays[k] for k in keys])
        got = s.get_arrays(keys)
        assert got.dtype == want.dtype and got.shape == want.shape
        assert got.tobytes() == want.tobytes()
        out = np.empty_like(want)
        assert s.get_arrays(s.numbers(keys), out, threads=2) is out
        assert out.tobytes() == want.tobytes()
        for bad in (np.empty((1, *want.shape[1:]), want.dtype), want.astype(object)):
            with pytest.raises(ValueError, match="out must be"):
                s.get_arrays(keys, bad)
        with pytest.raises(TypeError):
            s.get_arrays(keys, list(want))
    f = np.zeros((2, 5, 6), "f4")
    with pytest.raises(ValueError, match="C-contiguous"):
        s.get_arrays(["f0", "f1"], f[:, :, ::2])
    f.flags.writeable = False
    with pytest.raises(ValueError, match="out must be|writable"):
        s.get_arrays(["f0", "f1"], f[:, :, :3])
    for keys in (["f0", "f6"], ["f0", "s0"], ["f1", "raw"]):
        with pytest.raises(ValueError, match=f"record {s.number(keys[1])} has another"):
            s.get_arrays(keys)
    with pytest.raises(ValueError, match="no array"):
        s.get_arrays(["raw"])
    with pytest.raises(ValueError, match="no records"):
        s.get_arrays([])
    with pytest.raises(KeyError):
        s.get_arrays(["f0", "nope"])


def test_dictionary(tmp_path):
    data = {f"k{i}": (f'{{"name": "sample {i}", "tissue": "liver", "n": {i * 7}}}' * 2).encode()
            for i in range(3000)}  # fmt: skip
    d = records.train(data.values(), 4096)
    plain = build(tmp_path / "p", data, codec="zstd", level=9)
    packed = build(tmp_path / "d", data, codec="zstd", level=9, dictionary=d)
    assert dict(packed) == data
    assert packed.info["stored"] < 0.8 * plain.info["stored"]
    with pytest.raises(ValueError, match="no dictionary"):
        records.train([b"a"])


def test_append_remove_and_readers_of_the_older(tmp_path):
    path = tmp_path / "s"
    old = build(path, {"a": b"1", "b": b"2", "c": b"3"})
    with records.append(path) as w:
        w["d"] = b"4"
        w["a"] = b"new"
        del w["b"]
        with pytest.raises(OSError, match="another writer"):
            records.append(path)
    new = records.open(path)
    assert dict(new) == {"c": b"3", "d": b"4", "a": b"new"} and dict(old) == dict(
        a=b"1", b=b"2", c=b"3"
    )
    with pytest.raises(RuntimeError):
        with records.append(path) as w:
            w["x"] = b"never"
            raise RuntimeError
    assert "x" not in records.open(path)
    with pytest.raises(ValueError, match="one key"):
        build(tmp_path / "u", {}).close()
        with records.create(tmp_path / "u", unique=True) as w:
            w["k"] = b""
            w["k"] = b""
    memory = records.create()
    memory["k"] = b"v"
    store = memory.close()
    assert store["k"] == b"v"
    with pytest.raises(TypeError, match="memory"):
        pickle.dumps(store)
    with pytest.raises(ValueError, match="closed"):
        memory["k"] = b"v"


def work(job):
    store, seed = job
    rng = random.Random(seed)
    data = texts()
    keys = [f"key{rng.randrange(2000)}" for _ in range(3000)]
    assert all(store[k] == data[k] for k in keys[:500])
    return [bytes(b) for b in store.get_many(keys)] == [data[k] for k in keys]


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_processes(tmp_path, start):
    s = build(tmp_path / "s", texts(), codec="zstd")
    with multiprocessing.get_context(start).Pool(4) as pool:
        assert all(pool.map(work, [(s, i) for i in range(8)]))


def test_threads(tmp_path):
    s = build(tmp_path / "s", texts(), codec="blocks")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, [(s, i) for i in range(16)]))


def test_published_anew_is_noticed(tmp_path):
    s = build(tmp_path / "s", {"a": b"1"})
    frozen = pickle.dumps(s)
    assert pickle.loads(frozen)["a"] == b"1"
    build(tmp_path / "s", {"a": b"2"})
    with pytest.raises(lode.StaleError):
        pickle.loads(frozen)


def test_damage(tmp_path):
    s = build(tmp_path / "s", {"b": b"y", "a": b"x" * 300_000})
    s.close()
    image = bytearray((tmp_path / "s").read_bytes())
    image[image.index(b"x" * 1000) + 200_000] ^= 1
    (tmp_path / "s").write_bytes(image)
    t = records.open(tmp_path / "s")
    assert t["b"] == b"y"
    with pytest.raises(lode.CorruptIndexError):
        t["a"]
    with pytest.raises(lode.CorruptIndexError):
        t.verify()
    os.truncate(tmp_path / "s", 4096)
    with pytest.raises(OSError):
        t["a"]
    with pytest.raises(OSError):
        records.open(tmp_path / "none")


def test_dtypes_with_gaps_and_in_each_other(tmp_path):
    inner = np.dtype([("x", "<f4"), ("y", ">f4", (2,))])
    kinds = {
        "aligned": np.dtype([("a", "u1"), ("b", "f8")], align=True),
        "nested": np.dtype([("a", inner), ("b", inner, (2, 2)), ("c", "M8[ns]")]),
        "overlapping": np.dtype({"names": ["lo", "all"], "formats": ["<u2", "<u4"],
                                 "offsets": [0, 0], "itemsize": 8}),
        "titled": np.dtype([(("title", "name"), "<i4"), ("z", "S5")]),
        "times": np.dtype("m8[us]"),
        "wide": np.dtype("<U3"),
    }  # fmt: skip
    rng = np.random.default_rng(3)
    arrays = {k: rng.integers(0, 100, 6 * d.itemsize, np.uint8) for k, d in kinds.items()}
    arrays["wide"] = np.array(list("abcdef"), "<U3").view(np.uint8)
    arrays = {k: a.view(kinds[k]).reshape(2, 3) for k, a in arrays.items()}
    s = build(
        tmp_path / "s.lode", {**arrays, "scalar": np.float32(3), "void": arrays["nested"][0, 0]}
    )
    for key, array in arrays.items():
        back = s[key]
        assert back.dtype == kinds[key] and back.shape == (2, 3)
        assert back.tobytes() == array.tobytes()
        assert s.get_arrays([key] * 2).dtype == kinds[key]
    assert s["scalar"].shape == () and s["scalar"].dtype == np.float32 and s["scalar"] == 3
    assert (
        s["void"].dtype == kinds["nested"]
        and s["void"].tobytes() == arrays["nested"][0, 0].tobytes()
    )


def test_types_of_someone_else_are_bytes(tmp_path):
    types = ['{"dtype":"O","shape":[]}', '{"dtype":"f4","shape":"abc"}', "[" * 9999, "{}", "x",
             '{"dtype":"f4","shape":[4.0]}', '{"dtype":"f4","shape":[7]}', '{"dtype":[1]}',
             '{"dtype":"f4","shape":[-1,-1]}', '{"dtype":"f4","shape":[99999999999999999999]}',
             '{"dtype":"V0","shape":[-1]}', '{"dtype":{"base":1},"shape":[]}']  # fmt: skip
    w = records.create(tmp_path / "s")
    for i, text in enumerate(types):
        w._writer.put(f"{i}", b"12345678", text)
    s = w.close()
    for i in range(len(types)):
        assert s[f"{i}"] == b"12345678"
        with pytest.raises(ValueError, match="no array"):
            s.get_arrays([f"{i}"])


def test_what_is_put_and_not_published_is_missed(tmp_path):
    w = records.create(tmp_path / "s")
    w["a"] = b"1"
    with pytest.warns(ResourceWarning, match="are lost"):
        del w
    assert not (tmp_path / "s").exists()


def test_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    block = next(b for b in re.findall(r"```python\n(.*?)```", text, re.S) if ">>>" in b)
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
    assert len(test.examples) > 8
    assert doctest.DocTestRunner().run(test).failed == 0


def test_several_in_one_file(tmp_path):
    with records.create(tmp_path / "a.lode") as w:
        w["x"] = np.arange(6, dtype="f4").reshape(2, 3)
    with records.create(tmp_path / "b.lode", keys="integers", codec="zstd") as w:
        w[7] = b"seven" * 100
    out = tmp_path / "all.lode"
    records.join(out, {"arrays": tmp_path / "a.lode", "zahlen \u00fc": tmp_path / "b.lode"})
    assert records.names(out) == ["arrays", "zahlen \u00fc"]
    with records.open(out, "arrays") as s, records.open(out, "zahlen \u00fc") as t:
        assert np.array_equal(s["x"], np.arange(6, dtype="f4").reshape(2, 3))
        assert bytes(t[7]) == b"seven" * 100
        again = pickle.loads(pickle.dumps(t))
        assert bytes(again[7]) == b"seven" * 100
    with pytest.raises(LookupError):
        records.open(out, "other")
    with pytest.raises(LookupError, match="several"):
        records.open(out)
    with pytest.raises(ValueError, match="null"):
        records.join(out, {"a\0b": tmp_path / "a.lode"})
    with pytest.raises(ValueError, match="null"):
        records.open(out, "arrays\0")
    with pytest.raises(ValueError, match="null"):
        records.create(tmp_path / "c.lode", name="a\0b")
    before = out.read_bytes()
    with pytest.raises(OSError):
        records.join(out, {"a": tmp_path / "a.lode", "b": tmp_path / "none.lode"})
    with pytest.raises(ValueError):
        records.join(out, {})
    assert out.read_bytes() == before
    assert records.names(tmp_path / "a.lode") == [""]


def test_one_key_is_not_a_list(tmp_path):
    s = build(tmp_path / "s.lode", {"k": b"1", "1": b"2"})
    for one in ("k1", b"k1"):
        with pytest.raises(TypeError, match="keys is a list of keys"):
            s.get_many(one)
    with pytest.raises(ValueError, match="threads is at least 0"):
        s.get_many(["k"], threads=-1)


def test_create_says_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="keys is one of .* not 'str'"):
        records.create(tmp_path / "s.lode", keys="str")
    with pytest.raises(ValueError, match="codec is one of .* not 'lz4'"):
        records.create(tmp_path / "s.lode", codec="lz4")


def test_out_must_take_what_is_written(tmp_path):
    build(tmp_path / "s.lode", {"a": b"hello", "b": b"world!"})
    store = records.open(tmp_path / "s.lode")
    room = np.full(40, 9, np.uint8)
    for out in (room[::-1], room[::2]):  # a copy of these would be filled, and lost
        with pytest.raises(ValueError, match="not contiguous"):
            store.get_many(["a", "b"], out=out)
    fixed = np.zeros(20, np.uint8)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        store.get_many(["a"], out=fixed)
    assert (room == 9).all()
    lent = bytearray(20)
    assert bytes(store.get_many(["b", "a"], out=lent)[0]) == b"world!"
    assert lent == b"world!hello" + bytes(9)

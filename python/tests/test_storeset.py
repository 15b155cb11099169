"""Sets of stores: what is appended beside a store, replaced and taken out answers as a plain dict,
and compact() makes one file of it."""

from __future__ import annotations

import multiprocessing as mp
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import threading
import time

import lode
import numpy as np
import pytest
from lode import records
from test_set import in_process
from test_threads import run_threads

KINDS = {
    "text": lambda i: f"key {i} \u00fc",
    "bytes": lambda i: b"\0%d\xff" % i,
    "integers": lambda i: i * 1_000_003 - 2**40,
}


def value_of(rng):
    if rng.random() < 0.3:
        return rng.choice(["<f4", "<i8"]), rng.randrange(1, 9)
    return rng.randbytes(rng.randrange(200)) * rng.randrange(1, 4)


def made(value):
    """A value; those that stand for arrays, as arrays."""
    return np.arange(value[1] * 3, dtype=value[0]).reshape(-1, 3) if type(value) is tuple else value


def same(got, value):
    want = made(value)
    if isinstance(want, bytes):
        return isinstance(got, bytes) and got == want
    return got.dtype == want.dtype and got.shape == want.shape and np.array_equal(got, want)


def raw(value):
    return made(value) if isinstance(value, bytes) else made(value).tobytes()


def session(writer, want, key_of, rng, n=120):
    """Puts, replaces and takes out, in the store and in a dict, which is in the same order."""
    with writer as w:
        for _ in range(n):
            key = key_of(rng.randrange(600))
            if rng.random() < 0.2:
                del w[key]
                want.pop(key, None)
            else:
                value = value_of(rng)
                w[key] = made(value)
                want.pop(key, None)
                want[key] = value


def check(store, want):
    assert len(store) == len(want) and list(store) == list(want) == list(store.keys())
    assert all(same(store[key], value) for key, value in want.items())
    assert all(key in store for key in want)
    assert all(same(got, value) for got, value in zip(store.values(), want.values()))
    keys = random.Random(1).choices(list(want), k=300)
    assert [store.key(store.number(key)) for key in keys] == keys
    for threads in (1, 3):
        batch = store.get_many(keys, threads=threads)
        assert [bytes(b) for b in batch] == [raw(want[key]) for key in keys]
    numbers = store.numbers(keys)
    assert [store.key(i) for i in numbers] == keys
    if store.info["keys"] != 3:  # there an array is of keys
        assert np.array_equal(store.get_many(numbers).data, batch.data)
    seen = [store.view(key) for key in keys[:50]]
    assert all(v is None or v.tobytes() == raw(want[key]) for key, v in zip(keys, seen))
    store.verify()


@pytest.mark.parametrize("codec", ["raw", "zstd", "blocks"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_answers_as_a_dict(tmp_path, kind, codec):
    rng, want, path = random.Random(7), {}, tmp_path / "s.lode"
    session(records.create(path, keys=kind, codec=codec), want, KINDS[kind], rng, 300)
    for i in range(6):
        session(records.append(path, add=i < 3), want, KINDS[kind], rng)  # a set goes on as one
        store = records.open(path)
        assert store.info["members"] == i + 2
        check(store, want)
    dead = store.info["dead"]
    assert dead > 0 and repr(store).endswith(f", 7 files, {dead} records out of use>")
    files = sorted(p.name for p in tmp_path.iterdir())
    assert len(files) == 8 and all(f.startswith("s.lode") for f in files)
    missing = next(KINDS[kind](i) for i in range(600) if KINDS[kind](i) not in want)
    assert missing not in store and store.get(missing, 7) == 7
    with pytest.raises(KeyError, match="no record"):
        store[missing]
    with pytest.raises(KeyError, match=re.escape(f"no record {missing!r}")):
        store.get_many([next(iter(want)), missing])
    one = records.compact(path)
    assert one.info["members"] == one.info["dead"] == 0 and "files" not in repr(one)
    assert [p.name for p in tmp_path.iterdir()] == ["s.lode"]
    check(one, want)
    check(store, want)  # its files are gone, and it goes on


@pytest.mark.parametrize("order", ["sequential", "random", "quasi_random"])
def test_a_loader(tmp_path, order):
    """Numbers, ranks and resumption are those of a store that is one file."""
    for name, parts in (("one.lode", [1000]), ("many.lode", [400, 350, 250])):
        at = 0
        for n in parts:
            path = tmp_path / name
            begin = records.append(path, add=True) if at else records.create(path, keys="none")
            with begin as w:
                for i in range(at, at + n):
                    w.put(None, np.int64(i).tobytes())
            at += n
    with records.append(tmp_path / "many.lode", add=True) as w:
        w.remove_at(999), w.remove_at(3)
    with records.append(tmp_path / "one.lode") as w:
        w.remove_at(999), w.remove_at(3)
    one, many = records.open(tmp_path / "one.lode"), records.open(tmp_path / "many.lode")
    assert one.info["members"] == 0 and many.info["members"] == 3 and len(many) == 998
    how = dict(order=order, seed=4, stretch=50)
    for rank in range(2):
        a, b = (s.loader(32, rank=rank, ranks=2, **how) for s in (one, many))
        got = [batch.data.view(np.int64).tolist() for batch in b]
        assert got == [batch.data.view(np.int64).tolist() for batch in a]
    begun = iter(loader := many.loader(32, **how))
    next(begun)
    rest = many.loader(32, state=pickle.loads(pickle.dumps(loader.state)), **how)
    flat = sorted(x for b in [b for b in begun] for x in b.data.view(np.int64).tolist())
    assert flat == sorted(x for b in rest for x in b.data.view(np.int64).tolist())


def test_unique(tmp_path):
    path = tmp_path / "s.lode"
    with records.create(path) as w:
        w["a"] = b"1"
    before = path.read_bytes()
    for add in (False, True):
        for puts in (["b", "a"], ["b", "b"]):
            w = records.append(path, add=add, unique=True)
            for key in puts:
                w[key] = b"2"
            with pytest.raises(ValueError, match="'a'|'b'") as told:
                w.close()
            assert told.value.status == "LODE_E_DUPLICATE"
            assert os.listdir(tmp_path) == ["s.lode"] and path.read_bytes() == before
    for i, add in enumerate([True, False, True]):
        with records.append(path, add=add, unique=True) as w:
            w[f"c{i}"] = b"3"
    assert dict(records.open(path)) == {"a": b"1", "c0": b"3", "c1": b"3", "c2": b"3"}
    w = records.append(path, unique=True)
    w["c1"] = b"4"
    with pytest.raises(ValueError, match="'c1' is there already"):
        w.close()
    records.create(tmp_path / "n", keys="none").close()
    with pytest.raises(ValueError, match="no keys"):
        records.append(tmp_path / "n", unique=True)


def test_one_writer_at_a_time(tmp_path):
    path = tmp_path / "s.lode"
    with records.create(path) as w:
        w["a"] = b"1"
    for add in (False, True):
        with records.append(path, add=add) as w:
            w["b"] = b"2"
            for other in (
                lambda: records.append(path), lambda: records.append(path, add=True),
                lambda: records.compact(path),
            ):  # fmt: skip
                with pytest.raises(lode.BusyError, match="another writer") as told:
                    other()
                assert told.value.status == "LODE_E_BUSY"
                assert isinstance(told.value, BlockingIOError)
    with pytest.raises(RuntimeError):
        with records.append(path, add=True) as w:
            w["x"] = b"never"
            raise RuntimeError
    with records.append(path, add=True):
        pass  # nothing: no file of its own
    assert records.open(path).info["members"] == 2 and "x" not in records.open(path)


# ---- compact ------------------------------------------------------------------------------------


def test_compact_keeps_what_is_not_told(tmp_path):
    path = tmp_path / "s.lode"
    data = {f"k{i}": (f'{{"name": "sample {i}", "n": {i * 7}}}' * 2).encode() for i in range(2000)}
    d = records.train(data.values(), 4096)
    with records.create(path, codec="zstd", level=9, shuffle=2, dictionary=d, name="n") as w:
        for key, value in data.items():
            w[key] = value
    with records.append(path, add=True) as w:
        for i in range(500):
            w[f"k{i}"] = data[f"k{i}"] = data.pop(f"k{i}") + b"!"

    def kept(store):
        names = ("codec", "level", "shuffle", "align", "block_size", "keys", "name")
        return {k: store.info[k] for k in (*names, "dictionary_size")}

    before = records.open(path)
    after = records.compact(path)
    assert kept(after) == kept(before) and kept(after)["dictionary_size"] == len(d)
    assert after.info["stored"] < before.info["stored"] and dict(after) == data
    for how, told in (
        (dict(level=3), dict(level=3)),
        (dict(dictionary=b""), dict(dictionary_size=0)),
        (dict(codec="blocks", block_size=4096, level=5), dict(codec=2, block_size=4096, level=5)),
        (dict(codec="raw"), dict(codec=0)),
        (dict(codec="zstd", shuffle=1, dictionary=d), dict(shuffle=1, dictionary_size=len(d))),
    ):
        before, after = after, records.compact(path, **how)
        changed = {k: v for k, v in kept(after).items() if kept(before)[k] != v}
        assert told.items() <= kept(after).items() and dict(after) == data
        assert "codec" in how or changed == told
    image = path.read_bytes()
    with pytest.raises(ValueError, match="codec is one of"):
        records.compact(path, codec="lz4")
    with pytest.raises(ValueError, match="not allowed"):
        records.compact(path, level=1000)
    with pytest.raises(FileNotFoundError):
        records.compact(tmp_path / "none")
    (tmp_path / "text").write_text("text")
    with pytest.raises(OSError):
        records.compact(tmp_path / "text")
    assert path.read_bytes() == image and (tmp_path / "text").read_text() == "text"


LONG = """
import signal, sys, threading, time
from lode import records
path = sys.argv[1]
signal.signal(signal.SIGINT, signal.default_int_handler)
turns = 0
def turn():  # the interpreter lock is free meanwhile
    global turns
    while True:
        time.sleep(0.01)
        turns += 1
threading.Thread(target=turn, daemon=True).start()
print("begun", flush=True)
try:
    records.compact(path, codec="zstd", level=22)
except KeyboardInterrupt:
    print("interrupted", turns > 5)
"""


def test_compact_is_interrupted(tmp_path):
    path = tmp_path / "s.lode"
    rng = random.Random(3)
    with records.create(path) as w:
        for i in range(4000):
            w[f"k{i}"] = rng.randbytes(20_000)
    before = path.stat()
    run = subprocess.Popen([sys.executable, "-c", LONG, path], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begun\n"
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    assert run.communicate(timeout=60)[0] == "interrupted True\n" and run.returncode == 0
    assert path.stat() == before and os.listdir(tmp_path) == ["s.lode"]
    with records.append(path):  # nobody holds it
        pass


# ---- processes and threads ----------------------------------------------------------------------


def as_dict(frozen, done):
    try:
        done.put((dict(pickle.loads(frozen)), None))
    except lode.StaleError as error:
        done.put((None, error.status))


def test_a_worker_gets_the_store_that_was_sent(tmp_path):
    path = tmp_path / "s.lode"
    with records.create(path) as w:
        w["a"] = b"1"
    writer = records.append(path, add=True)
    writer["b"] = b"2"
    store = writer.close()
    assert dict(store) == {"a": b"1", "b": b"2"}
    for change in (
        lambda: records.append(path, add=True), lambda: records.compact(path),
    ):  # fmt: skip
        with records.open(path) as now:
            frozen, want = pickle.dumps(now), dict(now)
        for start in ("spawn", "fork"):
            assert in_process(start, as_dict, frozen) == (want, None)
        writer = change()
        if isinstance(writer, records.Writer):
            writer["c"] = b"3"
            writer.close()
        assert in_process("spawn", as_dict, frozen) == (None, "LODE_E_STALE")
    with pytest.raises(lode.StaleError):
        pickle.loads(pickle.dumps(store))
    assert dict(store) == {"a": b"1", "b": b"2"}


def inherited(store, go, done):
    assert go.wait(60)
    done.put({k: bytes(v) for k, v in zip(store, store.get_many(list(store)))})


def test_who_has_it_open_goes_on(tmp_path):
    path = tmp_path / "s.lode"
    want = {f"k{i}": b"%d" % i * 50 for i in range(500)}
    with records.create(path, codec="blocks") as w:
        for i, (key, value) in enumerate(want.items()):
            w[key] = value if i < 250 else b"older"
    with records.append(path, add=True) as w:
        for key in list(want)[250:]:
            w[key] = want[key]
    old = records.open(path)
    context = mp.get_context("fork")
    go, done = context.Event(), context.Queue()
    child = context.Process(target=inherited, args=(old, go, done))
    child.start()
    stop = threading.Event()

    def read(seed):
        rng = random.Random(seed)
        while True:
            keys = rng.choices(list(want), k=50)
            assert [bytes(b) for b in old.get_many(keys)] == [want[k] for k in keys]
            assert old[keys[0]] == want[keys[0]]
            if stop.is_set():
                return

    def change():
        try:
            for i in range(10):
                with records.append(path, add=True) as w:
                    w[f"k{i}"] = b"newer"
                    del w[f"k{i + 100}"]
            assert len(records.compact(path)) == 490
        finally:
            stop.set()

    run_threads([lambda: read(1), lambda: read(2), change])
    go.set()
    assert done.get(timeout=60) == want
    child.join(60)


def write_in_turns(path, name, n, done):
    """n records, each put in one way or another as soon as nobody else is at work."""
    rng, left = random.Random(name), n
    while left:
        try:
            if rng.random() < 0.3:
                records.compact(path).close()
                continue
            with records.append(path, add=rng.random() < 0.7) as w:
                w[f"{name}{left}"] = b"x" * left
            left -= 1
        except lode.BusyError:
            time.sleep(0.0005)
        except BaseException as error:
            done.put(repr(error))
            raise
    done.put(None)


def test_writers_take_turns(tmp_path):
    """Nothing is lost, and at no moment a file is gone that the set needs: who had published
    removed files of who had begun by then."""
    path = tmp_path / "s.lode"
    records.create(path).close()
    done = mp.Queue()
    writers = [mp.Process(target=write_in_turns, args=(path, k, 120, done)) for k in "abc"]
    for writer in writers:
        writer.start()
    seen = 0
    while any(writer.is_alive() for writer in writers):
        with records.open(path) as s:
            assert len(s) >= seen
            seen = len(s)
    assert [done.get(timeout=60) for _ in writers] == [None] * 3
    want = {f"{k}{i}": b"x" * i for k in "abc" for i in range(1, 121)}
    s = records.open(path)
    assert dict(s) == want
    s.verify()
    assert len(list(tmp_path.iterdir())) == 1 + s.info["members"]


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("way", ["close", "discard"])
def test_a_child_of_fork_holds_no_lock(tmp_path, way, add):
    """It has the descriptors of a writer that was open then; the writer's end is the lock's."""
    path = tmp_path / "s.lode"
    records.create(path).close()
    writer = records.append(path, add=add)
    writer["a"] = b"1"
    context = mp.get_context("fork")
    go = context.Event()
    child = context.Process(target=go.wait, args=(60,))
    child.start()
    try:
        getattr(writer, way)()
        with records.append(path) as w:
            w["b"] = b"2"
    finally:
        go.set()
        child.join(60)
    assert list(records.open(path)) == (["a", "b"] if way == "close" else ["b"])


def test_put_while_the_store_is_published(tmp_path):
    """Who puts then is told that the writer is closed; both hung once."""
    writer = records.create(tmp_path / "s.lode", codec="zstd")
    for i in range(100_000):
        writer[f"k{i}"] = b"x" * 40
    begun = threading.Event()

    def put():
        with pytest.raises(ValueError, match="closed"):
            while True:
                writer["late"] = b"1"
                begun.set()

    def close():
        assert begun.wait(60)
        assert len(writer.close()) == 100_001

    run_threads([put, close])


# ---- what may be wrong --------------------------------------------------------------------------


def test_a_member_that_is_gone(tmp_path):
    path = tmp_path / "s.lode"
    with records.create(path) as w:
        w["a"] = b"1"
    with records.append(path, add=True) as w:
        w["b"] = b"2"
    open_before = records.open(path)
    gone = sorted(tmp_path.glob("s.lode.m*"))[0]
    content = gone.read_bytes()
    gone.unlink()
    for opens in (
        lambda: records.open(path), lambda: pickle.loads(pickle.dumps(open_before)),
        lambda: records.append(path, add=True), lambda: records.compact(path),
    ):  # fmt: skip
        with pytest.raises(FileNotFoundError, match=r"s\.lode\.m\w+'.* is gone"):
            opens()
    assert dict(open_before) == {"a": b"1", "b": b"2"}
    gone.write_bytes(content)
    with records.append(path, add=True) as w:
        w["c"] = b"3"
    assert dict(records.open(path)) == {"a": b"1", "b": b"2", "c": b"3"}


def test_256_files(tmp_path):
    path = tmp_path / "s.lode"
    with records.create(path, keys="integers") as w:
        w[0] = b"0"
    for i in range(1, 256):
        with records.append(path, add=True) as w:
            w[i] = b"%d" % i
    store = records.open(path)
    assert store.info["members"] == 256
    for add in (True, False):
        with pytest.raises(lode.ArgumentError, match=r"256 files.*records\.compact\(\) first"):
            records.append(path, add=add)
    assert dict(records.compact(path)) == dict(store) == {i: b"%d" % i for i in range(256)}
    with records.append(path, add=True) as w:
        w[256] = b"256"
    assert len(records.open(path)) == 257


def test_of_another_kind(tmp_path):
    (tmp_path / "a.fa").write_text(">a\nACGT\n")
    (tmp_path / "b.fa").write_text(">b\nACGT\n")
    lode.index(tmp_path / "a.fa", tmp_path / "ix.lode").close()
    lode.index(tmp_path / "b.fa", tmp_path / "ix.lode", add=True).close()
    with records.create(tmp_path / "s.lode") as w:
        w["a"] = b"1"
    with records.append(tmp_path / "s.lode", add=True) as w:
        w["b"] = b"2"
    with pytest.raises(ValueError, match=r"no sequence: lode\.records\.open\(\)"):
        lode.open(tmp_path / "s.lode")
    with pytest.raises(ValueError, match="holds records"):
        lode.index(tmp_path / "a.fa", tmp_path / "s.lode")
    for opens in (records.open, records.append, records.compact, records.names):
        with pytest.raises(ValueError, match=r"holds no records: lode\.open\(\) opens it"):
            opens(tmp_path / "ix.lode")
    for path in ("ix.lode", "a.fa"):
        for replaces in (
            lambda path: records.create(path),
            lambda path: records.join(path, {"x": tmp_path / "s.lode"}),
        ):
            with pytest.raises(ValueError, match="no record store: it is not replaced"):
                replaces(tmp_path / path)
    assert lode.open(tmp_path / "ix.lode").sources == ["a", "b"]
    records.join(tmp_path / "j.lode", {"x": tmp_path / "s.lode", "y": tmp_path / "s.lode"})
    with records.open(tmp_path / "j.lode", "y") as s:  # a set is one store there
        assert dict(s) == {"a": b"1", "b": b"2"} and s.info["members"] == 0
    with records.create(tmp_path / "s.lode") as w:  # and is replaced as one
        w["c"] = b"3"
    assert dict(records.open(tmp_path / "s.lode")) == {"c": b"3"}
    assert not list(tmp_path.glob("s.lode.m*"))


def test_arrays_at_once(tmp_path):
    """Files of a set number their types each for itself."""
    arrays = {f"a{i}": np.arange(3.0) + i for i in range(6)}
    with records.create(tmp_path / "s.lode") as w:
        w["x"] = np.zeros(24, "u1")
        for key in ("a0", "a1", "a2"):
            w[key] = arrays[key]
    with records.append(tmp_path / "s.lode", add=True) as w:
        for key in ("a3", "a4", "a5"):
            w[key] = arrays[key]
    s = records.open(tmp_path / "s.lode")
    keys = ["a4", "a0", "a5", "a0", "a2"]
    assert np.array_equal(s.get_arrays(keys), [arrays[k] for k in keys])
    with pytest.raises(ValueError, match="another dtype"):
        s.get_arrays(["a4", "x"])


def test_flushes(tmp_path):
    """What was flushed is there for others, while the writer goes on."""
    path, want, before = tmp_path / "s.lode", {}, []
    w = records.create(path, codec="zstd")
    for i in range(4):
        for k in range(20):
            key = f"k{i * 15 + k}"
            w[key] = want[key] = bytes([i]) * k
        del w["k3"]
        want.pop("k3", None)
        w.flush()
        w.flush()
        store = records.open(path)
        assert dict(store) == want and store.info["members"] == (i + 1 if i else 0)
        before.append((store, dict(want)))
    other = records.append(path, add=True)
    with pytest.raises(lode.BusyError):
        w["x"] = b"x"
    other["y"] = want["y"] = b"y"
    other.close()
    w["x"] = want["x"] = b"x"
    w.close()
    assert dict(records.open(path)) == want
    for store, then in before:
        assert dict(store) == then
    with records.create() as memory, pytest.raises(ValueError, match="published once"):
        memory.flush()
    with pytest.raises(ValueError, match="closed"):
        w.flush()


def test_a_flush_that_fails_publishes_nothing(tmp_path):
    path = tmp_path / "s.lode"
    with pytest.raises(ValueError, match="'a' is there already"):
        with records.create(path, unique=True) as w:
            w["a"] = b"1"
            w.flush()
            w["a"] = b"2"
            w.flush()
    assert dict(records.open(path)) == {"a": b"1"}

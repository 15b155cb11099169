"""Records that are FlatBuffers: refused when they are none, checked before they are read in place,
and what passes the check is read to the last field by code that flatc made."""

import importlib
import itertools
import os
import pickle
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
from lode import CorruptIndexError, records

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "..", "..", "tests", "flatbuffers")

if shutil.which("flatc") is None:
    pytest.skip("flatc is not there (Debian: flatbuffers-compiler)", allow_module_level=True)
pytest.importorskip("flatbuffers", reason="the Python package flatbuffers is not there")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Schema, payload, and the Python code of zoo.fbs, by flatc."""
    work = tmp_path_factory.mktemp("zoo")
    fbs, text = (os.path.join(SCHEMAS, f"zoo.{end}") for end in ("fbs", "json"))

    def flatc(*args):
        subprocess.run(["flatc", "-o", work, *args], check=True)

    flatc("--binary", "--schema", "--bfbs-builtins", fbs)
    flatc("--binary", fbs, text)
    flatc("--python", fbs)
    sys.path.insert(0, str(work))
    try:
        module = importlib.import_module("zoo.park")
        for name in ("Zoo", "Leaf", "Wing", "Tree", "Box", "Vec3", "Keyed", "Thing"):
            importlib.import_module(f"zoo.park.{name}")
    finally:
        sys.path.remove(str(work))
    return work / "zoo.bfbs", (work / "zoo.bin").read_bytes(), module


# ---- the oracle: every accessor that flatc made is called


def walk(thing, park, depth=0):
    """Reads all that can be read of a table or struct. How many values there were."""
    assert depth <= 200
    count = 0
    for name in dir(type(thing)):
        if name.startswith(("_", "GetRootAs", "Init", "SizeOf")) or "BufferHasIdentifier" in name:
            continue
        if name.endswith(("Length", "IsNone", "AsNumpy", "NestedRoot", "Type")):
            continue
        count += walk_field(thing, name, park, depth)
    return count


def walk_field(thing, name, park, depth):
    method = getattr(thing, name)
    length = getattr(thing, name + "Length", None)
    if name == "Thing":
        return walk_union(thing, park, depth)
    if length is not None and type(thing).__name__ == "Box":
        return 0  # arrays in structs: what flatc 2.0.8 makes of them looks for a vtable
    if length is not None:
        values = [method(i) for i in range(length())]
        nested = getattr(thing, name + "NestedRoot", None)
        if nested is not None and values:
            values.append(nested())
        as_numpy = getattr(thing, name + "AsNumpy", None)
        if as_numpy is not None and values:
            as_numpy()
    elif type(thing).__name__ == "Box" and name in ("Low", "High"):
        values = [method(park.Vec3.Vec3())]
    else:
        values = [method()]
    return sum(
        walk(v, park, depth + 1) if hasattr(v, "_tab") else 1 for v in values if v is not None
    )


def walk_union(thing, park, depth):
    table = thing.Thing()
    kinds = {1: park.Leaf.Leaf, 2: park.Wing.Wing, 3: park.Tree.Tree}
    kind = kinds.get(thing.ThingType())
    if table is None or kind is None:
        return 0
    member = kind()
    member.Init(table.Bytes, table.Pos)
    return walk(member, park, depth + 1)


def read(data, park):
    """Bytes behind the payload would hide that something was read there: there are none."""
    return walk(park.Zoo.Zoo.GetRootAs(bytearray(data), 0), park)


def is_readable(data, park):
    """That the oracle sees damage at all."""
    try:
        read(data, park)
    except Exception:  # noqa: BLE001 - whatever it is
        return False
    return True


def passes(schema, data):
    try:
        schema.check(data)
    except CorruptIndexError as error:
        assert error.status == "LODE_E_CORRUPT" and "byte " in str(error)
        return False
    return True


def test_sound(zoo):
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    schema.check(payload)
    assert read(payload, park) > 90
    assert schema.type.startswith("flatbuffers;base64,")
    assert records.Schema(bfbs.read_bytes()).type == schema.type
    assert pickle.loads(pickle.dumps(schema)).type == schema.type
    assert "bytes>" in repr(schema)
    for view in (memoryview(payload), bytearray(payload), np.frombuffer(payload, np.uint8)):
        schema.check(view)


def test_each_byte(zoo):
    """Whatever one changed byte makes of a payload: what the check lets through is readable."""
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    good = bad = unreadable = 0
    for at, new in itertools.product(range(len(payload)), (0, 1, 4, 8, 0x7F, 0x80, 0xFC, 0xFF)):
        data = bytearray(payload)
        data[at] = new
        if passes(schema, data):
            good += 1
            read(data, park)
        else:
            bad += 1
            unreadable += at % 5 == 0 and not is_readable(data, park)
    assert good > 1000 and bad > 1000 and unreadable > 100


def test_each_bit(zoo):
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    for bit in range(8 * len(payload)):
        data = bytearray(payload)
        data[bit // 8] ^= 1 << bit % 8
        if passes(schema, data):
            read(data, park)


def test_two_bytes(zoo):
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    rng = np.random.default_rng(7)
    good = 0
    for _ in range(20000):
        data = bytearray(payload)
        for at in rng.integers(0, len(data), 2):
            data[at] = rng.integers(256)
        if passes(schema, data):
            good += 1
            read(data, park)
    assert good > 100


def test_each_length(zoo):
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    for n in range(len(payload)):
        if passes(schema, payload[:n]):
            read(payload[:n], park)
    assert not any(passes(schema, payload[:n]) for n in range(40))


# ---- beside flatbuffers::Verifier, which knows the schema from generated code


class Beside:
    """The same bytes for both; nothing passes here that the Verifier refuses."""

    def __init__(self, schema, ok, array):
        self.schema, self.ok, self.array, self.at = schema, ok, array, array.ctypes.data
        self.both = self.neither = self.stricter = 0

    def compare(self, size):
        theirs = self.ok(self.at, size)
        if not passes(self.schema, self.array[:size]):
            self.neither += not theirs
            self.stricter += theirs
            return
        assert theirs, bytes(self.array[:size]).hex()
        self.both += 1


@pytest.mark.parametrize(
    "name, verify", [("zoo", "zoo::park::VerifyZooBuffer"), ("herd", "zoo::VerifyHerdBuffer")]
)
def test_verifier(tmp_path, monkeypatch, name, verify):
    monkeypatch.syspath_prepend(SCHEMAS)
    verifier = importlib.import_module("verifier")
    if (what := verifier.missing()) is not None:
        pytest.skip(f"not compared with flatbuffers::Verifier: {what}")
    fbs, text = (os.path.join(SCHEMAS, f"{name}.{end}") for end in ("fbs", "json"))
    how = ["flatc", "-o", tmp_path, "--binary"]
    subprocess.run([*how, "--schema", "--bfbs-builtins", fbs], check=True)
    subprocess.run([*how, fbs, text], check=True)
    payload = (tmp_path / f"{name}.bin").read_bytes()
    array, n = verifier.aligned(payload), len(payload)
    schema = records.Schema(tmp_path / f"{name}.bfbs")
    beside = Beside(schema, verifier.build(tmp_path, fbs, verify), array)
    beside.compare(n)
    assert beside.both == 1
    for at in range(n):
        for new in range(256):
            array[at] = new
            beside.compare(n)
        array[at] = payload[at]
    for size in range(n):
        beside.compare(size)
    rng = random.Random(5)
    for _ in range(100000):
        changed = rng.choices(range(n), k=rng.randint(1, 4))
        for at in changed:
            array[at] = rng.randrange(256) if rng.random() < 1 / 3 else payload[rng.randrange(n)]
        beside.compare(n)
        for at in changed:
            array[at] = payload[at]
    assert bytes(array) == payload
    cases = beside.both + beside.neither + beside.stricter
    print(f"{name}: {cases} cases, {beside.both} pass both, {beside.neither} neither")
    assert min(beside.both, beside.neither) > cases // 20


# ---- stores


@pytest.mark.parametrize("codec", ["raw", "zstd", "blocks"])
def test_store(zoo, tmp_path, codec):
    bfbs, payload, park = zoo
    schema = records.Schema(bfbs)
    path = tmp_path / "s.lode"
    with records.create(path, codec=codec) as w:
        w.put("a", payload, schema=schema)
        with pytest.raises(CorruptIndexError, match="record 'bad': not a FlatBuffer"):
            w.put("bad", payload[:-100], schema=schema)
        w.put("b", np.frombuffer(payload, np.uint8), schema=schema)
        w["c"] = b"text"
        w["d"] = np.arange(6, dtype="f4").reshape(2, 3)
    with records.open(path) as s:
        assert list(s) == ["a", "b", "c", "d"] and s.info["types"] == 2
        assert s["a"] == s["b"] == payload and s["c"] == b"text" and s["d"].shape == (2, 3)
        s.verify()
        view = s.view("a")
        if codec != "raw":
            assert view is None
            return
        assert view.dtype == np.uint8 and not view.flags.writeable and bytes(view) == payload
        assert view.ctypes.data % 8 == 0
        assert s.view("d").shape == (2, 3) and bytes(s.view("c")) == b"text"
        assert park.Zoo.Zoo.GetRootAs(view, 0).Text() == b"hello"
        assert list(park.Zoo.Zoo.GetRootAs(view, 0).IntsAsNumpy()) == [1, 2, 3]
    with records.append(path) as w:
        w.put("e", payload, schema=schema)
    with records.append(path, add=True) as w:  # in a set types have other numbers
        w.put("f", payload, schema=schema)
        w["g"] = b"text"
    with records.open(path) as s:
        assert all(bytes(s.view(k)) == payload for k in "abef") and bytes(s.view("g")) == b"text"
        s.verify()


def test_no_keys(zoo):
    bfbs, payload, _ = zoo
    schema = records.Schema(bfbs)
    w = records.create(keys="none")
    w.put(None, payload, schema=schema)
    with pytest.raises(CorruptIndexError, match="record 1: not a FlatBuffer"):
        w.put(None, b"", schema=schema)
    s = w.close()
    assert bytes(s.view(0)) == payload


def test_what_is_no_schema(zoo, tmp_path):
    bfbs, payload, _ = zoo
    with pytest.raises(CorruptIndexError, match="not a binary schema of FlatBuffers"):
        records.Schema(payload)
    with pytest.raises(CorruptIndexError):
        records.Schema(b"")
    with pytest.raises(FileNotFoundError):
        records.Schema(tmp_path / "nothing.bfbs")
    with pytest.raises(CorruptIndexError, match="schema"):
        records.Schema(bfbs.read_bytes()[:1000])
    schema = records.Schema(str(bfbs))
    with pytest.raises(TypeError):
        schema.check("text")
    with pytest.raises(CorruptIndexError, match="file identifier"):
        schema.check(b"\x08\0\0\0ABCD" + bytes(100))


def test_damage_is_seen_before_the_view(zoo, tmp_path, monkeypatch):
    """A record that came in by another way than put(schema=): bytes are given, a view is not."""
    bfbs, payload, _ = zoo
    schema = records.Schema(bfbs)
    path = tmp_path / "s.lode"
    bad = bytearray(payload)
    bad[0] ^= 0x40
    w = records.create(path)
    w["good"], w["bad"] = payload, bytes(bad)
    w.close()
    monkeypatch.syspath_prepend(os.path.join(SCHEMAS, ".."))
    monkeypatch.syspath_prepend(os.path.join(SCHEMAS, "..", "cli"))
    sealing = importlib.import_module("sealing")
    path.write_bytes(sealing.with_type(path.read_bytes(), schema.type.encode()))
    with records.open(path) as s:
        assert s["bad"] == bytes(bad) and bytes(s.view("good")) == payload
        with pytest.raises(CorruptIndexError, match="s.lode: record 'bad': not a FlatBuffer"):
            s.view("bad")
        with pytest.raises(CorruptIndexError, match="record 'bad' breaks rule E-20"):
            s.verify()

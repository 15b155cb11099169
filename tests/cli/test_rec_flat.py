"""lode rec --flatbuffers: records are checked by their schema, and what is none is not written."""
import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from sealing import with_type

SCHEMAS = Path(__file__).resolve().parents[1] / "flatbuffers"

pytestmark = pytest.mark.skipif(shutil.which("flatc") is None,
                                reason="flatc is not there (flatbuffers-compiler)")

OTHERS = {
    "plain": ("struct P { x: double; } table T { p: P; q: [P]; } root_type T;", "{p: {x: 1}, q: [{x: 2}]}"),
    "empty": ("table T {} root_type T;", "{}"),
    "names": ("namespace a.b.c; table L { n: int; } table T { l: L; t: [T]; } root_type T;",
              "{l: {n: 1}, t: [{}, {l: {}}, {t: [{}]}]}"),
    "longs": ("enum E : long { A, B = -5 } table T { e: E; f: [E]; g: float = null; } root_type T;",
              "{e: B, f: [A, B], g: 0.5}"),
}


def flatc(*args):
    subprocess.run(["flatc", *args], check=True, capture_output=True)


@pytest.fixture
def zoo(work):
    """zoo.bfbs and zoo.bin in the directory; the payload's bytes."""
    flatc("-o", work, "--binary", "--schema", SCHEMAS / "zoo.fbs")
    flatc("-o", work, "--binary", SCHEMAS / "zoo.fbs", SCHEMAS / "zoo.json")
    return (work / "zoo.bin").read_bytes()


def listed(lode, store):
    return [json.loads(line) for line in lode.out("rec", "ls", store, "--json").splitlines()]


def test_put(lode, work, zoo):
    lode("rec", "put", "s.lode", "a", "zoo.bin", "--flatbuffers", "zoo.bfbs")
    assert lode.out("rec", "get", "s.lode", "a") == zoo
    lode("rec", "put", "s.lode", "b", stdin=b"text")
    lode("rec", "put", "s.lode", "c", "zoo.bin", "--flatbuffers", "zoo.bfbs", "--add")
    before = (work / "s.lode").read_bytes()
    bad = lode("rec", "put", "s.lode", "d", "zoo.bfbs", "--flatbuffers", "zoo.bfbs", status=1)
    assert b"record 'd': not a FlatBuffer of its schema: byte 4" in bad.stderr
    bad = lode("rec", "put", "n.lode", "d", "--flatbuffers", "zoo.bfbs", stdin=zoo[:-50], status=1)
    assert b"n.lode: record 'd'" in bad.stderr
    assert (work / "s.lode").read_bytes() == before and not (work / "n.lode").exists()
    assert {r["key"]: r["type"] for r in listed(lode, "s.lode")} == {
        "a": "flatbuffers", "b": "", "c": "flatbuffers"}
    assert b"ok; checked every byte, 3 records" in lode.out("verify", "s.lode")


@pytest.mark.parametrize("kind, shown", [
    (b"flatbuffers;base64,", "flatbuffers"), (b"flatbuffers;base64,AAAA", "flatbuffers"),
    (b"flatbuffers;base64", None), (b"flatbuffers", None), (b"flatbuffers2;base64,AAAA", None),
    (b"Flatbuffers;base64,AAAA", None), (b'{"dtype":"<f4","shape":[2]}', None)])
def test_listed_types(lode, work, kind, shown):
    """The schema, some kB for every record, is left out of a listing; other types are not."""
    for key in "ab":
        lode("rec", "put", "p.lode", key, stdin=b"text")
    (work / "s.lode").write_bytes(with_type((work / "p.lode").read_bytes(), kind))
    assert [r["type"] for r in listed(lode, "s.lode")] == [shown or kind.decode()] * 2


def test_import(lode, work, zoo):
    (work / "in").mkdir()
    for name in "abc":
        (work / "in" / name).write_bytes(zoo)
    lode("rec", "import", "s.lode", "in", "--flatbuffers", "zoo.bfbs", "--codec", "blocks")
    lode("verify", "s.lode")
    (work / "in" / "d").write_bytes(zoo[:100])
    before = (work / "s.lode").read_bytes()
    for store in ("s.lode", "n.lode"):
        bad = lode("rec", "import", store, "in", "--flatbuffers", "zoo.bfbs", status=1)
        assert b"in: " in bad.stderr and b"record 'd': not a FlatBuffer" in bad.stderr
    assert (work / "s.lode").read_bytes() == before and not (work / "n.lode").exists()
    assert sorted(p.name for p in work.glob("*.lode*")) == ["s.lode"]
    lode("rec", "compact", "s.lode", "--codec", "zstd")
    assert {r["type"] for r in listed(lode, "s.lode")} == {"flatbuffers"}


def test_what_is_no_schema(lode, work, zoo):
    (work / "empty").write_bytes(b"")
    for words in [("put", "s.lode", "a", "zoo.bin"), ("import", "s.lode", "zoo.bin")]:
        bad = lode("rec", *words, "--flatbuffers", "zoo.bin", status=1)
        assert b"zoo.bin: not a binary schema of FlatBuffers" in bad.stderr
        assert b"flatc --binary --schema" in bad.stderr
        assert b"nothing" in lode("rec", *words, "--flatbuffers", "nothing", status=1).stderr
        lode("rec", *words, "--flatbuffers", "empty", status=1)
    flatc("-o", work, "--binary", "--schema", SCHEMAS / "tree.fbs")
    (work / "no_root.fbs").write_text("table T { x: int; }")
    flatc("-o", work, "--binary", "--schema", work / "no_root.fbs")
    bad = lode("rec", "put", "s.lode", "a", "zoo.bin", "--flatbuffers", "no_root.bfbs", status=1)
    assert b"no root_type" in bad.stderr
    assert not (work / "s.lode").exists()


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("how", [(), ("--bfbs-builtins", "--bfbs-comments")])
def test_other_schemas(lode, work, name, how):
    fbs, text = OTHERS[name]
    (work / f"{name}.fbs").write_text(fbs)
    (work / f"{name}.json").write_text(text)
    flatc("-o", work, "--binary", "--schema", *how, work / f"{name}.fbs")
    flatc("-o", work, "--binary", work / f"{name}.fbs", work / f"{name}.json")
    lode("rec", "put", "s.lode", "a", f"{name}.bin", "--flatbuffers", f"{name}.bfbs")
    lode("verify", "s.lode")


def test_herd(lode, work):
    """Vectors of unions, unions of structs and strings, structs of a larger alignment."""
    flatc("-o", work, "--binary", "--schema", "--bfbs-builtins", SCHEMAS / "herd.fbs")
    flatc("-o", work, "--binary", SCHEMAS / "herd.fbs", SCHEMAS / "herd.json")
    lode("rec", "put", "s.lode", "a", "herd.bin", "--flatbuffers", "herd.bfbs")


def test_verify_names_the_record(lode, work, zoo):
    """A store whose records another writer called FlatBuffers."""
    lode("rec", "put", "s.lode", "good", "zoo.bin", "--flatbuffers", "zoo.bfbs")
    kind = b"flatbuffers;base64," + base64.b64encode((work / "zoo.bfbs").read_bytes())
    assert kind in (work / "s.lode").read_bytes()
    lode("rec", "put", "p.lode", "good", "zoo.bin")
    lode("rec", "put", "p.lode", "bad one", stdin=b"\xFF" + zoo[1:])
    lode("rec", "put", "p.lode", "worse", stdin=b"text")
    plain = (work / "p.lode").read_bytes()
    (work / "p.lode").write_bytes(with_type(plain, kind))
    said = lode("verify", "p.lode", status=4).stderr.decode().splitlines()
    assert len(said) == 2
    for line, key in zip(said, ("bad one", "worse")):
        assert f"p.lode: record '{key}' breaks rule E-20: not a FlatBuffer of its schema" in line
    rows = [json.loads(line) for line in lode("verify", "--json", "p.lode", status=4).stdout.splitlines()]
    assert rows[-1]["findings"] == 2
    assert all((r["rule"], r["section"]) == ("E-20", "RHEP") for r in rows[:2])
    assert lode.out("rec", "get", "p.lode", "worse") == b"text"
    (work / "p.lode").write_bytes(with_type(plain, kind[:199]))
    said = lode("verify", "p.lode", status=4).stderr.decode()
    assert "type 1 of its records" in said

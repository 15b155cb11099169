"""Files that released versions made (tests/sealed) are read for ever."""
import importlib.util
import json
import random
import re
import shutil

import pytest
import spec_reader

import oracle
from conftest import REPO

SEALED = REPO / "tests/sealed"
STORES = sorted(SEALED.glob("[0-9]*/records/*.lode"))
INDEXES = sorted(set(SEALED.glob("[0-9]*/**/*.lode")) - set(STORES))
MADE = ("*.lode", "*.lode.m*")  # indexes and sets, and the members of these

spec = importlib.util.spec_from_file_location("make", SEALED / "make.py")
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)


def case(path):
    return str(path.relative_to(SEALED))


def sources(lode, index):
    """[(NAME, path of its text)]"""
    rows = [line.split("\t") for line in lode.out("ls", index).decode().splitlines()[1:]]
    return [(name.encode(), index.parent / path) for name, _, _, path in rows]


def first_of_each(records):
    """{name: sequence}: where names stand twice, the first answers."""
    return {name: seq for name, seq in reversed(records)}


def revision(data):
    """Format version and writer revision: where they are equal, equal input gives equal bytes. The
    own file of a set, and stores, have no revision."""
    return data[8:12], re.findall(rb"\nwriter=(\d+)\n", b"\n" + data)[:1]


def made(directory):
    """But for stores that zstd packed: its bytes are those of its version."""
    return [path for pattern in MADE for path in directory.rglob(pattern)
            if path.name not in ("zstd.lode", "blocks.lode")]


def test_every_kind_of_file_is_there(lode):
    assert SEALED / make.version(lode) in SEALED.iterdir(), "run tests/sealed/make.py"
    for version in {path.relative_to(SEALED).parts[0] for path in INDEXES}:
        names = {p.name for p in INDEXES if p.relative_to(SEALED).parts[0] == version}
        assert {f"{kind}.lode" for kind in ("index", "plain.fa", "masked.fa.gz", "masked_odd.fa.gz",
                                            "runs_of_n.fa.gz", "crlf.fa", "empty.fa", "digests.fa",
                                            "duplicates.fa", "protein.fa")} <= names
        if version != "0.1":
            assert {f"{kind}.lode" for kind in ("packed.fa.gz", "packed_kinds.fa", "small.fa.gz",
                                                "restart.fa.gz")} | {"all.lode"} <= names
        if version not in ("0.1", "0.2"):
            stores = {p.name for p in STORES if p.relative_to(SEALED).parts[0] == version}
            assert stores == {"raw.lode", "zstd.lode", "blocks.lode", "set.lode"}


@pytest.mark.parametrize("index", INDEXES, ids=case)
def test_sealed_index_is_whole(lode, index):
    lode("verify", "-q", "--full", index)


@pytest.mark.parametrize("index", INDEXES, ids=case)
def test_reads_of_sealed_index_are_the_text(lode, work, index):
    rng = random.Random(case(index))
    is_set = b"MSET" in index.read_bytes()[64:68]
    reader = None if is_set else spec_reader.Index(index, pages=True)
    for source, path in sources(lode, index):
        text = oracle.read_text(path)
        records = oracle.parse(text)
        bases = first_of_each(records)
        assert lode.out("export", index, "--fasta", source) == text
        listed = [line.split(b"\t") for line in lode.out("ls", index, source).splitlines()]
        assert [(row[0], int(row[1])) for row in listed] == [(n, len(s)) for n, s in records]

        regions = [(b"{%s}" % name, seq) for name, seq in bases.items()]
        regions += oracle.random_regions(rng, bases, 200, 6000)
        regions = [(source + b"::" + region, seq) for region, seq in regions]
        oracle.write_regions(work / "regions", regions)
        got = lode.out("get", index, "-r", work / "regions", "-n", "0")
        assert oracle.records_of(got) == regions
        for name, seq in bases.items() if reader else ():
            assert reader.fetch(name, 0, len(seq), source) == seq


@pytest.mark.parametrize("store", STORES, ids=case)
def test_sealed_records(lode, store):
    first, second = ((store.parent / name).read_bytes() for name in ("a.jsonl", "b.jsonl"))
    want = first
    if store.name == "set.lode":  # r50 to r59 came again; r7 was taken out
        kept = first.splitlines(True)[:50]
        want = b"".join(kept[:7] + kept[8:]) + second
    assert lode.out("rec", "export", "--lines", store) == want
    for line in want.splitlines():
        key = json.loads(line)["id"]
        assert lode.out("rec", "get", store, key) == line
    lode("verify", store)


@pytest.mark.parametrize("version", sorted({p.relative_to(SEALED).parts[0] for p in INDEXES}))
def test_building_again_gives_the_same_bytes(lode, work, version):
    shutil.copytree(SEALED / version, work / "d", ignore=shutil.ignore_patterns(*MADE))
    for name in make.inputs(work / "d"):
        make.index(lode, name, work / "d")
    compared = 0
    for index in made(SEALED / version):
        sealed = index.read_bytes()
        built = (work / "d" / index.relative_to(SEALED / version)).read_bytes()
        if revision(sealed) == revision(built):
            assert built == sealed, f"{index}: other bytes need another writer revision (SPEC 5.15)"
            compared += 1
    if version == make.version(lode):
        assert compared == len(made(SEALED / version)) == len(made(work / "d"))

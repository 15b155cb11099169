"""The reader of record stores and sets that was written from SPEC.md alone reads what was put."""
import json
import random

import pytest
import spec_sets
from spec_reader import LodeError

import gen
import oracle


def records(rng, n, least=0):
    """{key: bytes}: texts alike, so that they pack, and some of any bytes."""
    made = {}
    for i in range(n):
        text = b"".join(b'{"%s": %d}' % (rng.choice([b"liver", b"blood", b"cortex"]),
                                         rng.randrange(1000)) for _ in range(rng.randrange(40)))
        made[f"k{least + i:03d}"] = rng.randbytes(rng.randrange(900)) if i % 5 == 0 else text
    return made


def write_tree(folder, made):
    folder.mkdir()
    for key, content in made.items():
        (folder / key).write_bytes(content)
    return folder.name


def keys_of(lode, store):
    return [json.loads(line)["key"] for line in lode.out("rec", "ls", store, "--json").splitlines()]


@pytest.mark.parametrize("how", ["", "--codec zstd", "--codec zstd --shuffle 4", "--dict s.dict",
                                 "--codec blocks --block-size 3000"])
def test_every_record_of_a_store(lode, work, how):
    made = records(random.Random(how), 120)
    write_tree(work / "d", made)
    lode("rec", "train", "d", "-o", "s.dict", "--dict-size", "2048")
    lode("rec", "import", "-q", "s.lode", "d", *how.split())
    store = spec_sets.open_any(work / "s.lode", pages=True)
    assert store.count == len(made) and store.bytes == sum(map(len, made.values()))
    assert [store.row(i)[3].decode() for i in range(store.count)] == keys_of(lode, "s.lode")
    for key, content in made.items():
        assert store.record(store.number(key.encode())) == content
    for key in b"", b"k", b"k0000", b"nope":
        assert store.number(key) is None
    packed = {store.row(i)[1] for i in range(store.count)}
    assert (packed == {0}) == (how == "")


def test_stores_of_one_file(lode, work):
    for name in "ab":
        made = records(random.Random(name), 20)
        write_tree(work / name, made)
        lode("rec", "import", "-q", f"{name}.lode", name)
    lode("rec", "join", "two.lode", "x=a.lode", "y=b.lode")
    groups = spec_sets.Store(work / "two.lode", pages=True).groups
    stores = {s.name: s for s in (spec_sets.Store(work / "two.lode", group=g) for g in groups)}
    assert set(stores) == {b"x", b"y"}
    for name, store in (("a", stores[b"x"]), ("b", stores[b"y"])):
        for key, content in records(random.Random(name), 20).items():
            assert store.record(store.number(key.encode())) == content


@pytest.mark.parametrize("seed", range(4))
def test_sessions_of_a_set(lode, work, seed):
    """Puts, removals and imports by turns, against a list: what is put again goes to the end."""
    rng = random.Random(seed)
    made = records(rng, 30)
    write_tree(work / "d", made)
    codec = ["--codec", rng.choice(["raw", "zstd", "blocks"])]
    lode("rec", "import", "-q", "s.lode", "d", *codec)
    order = keys_of(lode, "s.lode")
    for step in range(8):
        what = rng.choice(["put", "rm", "import"])
        if what == "put":
            key, content = f"k{rng.randrange(40):03d}", rng.randbytes(rng.randrange(200))
            (work / "one").write_bytes(content)
            lode("rec", "put", "-q", "--add", "s.lode", key, "one")
            new = {key: content}
        elif what == "rm":
            gone = rng.sample(order, 3)
            lode("rec", "rm", "-q", "--add", "s.lode", *gone)
            order = [k for k in order if k not in gone]
            new = {}
        else:
            new = records(rng, 6, rng.randrange(60))
            write_tree(work / f"more{step}", new)
            lode("rec", "import", "-q", "--add", "s.lode", f"more{step}")
        made.update(new)
        added = keys_of(lode, "s.lode")[-len(new):] if new else []
        assert sorted(added) == sorted(new)
        order = [k for k in order if k not in new] + added
        check_set(spec_sets.open_any(work / "s.lode", pages=True), order, made)
        assert keys_of(lode, "s.lode") == order
    lode("rec", "compact", "-q", "s.lode")
    store = spec_sets.open_any(work / "s.lode", pages=True)
    assert [store.row(i)[3].decode() for i in range(store.count)] == order
    assert all(store.record(i) == made[key] for i, key in enumerate(order))


def check_set(found, order, made):
    assert isinstance(found, spec_sets.Set)
    places = found.places()
    at = [found.at(p) for p in places]
    assert [store.row(i)[3].decode() for store, i in at] == order
    for place, key, (store, i) in zip(places, order, at):
        assert found.place(key.encode()) == place
        assert store.record(i) == made[key]
    for key in set(made) - set(order):
        assert found.place(key.encode()) is None


def test_regions_of_a_set(lode, work):
    rng, texts = random.Random(16), {}
    for i in range(5):
        text = gen.genome(rng, scale=2000, names=b"g%d_%%d" % i).text() + b">both\nACGT%d\n" % i
        text = text.replace(b">empty", b">g%d_empty" % i)
        (work / f"g{i}.fa.gz").write_bytes(gen.bgzf(text))
        texts[f"g{i}"] = dict(oracle.parse(text))
    lode("index", "-q", "g0.fa.gz", "g1.fa.gz", "-o", "all.lode")
    for i in range(2, 5):
        lode("index", "-q", "--add", f"g{i}.fa.gz", "all.lode")
    found, compared = spec_sets.open_any(work / "all.lode", pages=True), 0
    assert len(found.members) == 4
    for source, bases in texts.items():
        for contig, seq in bases.items():
            begin = rng.randrange(len(seq) + 1)
            end = rng.randint(begin, min(len(seq), begin + 500))
            own = None if contig != b"both" and rng.random() < 0.5 else source
            assert found.fetch(contig, begin, end, own) == seq[begin:end]
            compared += 1
    assert compared > 20
    with pytest.raises(LodeError, match="AMBIGUOUS"):
        found.fetch("both", 0, 1)
    lode("get", "all.lode", "both", status=2)
    for contig, source in ("nope", None), ("both", "nope"), ("g0_0", "g1"):
        with pytest.raises(LodeError, match="NOT_FOUND"):
            found.fetch(contig, 0, 0, source)


def test_flipped_bits_are_found_by_both(lode, work):
    rng = random.Random(61)
    write_tree(work / "d", records(rng, 40))
    lode("rec", "import", "-q", "s.lode", "d")
    (work / "one").write_bytes(b"content")
    lode("rec", "put", "-q", "--add", "s.lode", "new", "one")
    files = sorted(p for p in work.iterdir() if p.name.startswith("s.lode"))
    assert len(files) == 3
    for path in files:
        good = path.read_bytes()
        for _ in range(15):
            at = rng.randrange(len(good))
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:])
            with pytest.raises(LodeError):
                spec_sets.open_any(work / "s.lode", pages=True)
            assert lode.run("verify", "-q", "s.lode").returncode in (1, 4, 5), (path, at)
        path.write_bytes(good)


def test_a_member_that_was_changed_or_is_gone(lode, work):
    write_tree(work / "d", records(random.Random(3), 10))
    lode("rec", "import", "-q", "s.lode", "d")
    (work / "one").write_bytes(b"content")
    lode("rec", "put", "-q", "--add", "s.lode", "new", "one")
    member = next(p for p in work.iterdir() if ".lode.m" in p.name)
    good = member.read_bytes()
    lode("rec", "import", "-q", "other.lode", "one")
    member.write_bytes((work / "other.lode").read_bytes())
    with pytest.raises(LodeError, match="STALE"):
        spec_sets.open_any(work / "s.lode")
    member.unlink()
    with pytest.raises(LodeError, match="MISSING"):
        spec_sets.open_any(work / "s.lode")
    member.write_bytes(good)
    assert lode.out("rec", "get", "s.lode", "new") == b"content"
    assert spec_sets.open_any(work / "s.lode").place(b"new") == 10

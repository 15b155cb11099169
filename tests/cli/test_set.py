"""Sets from the command line: what was added piece by piece answers as samtools does on the files,
and records of a set as those of one file."""

import json
import random
import shutil
import struct

import gen
import oracle
import pytest
from sealing import reseal, section


def members(path):
    return sorted(p.name for p in path.iterdir() if ".lode.m" in p.name)


@pytest.fixture
def genomes(work, lode):
    """Five files; the first two in one index, the others added one by one."""
    rng = random.Random(19)
    texts = {}
    for i in range(5):
        name = f"g{i}.fa" + (".gz" if i % 2 else "")
        text = gen.genome(rng, scale=4000, names=b"g%d_%%d" % i).text()
        text = text.replace(b">empty", b">g%d_empty" % i)
        (work / name).write_bytes(gen.bgzf(text) if i % 2 else text)
        texts[name] = dict(oracle.parse(text))
    lode("index", "-q", "g0.fa", "g1.fa.gz", "-o", "all.lode")
    for name in list(texts)[2:]:
        lode("index", "-q", "--add", name, "all.lode")
    return texts


def test_regions_against_samtools(lode, work, genomes):
    for name, bases in genomes.items():
        regions = [f"{contig.decode()}:{a}-{a + 80}" for contig, seq in bases.items() if seq
                   for a in range(1, max(2, len(seq) - 100), 977)]
        assert lode.out("get", "all.lode", *regions) == oracle.samtools(work / name, *regions)


def test_exports_are_those_of_one_index(lode, work, genomes):
    lode("index", "-q", *genomes, "-o", "one.lode")
    for form in ("ls", "stat"):
        one, many = (lode.out(form, index, "--json") for index in ("one.lode", "all.lode"))
        drop = ("index", "content_id", "index_size", "members", "format_minor", "sections")
        a, b = ([{k: v for k, v in json.loads(line).items() if k not in drop}
                 for line in out.splitlines()] for out in (one, many))
        assert a == b
    for name in genomes:
        stem = name.split(".")[0]
        for form in ("--fai", "--dict", "--sizes", "--fasta", "--gaps", "--mask"):
            done = lode.run("export", "all.lode", form, stem)
            assert (done.returncode, done.stdout) == (0, lode.out("export", "one.lode", form, stem))


def test_stat_names_the_files(lode, genomes):
    assert json.loads(lode.out("stat", "--json", "all.lode"))["members"] == 4
    assert b"files        4" in lode.out("stat", "all.lode")
    lode("verify", "--full", "all.lode")


def test_last_argument_or_output(lode, work):
    (work / "a.fa").write_bytes(b">a\nACGT\n")
    (work / "b.fa").write_bytes(b">b\nACGT\n")
    done = lode("index", "--add", status=2)
    done = lode("index", "--add", "a.fa", status=2)
    assert b"--add takes inputs" in done.stderr
    lode("index", "--add", "a.fa", "-o", "s.lode")  # nothing there: an index by itself
    assert members(work) == []
    lode("index", "--add", "b.fa", "-o", "s.lode")
    assert len(members(work)) == 2
    assert lode.out("get", "s.lode", "b", "a") == b">b\nACGT\n>a\nACGT\n"
    done = lode("index", "--add", "b.fa", "s.lode")
    assert b"1 reused" in done.stderr and len(members(work)) == 2
    (work / "b.fa").write_bytes(b">b\nACGA\n")
    assert b"b" in lode("index", "--add", "b.fa", "s.lode", status=1).stderr


def test_index_that_a_directory_or_a_fasta_stands_for(lode, work):
    (work / "d").mkdir()
    for name in ("a.fa", "b.fa", "c.fa", "d/x.fa"):
        (work / name).write_text(f">{name}\nACGT\n")
    lode("index", "-q", "d")
    lode("index", "-q", "a.fa")
    before = (work / "a.fa").read_bytes()
    for given, index, added in (("d", "d/index.lode", "b.fa"), ("d/", "d/index.lode", "c.fa"),
                                ("a.fa", "a.fa.lode", "b.fa"), ("a.fa.lode", "a.fa.lode", "c.fa")):
        lode("index", "-q", "--add", added, given)
        assert lode.out("get", index, added) == f">{added}\nACGT\n".encode()
    assert lode.out("get", "d", "d/x.fa", "b.fa").count(b">") == 2
    assert (work / "a.fa").read_bytes() == before
    lode("index", "-q", "d/x.fa", "-o", "other.idx")  # by any name
    lode("index", "-q", "--add", "c.fa", "other.idx")
    assert lode.out("get", "other.idx", "c.fa") == b">c.fa\nACGT\n"


def test_no_index_to_add_to(lode, work):
    (work / "d").mkdir()
    for name in ("a.fa", "b.fa"):
        (work / name).write_text(f">{name}\nACGT\n")
    before = {p.name for p in work.rglob("*")}
    for given, looked_for in (("d", "d/index.lode"), ("b.fa", "b.fa.lode"),
                              ("gone.fa", "gone.fa.lode")):
        done = lode("index", "--add", "a.fa", given, status=1)
        assert looked_for.encode() in done.stderr and b"remove" not in done.stderr
    assert b"d/tracks.lode" in lode("index", "--add", "--track", "f32", "t.track.gz", "d",
                                    status=1).stderr
    assert {p.name for p in work.rglob("*")} == before
    (work / "empty").touch()  # as mktemp leaves it
    lode("index", "-q", "--add", "a.fa", "empty")
    assert lode.out("get", "empty", "a.fa") == b">a.fa\nACGT\n"


def test_set_replaced_by_a_part_of_it(lode, work):
    names = [f"g{i}.fa" for i in range(6)]
    for name in names:
        (work / name).write_text(f">{name}\nACGT\n")
    lode("index", "-q", "g0.fa")
    for name in names[1:]:
        lode("index", "-q", "--add", name, "g0.fa")
    done = lode("index", "-q", "g0.fa", "g4.fa", "-o", "g0.fa.lode")
    assert done.stderr == (b"lode: warning: 4 of 6 sources of the set that is replaced are not among "
                           b"the inputs: g1.fa, g2.fa, g3.fa and 1 more; 'lode index --add' brings "
                           b"them back\n")
    done = lode("index", "-q", "--add", "g0.fa", "g1.fa", "g0.fa")
    assert not done.stderr
    # nothing is lost
    assert not lode("index", "-q", *names, "-o", "g0.fa.lode").stderr
    lode("index", "-q", "g0.fa")
    lode("index", "-q", "--add", "g1.fa", "g0.fa")
    text = lode("compress", "-q", "--index", "g0.fa", "-o", "g0.fa.gz").stderr
    assert not text
    lode("index", "-q", "--add", "g1.fa", "g0.fa.gz")
    (work / "g0.fa.gz").unlink()
    text = lode("compress", "-q", "--index", "g0.fa", "-o", "g0.fa.gz").stderr
    assert b"1 of 2 sources" in text and b": g1.fa; 'lode index --add' brings it back" in text


def test_moved_with_its_files(lode, work, genomes):
    there = work / "elsewhere"
    there.mkdir()
    for path in work.iterdir():
        if path.is_file():
            shutil.copy(path, there)
    for path in work.glob("*.lode*"):
        path.unlink()
    contig = next(iter(genomes["g4.fa"])).decode()
    assert lode.out("get", "elsewhere/all.lode", contig) == oracle.samtools(work / "g4.fa", contig)
    (there / members(there)[0]).unlink()
    done = lode("get", "elsewhere/all.lode", contig, status=1)
    assert b"gone" in done.stderr and b"all.lode.m" in done.stderr


def test_packed_members(lode, work, genomes):
    text = b">p1 here\nACGTNNNNacgt\nAC\n"
    (work / "p.fa").write_bytes(text)
    lode("index", "-q", "--pack", "--add", "p.fa", "all.lode")
    (work / "p.fa").unlink()
    assert lode.out("get", "all.lode", "p1:3-10") == b">p1:3-10\nGTNNNNac\n"
    assert b"packed" in lode("index", "g0.fa", "-o", "all.lode", status=2).stderr


def test_tracks_and_sequence_are_not_added_to_one_another(lode, work):
    for i in "12":
        (work / f"t{i}.track.gz").write_bytes(gen.bgzf(bytes(12)))
        (work / f"t{i}.track.gz.idx").write_text("a\t0\n\t12\n")
        (work / f"g{i}.fa").write_text(f">g{i}\nACGT\n")
    lode("index", "-q", "--add", "g1.fa", "g.lode")
    lode("index", "-q", "--add", "--track", "f32", "t1.track.gz", "t.lode")
    before = {p.name: p.read_bytes() for p in work.glob("*.lode*")}
    done = lode("index", "--add", "--track", "f32", "t2.track.gz", "g.lode", status=2)
    assert b"g.lode: is an index of sequence" in done.stderr
    done = lode("index", "--add", "g2.fa", "t.lode", status=2)
    assert b"t.lode: is an index of tracks" in done.stderr
    assert {p.name: p.read_bytes() for p in work.glob("*.lode*")} == before
    lode("index", "-q", "--add", "--track", "i16", "t2.track.gz", "t.lode")
    lode("index", "-q", "--add", "g2.fa", "g.lode")
    assert len(members(work)) == 4
    assert lode.out("get", "g.lode", "g2") == b">g2\nACGT\n"


# ---- records -----------------------------------------------------------------------------------


def keys_of(lode, store):
    return [json.loads(line)["key"] for line in lode.out("rec", "ls", "--json", store).splitlines()]


def test_records_beside_the_store(lode, work):
    want = {}
    lode("rec", "put", "s.lode", "first", stdin=b"1")
    want["first"] = b"1"
    size = (work / "s.lode").stat().st_size
    for i in range(12):
        lode("rec", "put", "--add", "s.lode", f"k{i % 8}", stdin=b"v%d" % i)
        want.pop(f"k{i % 8}", None)
        want[f"k{i % 8}"] = b"v%d" % i
    assert len(members(work)) == 13
    assert (work / members(work)[0]).stat().st_size < 2 * size
    lode("rec", "rm", "s.lode", "k3", "first")  # adds from then on, asked or not
    del want["k3"], want["first"]
    assert len(members(work)) == 13
    assert keys_of(lode, "s.lode") == list(want)
    for key, value in want.items():
        assert lode.out("rec", "get", "s.lode", key) == value
    assert b"no record" in lode("rec", "get", "s.lode", "k3", status=3).stderr
    told = json.loads(lode.out("stat", "--json", "s.lode"))
    assert (told["records"], told["members"], told["dead"]) == (7, 13, 6)
    assert b"until 'lode rec compact'" in lode.out("stat", "s.lode")
    lode("verify", "s.lode")
    lode("rec", "export", "s.lode", "out")
    assert {p.name: p.read_bytes() for p in (work / "out").iterdir()} == want
    lode("rec", "compact", "s.lode")
    assert members(work) == []
    assert keys_of(lode, "s.lode") == list(want)
    assert json.loads(lode.out("stat", "--json", "s.lode"))["members"] == 0


def test_import_beside_the_store(lode, work):
    lines = [b'{"id": "k%d", "n": %d}\n' % (i, i) for i in range(300)]
    (work / "a.jsonl").write_bytes(b"".join(lines[:200]))
    (work / "b.jsonl").write_bytes(b"".join(lines[150:]))
    lode("rec", "import", "s.lode", "a.jsonl", "--key", "id", "--codec", "zstd")
    done = lode("rec", "import", "--add", "--no-replace", "s.lode", "b.jsonl", "--key", "id",
                status=1)
    assert b"k150" in done.stderr and members(work) == []
    done = lode("rec", "import", "--add", "s.lode", "b.jsonl", "--key", "id")
    assert b"50 replaced" in done.stderr and len(members(work)) == 2
    assert lode.out("rec", "export", "--lines", "s.lode") == b"".join(lines)



def test_a_name_in_two_members(lode, work):
    """No builder makes such a set: the row of a member is turned to another index, whose source has
    the NAME of the first."""
    (work / "d").mkdir()
    for name, bases in ("a.fa", "ACGT"), ("b.fa", "AAAA"), ("d/a.fa", "CCCC"):
        (work / name).write_text(f">{name[0]}\n{bases}\n")
    lode("index", "-q", "a.fa", "-o", "all.lode")
    lode("index", "-q", "--add", "b.fa", "all.lode")
    lode("index", "-q", "d/a.fa", "-o", "other.lode")
    lode("verify", "-q", "all.lode")
    data, other = bytearray((work / "all.lode").read_bytes()), (work / "other.lode").read_bytes()
    (rows, _), (names, size) = section(data, b"MSET"), section(data, b"MSTR")
    content, = struct.unpack_from("<Q", other, 40)
    struct.pack_into("<2Q", data, rows + 64 + 16, content, len(other))
    old = bytes(data[names:names + size]).split(b"\0")[1]
    data[names + size - 17:names + size - 1] = b"%016x" % content
    (work / f"all.lode.m{content:016x}").write_bytes(other)
    assert old.startswith(b"all.lode.m") and len(old) == 26
    (work / "all.lode").write_bytes(reseal(data))
    done = lode.run("verify", "all.lode")
    assert done.returncode == 4 and b"M-12" in done.stderr + done.stdout
    assert b"'a'" in done.stderr + done.stdout


@pytest.mark.parametrize("size", [4095, 4096, 4097, 100_000])
def test_a_long_name_in_two_members(lode, work, size):
    """Names have no limit; what is told of them has."""
    for name, bases in ("a.fa", "ACGT"), ("b.fa", "AAAA"), ("c.fa", "CCCC"):
        (work / name).write_text(f">{name[0]}\n{bases}\n")
        (work / f"{name}.names").write_text(f"{name}\t{'x' * size if name != 'b.fa' else 'b'}\n")
    lode("index", "-q", "--names", "a.fa.names", "a.fa", "-o", "all.lode")
    lode("index", "-q", "--add", "--names", "b.fa.names", "b.fa", "all.lode")
    lode("index", "-q", "--names", "c.fa.names", "c.fa", "-o", "other.lode")
    data, other = bytearray((work / "all.lode").read_bytes()), (work / "other.lode").read_bytes()
    (rows, _), (names, length) = section(data, b"MSET"), section(data, b"MSTR")
    content, = struct.unpack_from("<Q", other, 40)
    struct.pack_into("<2Q", data, rows + 64 + 16, content, len(other))
    data[names + length - 17:names + length - 1] = b"%016x" % content
    (work / f"all.lode.m{content:016x}").write_bytes(other)
    (work / "all.lode").write_bytes(reseal(data))
    done = lode.run("verify", "all.lode")
    assert done.returncode == 4 and b"M-12" in done.stderr + done.stdout


def test_a_set_that_was_renamed_or_copied_keeps_its_files(lode, work):
    """Whoever gets the old name removes files that no set names, and no others."""
    def put(store, key):
        lode("rec", "put", "-q", "--add", store, key, stdin=f"{store} {key}".encode())

    lode("rec", "put", "-q", "log.lode", "a", stdin=b"log.lode a")
    put("log.lode", "b"), put("log.lode", "c")
    (work / "log.lode").rename(work / "old.lode")
    lode("rec", "put", "-q", "log.lode", "a", stdin=b"new")
    put("log.lode", "d")
    lode("rec", "compact", "-q", "log.lode")
    for store in ("old.lode", "bak.lode"):
        assert lode.out("rec", "get", store, "a", "b", "c") == b"log.lode alog.lode blog.lode c"
        lode("verify", "-q", store)
        shutil.copy(work / "old.lode", work / "bak.lode")
        lode("rec", "compact", "-q", "old.lode") if store == "old.lode" else None
    (work / "bak.lode").unlink()
    put("log.lode", "e")
    lode("rec", "compact", "-q", "log.lode")
    assert sorted(p.name for p in work.iterdir()) == ["log.lode", "old.lode"]
    assert lode.out("rec", "get", "log.lode", "a", "d", "e") == b"newlog.lode dlog.lode e"

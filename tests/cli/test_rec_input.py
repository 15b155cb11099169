"""lode rec import and lode get -b: an input is taken as it is, to its last byte, or refused."""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

LINES = [b'{"id": "a", "n": 1}\n', b'{"id": "b", "n": 2}\n']
READS = [b"@r1\nACGT\n+\nIIII\n", b"@r2\nAC\n+\nII\n"]
BED = [b"c\t0\t4\n", b"c\t4\t8\n"]
FIRST_OF_MAGIC, SECOND_OF_MAGIC, METHOD = 0, 1, 2


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_bytes(b">c\nACGTTTTT\n")


def records(lode, store):
    """Contents by key, in order."""
    rows = [json.loads(line) for line in lode.out("rec", "ls", store, "--json").splitlines()]
    return {row["key"]: lode.out("rec", "get", store, "--number", str(row["number"]))
            for row in rows}


def imported(lode, *inputs, store="s.lode"):
    lode("rec", "import", store, *inputs)
    return records(lode, store)


def refused(lode, *inputs):
    """What is said when an input is refused: and nothing is published."""
    done = lode("rec", "import", "bad.lode", *inputs, status=1)
    assert not [name for name in os.listdir() if "bad.lode" in name]
    return done.stderr


# ---- tars ---------------------------------------------------------------------------------------


@pytest.fixture
def tars(lode):
    """Skips where tars cannot be read."""
    with tarfile.open("probe.tar", "w"):
        pass
    if b"without libarchive" in lode.run("rec", "import", "probe.lode", "probe.tar").stderr:
        pytest.skip("this lode was built without libarchive")


def write_tar(path, members, mode="w", form=tarfile.GNU_FORMAT):
    """Members: (name, bytes), or (name, (type, target))."""
    with tarfile.open(path, mode, format=form) as tar:
        for name, what in members:
            info = tarfile.TarInfo(name)
            if isinstance(what, bytes):
                info.size = len(what)
                tar.addfile(info, io.BytesIO(what))
            else:
                info.type, info.linkname = what
                tar.addfile(info)


def link(target):
    return (tarfile.LNKTYPE, target)


@pytest.mark.parametrize("form", ["gnu", "ustar", "pax"])
def test_hard_links(lode, tars, form):
    long = "d/" + "n" * (150 if form != "ustar" else 60)
    os.mkdir("d")
    Path("d/a").write_bytes(b"content of a" * 999)
    Path(long).write_bytes(b"long")
    Path("d/other").write_bytes(b"other")
    os.link("d/a", "d/b")
    os.link("d/a", "d/c")
    os.link(long, "d/z")
    subprocess.run(["tar", "cf", "t.tar", f"--format={form}", "--sort=name", "./d"], check=True)
    expected = {str(p): p.read_bytes() for p in sorted(Path("d").iterdir())}
    assert imported(lode, "t.tar") == expected
    subprocess.run(["gzip", "-k", "t.tar"], check=True)
    assert imported(lode, "t.tar.gz", store="z.lode") == expected


def test_links_to_what_stands_before(lode, tars):
    """A link means the nearest member of its target's name; its record stands where it does."""
    write_tar("t.tar", [("x", b"0"), ("l0", link("./x")), ("./x2", b"two"), ("chain", link("l0")),
                        ("m", b""), ("none", link("m")), ("l2", link("x2"))])
    got = imported(lode, "t.tar")
    assert list(got.items()) == [("x", b"0"), ("l0", b"0"), ("x2", b"two"), ("chain", b"0"),
                                 ("m", b""), ("none", b""), ("l2", b"two")]
    write_tar("twice.tar", [("x", b"old"), ("x", b"new"), ("l", link("x")), ("x", b"newest")])
    lode("rec", "import", "n.lode", "twice.tar", "--no-keys")
    assert lode.out("rec", "export", "n.lode", "--lines") == b"old\nnew\nnew\nnewest\n"


def test_same_file_twice_in_a_tar(lode, tars):
    Path("a").write_bytes(b"once")
    subprocess.run(["tar", "cf", "t.tar", "a", "a"], check=True)
    assert imported(lode, "t.tar") == {"a": b"once"}


def test_links_with_their_own_bytes(lode, tars):
    """As pax allows, and as cpio and bsdtar may write."""
    with tarfile.open("t.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("l")
        info.type, info.linkname, info.pax_headers = tarfile.LNKTYPE, "gone", {"comment": "pax"}
        info.size = 5
        tar.addfile(info)
        tar.fileobj.write(b"bytes".ljust(512, b"\0"))
        tar.offset += 512
    assert imported(lode, "t.tar") == {"l": b"bytes"}


@pytest.mark.parametrize("members", [
    [("x", b"0"), ("lost", link("gone"))],
    [("x", b"0"), ("lost", link("later")), ("later", b"1")],
    [("lost", link("lost"))],
])
def test_links_to_nothing(lode, tars, members):
    write_tar("t.tar", members)
    assert b"t.tar: lost: a hard link to '" in refused(lode, "t.tar")


def test_links_to_what_is_no_file(lode, tars):
    write_tar("t.tar", [("s", (tarfile.SYMTYPE, "x")), ("l", link("s")), ("x", b"0")])
    done = lode("rec", "import", "s.lode", "t.tar")
    assert b"t.tar: left out: 2 that are no regular files" in done.stderr
    assert b"the first is 's'" in done.stderr
    assert records(lode, "s.lode") == {"x": b"0"}


@pytest.mark.parametrize("links", [[], [("l", link("x"))]])
def test_what_is_left_out_of_a_tar(lode, tars, links):
    """It is told, once, also where a hard link has the tar read again."""
    write_tar("t.tar", [("d", (tarfile.DIRTYPE, "")), ("d/s", (tarfile.SYMTYPE, "x")), ("x", b"0"),
                        ("p", (tarfile.FIFOTYPE, "")), *links, ("c", (tarfile.CHRTYPE, ""))])
    done = lode("rec", "import", "-q", "s.lode", "t.tar")
    assert done.stderr == (b"lode: warning: t.tar: left out: 3 that are no regular files (symbolic "
                           b"links, pipes, devices), the first is 'd/s'\n")
    assert records(lode, "s.lode") == {"x": b"0"} | {name: b"0" for name, _ in links}
    write_tar("t.tar", [("d", (tarfile.DIRTYPE, "")), ("x", b"0"), *links])
    assert not lode("rec", "import", "-q", "t.lode", "t.tar").stderr


def test_what_is_left_out_of_a_directory(lode):
    """Links are followed: a record of each."""
    os.mkdir("d")
    Path("d/x").write_bytes(b"0")
    os.symlink("x", "d/s")
    os.mkfifo("d/p")
    done = lode("rec", "import", "-q", "s.lode", "d")
    assert done.stderr == b"lode: warning: d/p: left out: not a regular file\n"
    assert records(lode, "s.lode") == {"s": b"0", "x": b"0"}


def test_links_in_a_pipe(lode, tars):
    write_tar("whole.tar", [("x", b"0"), ("lost", link("x"))])
    os.mkfifo("p.tar")
    with subprocess.Popen(["cp", "whole.tar", "p.tar"]) as writer:
        assert b"p.tar: lost: a hard link" in refused(lode, "p.tar")
        writer.wait()


def test_hole_that_is_only_claimed(lode, tars):
    """A header of 512 bytes asks for no memory that is not there."""
    with open("bomb", "wb") as f:
        f.truncate(3 << 40)
    subprocess.run(["tar", "cSf", "bomb.tar", "bomb"], check=True)
    assert b"more than 1 GiB" in lode("rec", "import", "s.lode", "bomb.tar", status=1).stderr
    assert not os.path.exists("s.lode")


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_holes(lode, tars, form):
    for name, content, size in [("hole", b"", 1 << 20), ("tail", b"x" * 5000, 1 << 20),
                                ("odd", b"", 4097), ("head", b"", 1 << 20)]:
        Path(name).write_bytes(content)
        os.truncate(name, size)
    with open("head", "ab") as f:
        f.write(b"end")
    names = ["hole", "tail", "odd", "head"]
    subprocess.run(["tar", "cSf", "t.tar", f"--format={form}", *names], check=True)
    assert os.path.getsize("t.tar") < 100_000
    got = imported(lode, "t.tar")
    assert list(got) == names
    for name in names:
        assert got[name] == Path(name).read_bytes()


def tar_parts(tmp_tar="parts.tar"):
    """A tar cut where its members begin: those, and its end."""
    write_tar(tmp_tar, [("a", b"A" * 700), ("b", b"B" * 5), ("c", b"C")])
    text = Path(tmp_tar).read_bytes()
    return [text[:1536], text[1536:2560], text[2560:3584], text[3584:]]


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_damage_at_the_border_of_a_member(lode, tars, packer, cut):
    """Where a stream and a member of the tar end together, what comes is no garbage."""
    parts = tar_parts()
    first = PACKERS[packer](b"".join(parts[:cut]))
    second = bytearray(PACKERS[packer](b"".join(parts[cut:])))
    name = f"t.tar.{packer}"
    Path(name).write_bytes(first + second)
    assert list(imported(lode, name)) == ["a", "b", "c"]
    for at in range(4):
        bad = bytearray(second)
        bad[at] ^= 0x40
        Path(name).write_bytes(first + bad)
        assert name.encode() in refused(lode, name)
    os.mkfifo("p.tar")
    with subprocess.Popen(["cp", name, "p.tar"], stderr=subprocess.DEVNULL) as writer:
        assert b"p.tar: cannot read" in refused(lode, "p.tar")
        writer.wait()


@pytest.mark.parametrize("name", ["t.tar.gz", "t.tgz"])
def test_tail_behind_a_tar(lode, tars, name):
    parts = tar_parts()
    for members in [[b"".join(parts)], parts]:
        whole = b"".join(gzip.compress(part) for part in members)
        for n, padding in enumerate([0, 1, 511, 600_000]):
            Path(name).write_bytes(whole + b"\0" * padding)
            assert list(imported(lode, name, store=f"{len(members)}.{n}.lode")) == ["a", "b", "c"]
        for tail in TAILS.values():
            Path(name).write_bytes(whole + tail)
            assert name.encode() in refused(lode, name)
        bad = bytearray(whole)
        bad[-5] ^= 1  # the size of the last member, whose bytes may all be padding
        Path(name).write_bytes(bad)
        assert b"damaged gzip data" in refused(lode, name)


@pytest.mark.parametrize("packer", [*PACKERS, None])
def test_tars_one_behind_the_other(lode, tars, packer):
    pack = PACKERS.get(packer, bytes)
    write_tar("1.tar", [("a", b"A"), ("b", b"B")])
    write_tar("2.tar", [("c", b"C"), ("l", link("a"))])
    both = [Path(name).read_bytes() for name in ["1.tar", "2.tar"]]
    name = "t.tar" + (f".{packer}" if packer else "")
    Path(name).write_bytes(b"".join(pack(tar) for tar in both))
    assert imported(lode, name) == {"a": b"A", "b": b"B", "c": b"C", "l": b"A"}
    Path(name).write_bytes(pack(both[0] + b"more".ljust(512)))
    refused(lode, name)


# ---- keys ---------------------------------------------------------------------------------------


def test_keys_with_nul(lode):
    Path("x.jsonl").write_bytes(b'{"k": "a\\u0000b"}\n{"k": "a"}\n{"k": ""}\n{"k": -7}\n')
    lode("rec", "import", "s.lode", "x.jsonl", "--key", "k")
    assert list(records(lode, "s.lode")) == ["a\0b", "a", "", "-7"]
    reads = [b"@a\0b c\nAC\n+\nII\n", b"@a\nAC\n+\nII\n", b"@\0\tx\nAC\n+\nII\n"]
    Path("r.fq").write_bytes(b"".join(reads))
    assert imported(lode, "r.fq", store="r.lode") == dict(zip(["a\0b", "a", "\0"], reads))


# ---- gzip ---------------------------------------------------------------------------------------


def damaged(parts, at, byte=None):
    """Members, the second one with a wrong byte."""
    first, second = (gzip.compress(part, mtime=0) for part in parts)
    second = bytearray(second)
    second[at] = second[at] ^ 1 if byte is None else byte
    return first + bytes(second)


TAILS = {"member behind zeros": b"\0\0" + gzip.compress(b"x"),
         "byte behind zeros": b"\0" * 600_000 + b"x",
         "garbage": b"garbage", "newline": b"\n", "half a magic": b"\x1f", "magic": b"\x1f\x8b",
         "cut member": gzip.compress(b"x")[:-1]}
INPUTS = {"x.jsonl.gz": LINES, "r.fastq.gz": READS, "b.gz": BED}


def take(lode, name, path=None, **options):
    if name == "b.gz":
        return lode.run("get", "g.fa", "-b", path or name, **options)
    return lode.run("rec", "import", "bad.lode", path or name)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("at", [FIRST_OF_MAGIC, SECOND_OF_MAGIC, METHOD])
def test_damaged_member(lode, name, at):
    lode("index", "g.fa")
    Path(name).write_bytes(damaged(INPUTS[name], at))
    done = take(lode, name)
    assert done.returncode == 1
    assert name.encode() in done.stderr and b"damaged gzip data" in done.stderr
    assert not os.path.exists("bad.lode")


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_tail_behind_a_member(lode, name, tail):
    lode("index", "g.fa")
    Path(name).write_bytes(gzip.compress(INPUTS[name][0]) + tail)
    done = take(lode, name)
    assert done.returncode == 1 and name.encode() in done.stderr
    assert not os.path.exists("bad.lode")


@pytest.mark.parametrize("name", [*INPUTS, "x.jsonl.bgz", "r.fq.bgz", "t.tar.gz", "t.tgz"])
def test_damaged_begin(lode, name, request):
    """A file that says it is gzip is not read as text."""
    if name.startswith("t."):
        request.getfixturevalue("tars")
    lode("index", "g.fa")
    write_tar("whole.tar", [("a", b"A")])
    kinds = {"b.gz": BED[0], "r": READS[0], "x": LINES[0], "t": Path("whole.tar").read_bytes()}
    text = kinds[name if name == "b.gz" else name[0]]
    whole = gzip.compress(text)
    for bad in [b"\x1e" + whole[1:], whole[:1] + b"\x8a" + whole[2:], whole[:1], text, b""]:
        Path(name).write_bytes(bad)
        done = take(lode, name)
        assert done.returncode == 1 and not os.path.exists("bad.lode")
        assert name.encode() in done.stderr and b"not in gzip format, as its name" in done.stderr
    Path(name).write_bytes(whole)
    assert take(lode, name).returncode == 0


def test_damage_in_a_pipe(lode):
    lode("index", "g.fa")
    whole = b"".join(gzip.compress(part) for part in BED)
    assert take(lode, "b.gz", "-", stdin=whole).stdout.count(b">") == 2
    done = take(lode, "b.gz", "-", stdin=damaged(BED, FIRST_OF_MAGIC))
    assert done.returncode == 1 and b"stdin:2: cannot read: damaged gzip data" in done.stderr


@pytest.mark.parametrize("padding", [0, 1, 511, 600_000])
def test_whole_members_and_padding(lode, padding):
    """Also members without content, as the last block of BGZF is."""
    lode("index", "g.fa")
    for name, parts in INPUTS.items():
        members = [gzip.compress(part) for part in (b"", parts[0], b"", b"", parts[1], b"")]
        Path(name).write_bytes(b"".join(members) + b"\0" * padding)
    assert take(lode, "b.gz").stdout == b">c:1-4\nACGT\n>c:5-8\nTTTT\n"
    for name in ["x.jsonl.gz", "r.fastq.gz"]:
        store = name + ".lode"
        lode("rec", "import", store, name)
        text = lode.out("rec", "export", store, *(["--lines"] if "jsonl" in name else []))
        assert text == b"".join(INPUTS[name])


def test_damage_everywhere(lode):
    """No bit of the second member, but those that gzip ignores, passes with other lines."""
    lode("index", "g.fa")
    first, second = (gzip.compress(part, mtime=0) for part in BED)
    whole = take(lode, "b.gz", "-", stdin=first + second).stdout
    for bit in range(8 * len(second)):
        bad = bytearray(second)
        bad[bit // 8] ^= 1 << bit % 8
        done = take(lode, "b.gz", "-", stdin=first + bytes(bad))
        assert done.returncode != 0 or done.stdout == whole, bit


def test_long_lines_of_many_members(lode):
    lines = [json.dumps({"id": str(i), "x": "ab" * i * 50}).encode() for i in range(1, 400)]
    text = b"\n".join(lines)
    parts = [text[i:i + 70_001] for i in range(0, len(text), 70_001)]
    Path("x.jsonl.gz").write_bytes(b"".join(gzip.compress(part) for part in parts))
    Path("y.jsonl").write_bytes(text)
    for name in ["x.jsonl.gz", "y.jsonl"]:
        assert list(imported(lode, name, store=name + ".lode").values()) == lines
    Path("empty.jsonl").write_bytes(b"")
    assert imported(lode, "empty.jsonl", store="e.lode") == {}


# ---- the store itself ---------------------------------------------------------------------------


def test_store_in_its_own_directory(lode):
    os.makedirs("self/sub")
    Path("self/a").write_bytes(b"A")
    Path("self/sub/b.tmp").write_bytes(b"B")
    done = lode("rec", "import", "self/s.lode", "self")
    assert b"left out" not in done.stderr
    assert records(lode, "self/s.lode") == {"a": b"A", "sub/b.tmp": b"B"}


def test_store_that_goes_on_in_its_own_directory(lode):
    os.mkdir("self")
    lode("rec", "put", "self/s.lode", "first", stdin=b"1")
    Path("self/a").write_bytes(b"A")
    os.symlink("s.lode", "self/link.lode")
    done = lode("rec", "import", "self/s.lode", "self")
    assert b"self/s.lode: left out: it is the store" in done.stderr
    assert records(lode, "self/s.lode") == {"first": b"1", "a": b"A"}
    again = imported(lode, "self", store="other.lode")
    assert set(again) == {"a", "s.lode", "link.lode"}


def test_unfinished_files(lode):
    litter = ".x.lode.123.0123456789abcdef.tmp"
    names = ["x.tmp", ".123.0123456789abcdef.tmp", ".x.lode.123.0123456789abcde.tmp",
             ".x.lode.0123456789abcdef.tmp", ".x.lode.12a.0123456789abcdef.tmp", ".tmp",
             ".x.lode.123.0123456789abcdeg.tmp", "x.lode.123.0123456789abcdef.tmp"]
    os.mkdir("d")
    for name in [litter, *names]:
        Path("d", name).write_bytes(name.encode())
    done = lode("rec", "import", "s.lode", "d")
    assert f"d/{litter}: left out: an unfinished file".encode() in done.stderr
    assert records(lode, "s.lode") == {name: name.encode() for name in names}

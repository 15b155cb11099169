"""A build that takes rows from the index already there gives the bytes of one that scans everything,
whatever was added, taken away or changed."""
import os
import random
import re
import shutil
import struct
import subprocess

import pytest

import gen
import sealing
import spec_reader

POOL = 40


def text_of(rng, number, genome):
    """Names that many genomes share, names of its own, empty contigs, blank lines (gaps), all ends."""
    names = rng.sample([b"chr%d" % i for i in range(12)], rng.randrange(8))
    names += [b"g%d_%d" % (genome, i) for i in range(rng.randrange(6))]
    rng.shuffle(names)
    names += names[:1] if number % 5 == 0 else []  # a duplicate
    eol = rng.choice([b"\n", b"\r\n"])
    parts = []
    for name in names:
        seq = gen.real_like(rng, rng.choice([0, 1, 70, 3000]))
        parts.append(gen.Record(name, seq, rng.choice([50, 70, 5000])).text(eol))
        parts.append(eol * rng.randrange(3))
    return b"".join(parts)


def write_pool(root, rng):
    """Genomes by path; those of the pool that are not in the directory wait beside it."""
    paths = {}
    for i in range(POOL):
        sub = rng.choice(["", "a/", "m/n/", "z/"])
        paths[i] = root / f"{sub}{rng.randrange(1000):03}_{i}.fa{rng.choice(['', '.gz'])}"
    return paths


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gen.bgzf(text, 500) if path.suffix == ".gz" else text)


def reused(done):
    return int(re.search(rb"\((\d+) reused", done.stderr)[1])


def replace(index, data):
    """Other bytes under the time that a build gives an index of that content in this place."""
    begun = index.stat().st_mtime_ns // 10**6 * 10**6
    index.write_bytes(data)
    parts = struct.pack("<8s2Q", data[40:48], index.stat().st_ino, index.parent.stat().st_ino)
    mark = begun + (spec_reader.xxh64(parts) % 9999 + 1) * 100
    os.utime(index, ns=(mark, mark))


def assert_fresh(lode, index, *options):
    """The index is what a build without an older one makes."""
    built = index.read_bytes()
    assert reused(lode("index", "d", "--rescan", *options)) == 0
    assert index.read_bytes() == built


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("digest", [[], ["--digest"]], ids=["plain", "digest"])
def test_builds_on_top_of_each_other(lode, work, threads, digest):
    rng = random.Random(f"merge {threads} {digest}")
    options = ["--duplicates", "first", "-@", threads, *digest]
    paths = write_pool(work / "d", rng)
    there = set()
    for step in range(14):
        if step % 3 == 2:  # take some away, change one
            for i in rng.sample(sorted(there), rng.randrange(1, 4)):
                paths[i].unlink()
                there.discard(i)
            changed = rng.choice(sorted(there))
            put(paths[changed], text_of(rng, step, changed))
            kept = len(there) - 1
        else:
            kept = len(there)
            for i in rng.sample(sorted(set(paths) - there), rng.randrange(1, 6) if step else 2):
                put(paths[i], text_of(rng, step, i))
                there.add(i)
        done = lode("index", "d", *options)
        assert reused(done) == kept
        assert_fresh(lode, work / "d/index.lode", *options)
    lode("verify", "-q", "--full", "d")


def test_many_sources_between_many(lode, work):
    """More than a thread takes at a time, new ones at every place among old ones."""
    rng = random.Random(77)
    for i in range(300):
        put(work / f"d/{i:03}.fa", b">chr1\nACGT\n>own%d\nGGCC\n" % i)
    lode("index", "d")
    for i in sorted(rng.sample(range(300), 90)):
        put(work / f"d/{i:03}x.fa", b">chr1\nAC\n>new%d\nGG\n>own%d\nAA\n" % (i, 299 - i))
    assert reused(lode("index", "d", "-@", "2")) == 300
    assert_fresh(lode, work / "d/index.lode")


def test_from_one_source_to_two_and_back(lode, work):
    put(work / "d/a.fa", b">x\nACGT\n")
    lode("index", "d")
    put(work / "d/b.fa", b">x\nACGT\n>y\nAC\n")
    assert reused(lode("index", "d")) == 1
    assert_fresh(lode, work / "d/index.lode")
    (work / "d/a.fa").unlink()
    assert reused(lode("index", "d")) == 1
    assert_fresh(lode, work / "d/index.lode")


def test_resealing_is_what_a_build_does(lode, work):
    put(work / "d/a.fa", b">x\nACGT\n")
    lode("index", "d")
    built = (work / "d/index.lode").read_bytes()
    assert sealing.reseal(built) == built


def swap_two(data, off, rows):
    full = [i for i in range(rows) if data[off + 8 * i:off + 8 * i + 8] != bytes(8)]
    a, b = off + 8 * full[0], off + 8 * full[1]
    data[a:a + 8], data[b:b + 8] = data[b:b + 8], data[a:a + 8]


def other_tag(data, off, rows):
    full = [i for i in range(rows) if data[off + 8 * i:off + 8 * i + 8] != bytes(8)]
    data[off + 8 * full[-1] + 7] ^= 1


def far_ordinal(data, off, rows):
    full = [i for i in range(rows) if data[off + 8 * i:off + 8 * i + 8] != bytes(8)]
    data[off + 8 * full[0] + 4] = 0x7F


@pytest.mark.parametrize("harm", [swap_two, other_tag, far_ordinal])
def test_name_table_that_no_build_makes_is_not_built_upon(lode, work, harm):
    for i in range(20):
        put(work / f"d/{i}.fa", b">chr1\nACGT\n>own%d\nGG\n" % i)
    lode("index", "d")
    index = work / "d/index.lode"
    data = bytearray(index.read_bytes())
    off, length = sealing.section(data, b"GNAM")
    harm(data, off, length // 8 - 1)
    replace(index, sealing.reseal(data))
    put(work / "d/new.fa", b">chr1\nACGT\n>mine\nGG\n")
    # rows are taken all the same, the table is made anew
    assert reused(lode("index", "d")) == 20
    assert_fresh(lode, index)


def test_source_of_another_name_is_scanned(lode, work):
    for i in range(4):
        put(work / f"d/{i}.fa", b">chr1\nACGT\n")
    lode("index", "d")
    (work / "names.tsv").write_text("d/2.fa\tsecond\n")
    assert reused(lode("index", "d", "--names", "names.tsv")) == 3
    assert_fresh(lode, work / "d/index.lode", "--names", "names.tsv")


# ------------------------------------------------------------------- what hides from a look --
#
# Two files of one size and the same ends, so that size and fingerprint do not tell them apart.

def twins():
    rng = random.Random(8)
    ends = [gen.Record(name, gen.dna(rng, 9000)).text() for name in (b"head", b"tail")]
    one, two = (gen.dna(rng, 12000) for _ in range(2))
    return [ends[0] + gen.Record(b"x", a).text() + gen.Record(b"y", b).text() + ends[1]
            for a, b in ((one, two), (two, one))]


def assert_scanned_again(lode, directory, path):
    assert reused(lode("index", directory)) == 0
    assert lode.out("get", path, "x", "-n", "0") == lode.out("get", directory, "x", "-n", "0")
    lode("verify", "-q", "--full", directory)


@pytest.fixture(name="old")
def make_old(lode, work):
    put(work / "d/a.fa", twins()[0])
    put(work / "now.fa", twins()[1])
    lode("index", "-q", "d")
    lode("index", "-q", "now.fa")
    return work / "d/index.lode"


def edit(path):
    path.write_bytes(twins()[1])


def test_trap_copied_tree_after_an_edit(lode, work, old):
    edit(work / "d/a.fa")
    shutil.copytree(work / "d", work / "copy", copy_function=shutil.copyfile)
    assert_scanned_again(lode, "copy", "now.fa")


def test_trap_index_touched_after_an_edit(lode, work, old):
    edit(work / "d/a.fa")
    os.utime(old)
    assert_scanned_again(lode, "d", "now.fa")


def test_trap_index_from_the_future(lode, work, old):
    then = old.stat().st_mtime_ns + 3600 * 10**9  # the very form that a build gives it
    os.utime(old, ns=(then, then))
    edit(work / "d/a.fa")
    assert_scanned_again(lode, "d", "now.fa")


def test_trap_link_that_leads_elsewhere(lode, work):
    for name, text in zip(("one", "two"), twins()):
        put(work / f"{name}.fa", text)
    (work / "d").mkdir()
    (work / "d/a.fa").symlink_to("../one.fa")
    lode("index", "-q", "two.fa")
    lode("index", "-q", "d")
    assert reused(lode("index", "d")) == 1
    (work / "d/a.fa").unlink()
    (work / "d/a.fa").symlink_to("../two.fa")
    assert_scanned_again(lode, "d", "two.fa")


def test_trap_chain_of_links_that_leads_elsewhere(lode, work):
    for name, text in zip(("one", "two"), twins()):
        put(work / f"{name}/a.fa", text)
    (work / "now").symlink_to("one")
    (work / "d").mkdir()
    (work / "d/file.fa").symlink_to("../now/a.fa")
    (work / "d/sub").symlink_to("../one")
    lode("index", "-q", "two/a.fa")
    lode("index", "-q", "d")
    assert reused(lode("index", "d")) == 2
    (work / "now").unlink()
    (work / "now").symlink_to("two")
    assert reused(lode("index", "d")) == 1
    lode("verify", "-q", "--full", "d")
    (work / "d/sub").unlink()
    (work / "d/sub").symlink_to("../two")
    assert reused(lode("index", "d")) <= 1  # a link made in the tick of a build is looked behind twice
    lode("verify", "-q", "--full", "d")


@pytest.mark.parametrize("how", ["copy", "move"])
def test_trap_index_of_another_tree(lode, work, how):
    for name, text in zip(("d", "e"), twins()):
        put(work / name / "a.fa", text)
    lode("index", "-q", "d")
    if how == "copy":
        shutil.copy2(work / "d/index.lode", work / "e/index.lode")
    else:
        (work / "d/index.lode").rename(work / "e/index.lode")
    assert reused(lode("index", "e")) == 0
    lode("verify", "-q", "--full", "e")


def test_trap_times_in_whole_seconds(lode, work, old):
    """As file systems give them that count in seconds: cut down, so that they look old."""
    edit(work / "d/a.fa")
    seconds = old.stat().st_mtime_ns // 10**9 * 10**9
    os.utime(work / "d/a.fa", ns=(seconds, seconds))
    assert_scanned_again(lode, "d", "now.fa")


def test_copy_with_its_times_is_scanned_once(lode, work, old):
    shutil.copytree(work / "d", work / "copy")  # keeps modification times
    assert reused(lode("index", "copy")) == 0
    assert reused(lode("index", "copy")) == 1


def test_moved_tree_is_taken_over(lode, work, old):
    (work / "d").rename(work / "e")
    assert reused(lode("index", "e")) == 1


# ------------------------------------------------------------------------------- and others --

def test_trap_transient_failure_of_a_lenient_build_keeps_the_old_index(lode, work):
    path = work / "d"
    for _ in range(14):
        path = path / "d"
        put(path / "x.fa", b">a\nAC\n")
    lode("index", "d", "--lenient")
    before = (work / "d/index.lode").read_bytes()
    limited = ["sh", "-c", f"ulimit -n 10; exec {lode.path} index d --lenient -@ 1"]
    done = subprocess.run(limited, cwd=work, capture_output=True)
    assert done.returncode == 1 and b"Too many open files" in done.stderr
    assert (work / "d/index.lode").read_bytes() == before


def test_trap_source_marked_as_filtered_is_scanned(lode, work, old):
    put(work / "d/b.fa", b">b\nAC\n")
    lode("index", "-q", "d")
    data = bytearray(old.read_bytes())
    off, _ = sealing.section(data, b"SRCE")
    data[off + 46] |= 1
    replace(old, sealing.reseal(data))
    assert reused(lode("index", "d")) == 1
    assert_fresh(lode, old)

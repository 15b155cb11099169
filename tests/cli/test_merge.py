"""A build that takes rows from the index already there gives the bytes of one that scans everything,
whatever was added, taken away or changed."""
import random
import re

import pytest

import gen
import sealing

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
    index.write_bytes(sealing.reseal(data))
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

"""Builders that run at once, builders that are killed, builders that meet bad files."""
import os
import random
import resource
import shutil
import signal
import stat

import pytest

import gen

TEMPORARY = ".tmp"


def litter(directory):
    return [name for name in os.listdir(directory) if name.endswith(TEMPORARY)]


def many_contigs(path, count, mark=b"n"):
    """Little text, much index: publishing takes its time."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(b">%s%d\nACGTAC\n" % (mark, i) for i in range(count)))


# ------------------------------------------------------------------------------- concurrency --

def build_at_once(lode, processes, *args):
    running = [lode.start("index", "-q", *args, "-@", "1") for _ in range(processes)]
    told = [p.communicate(timeout=300)[1] for p in running]
    assert [p.returncode for p in running] == [0] * processes, told


@pytest.mark.parametrize("processes", [2, 16])
@pytest.mark.parametrize("old", [False, True], ids=["no_index_before", "index_before"])
def test_trap_builders_at_once(lode, work, processes, old):
    rng = random.Random(80)
    many_contigs(work / "d/many.fa", 20000)
    gen.write_file(work / "d/g.fa.gz", gen.genome(rng, scale=30000).text(), "bgzip")
    lode("index", "-q", "d")
    wanted = (work / "d/index.lode").read_bytes()
    (work / "d/index.lode").unlink()
    if old:
        (work / "d/g.fa.gz").rename(work / "away")
        lode("index", "-q", "d")
        (work / "away").rename(work / "d/g.fa.gz")
    build_at_once(lode, processes, "d")
    assert (work / "d/index.lode").read_bytes() == wanted
    assert sorted(os.listdir(work / "d")) == ["g.fa.gz", "index.lode", "many.fa"]


def test_trap_readers_while_builders_replace_the_index(lode, work):
    """64 readers see the old index or the new one, whole."""
    many_contigs(work / "d/a.fa", 5000)
    lode("index", "-q", "d")
    many_contigs(work / "d/b.fa", 5000, b"m")
    builders = [lode.start("index", "-q", "--rescan", "d", "-@", "1") for _ in range(4)]
    readers = [lode.start("get", "d", "n7", "n4999:2-4", stdout=-1) for _ in range(64)]
    for reader in readers:
        out, err = reader.communicate(timeout=300)
        assert (reader.returncode, out) == (0, b">n7\nACGTAC\n>n4999:2-4\nCGT\n"), err
    for builder in builders:
        assert builder.wait(300) == 0
        builder.stderr.close()
    assert lode.out("get", "d", "m4999") == b">m4999\nACGTAC\n"


def test_trap_64_readers_of_one_index(lode, work):
    genome = gen.genome(random.Random(81), widths=(60, 61), scale=200000)
    gen.write_file(work / "g.fa.gz", genome.text(), "bgzip")
    lode("index", "-q", "g.fa.gz")
    wanted = lode.out("get", "g.fa.gz", "c0", "c1:100-90000")
    running = [lode.start("get", "g.fa.gz", "c0", "c1:100-90000", stdout=-1) for _ in range(64)]
    assert all(reader.communicate(timeout=300)[0] == wanted for reader in running)
    assert wanted.count(b">") == 2


# ------------------------------------------------------------------------------------ killed --

def kill_when(process, directory, polls):
    """SIGKILL when a temporary shows, or after so many looks at the directory. True: it died of
    it."""
    while process.poll() is None and not litter(directory) and polls > 0:
        polls -= 1
    process.kill()
    process.stderr.close()
    return process.wait() == -signal.SIGKILL


def test_killed_builder_leaves_the_old_index_and_the_next_build_its_directory_clean(lode, work):
    many_contigs(work / "d/a.fa", 100000)
    lode("index", "-q", "d")
    before, killed, littered = (work / "d/index.lode").read_bytes(), 0, 0
    many_contigs(work / "d/b.fa", 50000, b"m")
    for turn in range(20):
        process = lode.start("index", "-q", "--rescan", "d")
        killed += kill_when(process, work / "d", turn * 40 if turn % 2 else 10 ** 9)
        littered += bool(litter(work / "d"))
        if process.returncode == 0:
            break
        assert (work / "d/index.lode").read_bytes() == before
        assert lode.out("get", "d", "n99999") == b">n99999\nACGTAC\n"
    assert killed >= 10 and littered >= 3
    lode("index", "-q", "d")
    assert sorted(os.listdir(work / "d")) == ["a.fa", "b.fa", "index.lode"]
    assert lode.out("get", "d", "m49999") == b">m49999\nACGTAC\n"
    lode("verify", "-q", "--full", "d")


def test_killed_builder_without_old_index_leaves_none(lode, work):
    many_contigs(work / "d/a.fa", 100000)
    for turn in range(6):
        process = lode.start("index", "-q", "d")
        assert kill_when(process, work / "d", turn * 60 if turn % 2 else 10 ** 9)
        assert not (work / "d/index.lode").exists()
        assert b"lode index" in lode("get", "d", "n1", status=1).stderr
    lode("index", "-q", "d")
    assert sorted(os.listdir(work / "d")) == ["a.fa", "index.lode"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_builder_leaves_no_temporary(lode, work, number):
    """Whenever it comes: no index or a whole one, and nothing else."""
    many_contigs(work / "d/a.fa", 100000)
    interrupted = 0
    for turn in range(12):
        process = lode.start("index", "-q", "d")
        polls = turn * 60 if turn % 2 else 10 ** 9
        while process.poll() is None and not litter(work / "d") and polls > 0:
            polls -= 1
        process.send_signal(number)
        process.communicate(timeout=300)
        interrupted += process.returncode == -number
        assert process.returncode in (0, 1, -number)
        assert litter(work / "d") == []
        if (work / "d/index.lode").exists():
            lode("verify", "-q", "d")
            (work / "d/index.lode").unlink()
        else:
            assert process.returncode != 0
    assert interrupted > 0


def test_cleaning_leaves_what_is_not_litter(lode, work):
    """Another index's temporaries, other names of the kind, directories: not ours to remove."""
    many_contigs(work / "d/a.fa", 10)
    random_part = "0123456789abcdef"
    mine = f".index.lode.4000000.{random_part}.tmp"
    others = [f".other.lode.4000000.{random_part}.tmp", f".index.lode.x.{random_part}.tmp",
              ".index.lode.4000000.0123.tmp", f"index.lode.4000000.{random_part}.tmp",
              ".index.lode.tmp", f".index.lode.4000000.{random_part.upper()}.tmp"]
    for name in (mine, *others):
        (work / "d" / name).write_bytes(b"x")
    directory = work / "d" / f".index.lode.4000001.{random_part}.tmp"
    directory.mkdir()
    lode("index", "-q", "d")
    assert sorted(os.listdir(work / "d")) == sorted(
        [*others, "a.fa", "index.lode", directory.name])


def test_mode_of_a_new_index_follows_the_umask(lode, work):
    many_contigs(work / "d/a.fa", 10)
    lode("index", "-q", "d", umask=0o027)
    assert stat.S_IMODE((work / "d/index.lode").stat().st_mode) == 0o640


# ----------------------------------------------------------------------------------- lenient --

def collection(work):
    """Good and bad files; returns the names of the bad ones."""
    rng = random.Random(82)
    (work / "good/sub").mkdir(parents=True)
    for i in range(4):
        genome = gen.genome(rng, widths=(60, 61), scale=3000, names=b"g%d_%%d" % i)
        gen.write_file(work / "good/sub" / f"{i}.fa.gz", genome.text(), "bgzip")
    bad = {"ragged.fa": b">a\nAC\nA\nAC\n", "gzip.fa.gz": gen.plain_gzip(b">a\nAC\n"),
           "cut.fa.gz": gen.bgzf(b">a\nACGT\n")[:-40], "twice.fa": b">a\nA\n>a\nC\n",
           "reads.fa": b"@r\nA\n+\nI\n", "noise.fa.gz": bytes(range(256))}
    shutil.copytree(work / "good", work / "mixed")
    for name, data in bad.items():
        (work / "mixed" / name).write_bytes(data)
    return bad


def test_lenient_lists_bad_files_and_indexes_the_others(lode, work):
    bad = collection(work)
    assert lode.run("index", "-q", "mixed").returncode in (1, 2)
    assert not (work / "mixed/index.lode").exists()
    lode("index", "-q", "good")
    for threads in "1", "2", "4":
        done = lode("index", "mixed", "--lenient", "-@", threads, status=1)
        for name in bad:
            assert name.encode() in done.stderr
        assert (work / "mixed/index.lode").read_bytes() == (work / "good/index.lode").read_bytes()
    assert lode("index", "mixed", "--lenient", status=1).stderr.count(b"4 reused") == 1


def test_lenient_with_nothing_good_writes_nothing(lode, work):
    (work / "d").mkdir()
    (work / "d/a.fa").write_bytes(b"junk")
    assert b"a.fa" in lode("index", "d", "--lenient", status=1).stderr
    assert os.listdir(work / "d") == ["a.fa"]


# ------------------------------------------------------------------------------- odd paths --

ODD = ["*", "?", "[a-z]", "a b", "x\ty", "it's", 'q"q', "$HOME", "back\\slash", "-n", "{a,b}", "~",
       "na\u00efve", "new\nline", "::", "a:b", "\udcff\udcfe"]


def test_trap_paths_with_glob_characters_blanks_and_any_bytes(lode, work):
    for i, name in enumerate(ODD):
        (work / "d" / name).mkdir(parents=True)
        (work / "d" / name / f"{name}.fa").write_bytes(b">c%d\n%s\n" % (i, b"ACGT" * (i + 1)))
    lode("index", "-q", "d")
    regions = [f"c{i}:3-" for i in range(len(ODD))]
    got = lode.out("get", "d", *regions, "--tab").splitlines()
    assert got == [b"c%d:3-\t%s" % (i, (b"ACGT" * (i + 1))[2:]) for i in range(len(ODD))]
    assert lode.out("ls", "d").count(b"\n") == len(ODD) + 1
    for i, name in enumerate(ODD):
        path = os.path.join("./d", name, f"{name}.fa")
        lode("index", "-q", path)
        assert lode.out("get", path, f"c{i}:1-2", "--tab") == b"c%d:1-2\tAC\n" % i
    lode("verify", "-q", "--full", "d")


# ----------------------------------------------------------------------------------- memory --

@pytest.fixture(name="long", scope="module")
def make_long(tmp_path_factory):
    """320 MB of text as BGZF. Soft-masked here and there, so that there are rows to keep."""
    path = tmp_path_factory.mktemp("long") / "g.fa.gz"
    seq = bytearray(gen.dna(random.Random(85), 60000))
    for at in range(0, len(seq), 500):
        seq[at:at + 100] = seq[at:at + 100].lower()
    repeat = gen.block(b"".join(bytes(seq[i:i + 60]) + b"\n" for i in range(0, len(seq), 60)))
    path.write_bytes(gen.block(b">c\n") + repeat * 5300 + gen.EOF_BLOCK)
    return path


def limited(lode, mib, *args):
    """Exit status with so much memory of its own to be had, stacks included."""
    limit = mib << 20
    return lode.run(*args, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA,
                                                                 (limit, limit))).returncode


@pytest.mark.parametrize("options", [(), ("--pack",)], ids=["index", "pack"])
def test_memory_does_not_grow_with_the_text(lode, work, long, options):
    """A quarter of the text's size is plenty. The limit is one, for far less is too little."""
    build = ("index", "-q", long, "-o", "x.lode", "-@", "2", *options)
    assert limited(lode, 8, *build) != 0 and not os.listdir(work)
    assert limited(lode, 80, *build) == 0
    lode("verify", "-q", "--full", "x.lode", "--root", long.parent)


def test_memory_of_compressing_does_not_grow_with_the_text(lode, work, long):
    build = ("compress", "-q", "-l", "1", long, "-o", "o.fa.gz", "--index", "-@", "2")
    assert limited(lode, 2, *build) != 0 and not os.listdir(work)
    assert limited(lode, 80, *build) == 0
    assert (work / "o.fa.gz.lode").exists()

"""lode index: inputs, names, where the index goes, determinism, re-use, moving."""
import os
import random
import re
import shutil
import subprocess

import pytest

import gen

SUFFIXES = [base + end for base in (".fna", ".fa", ".fasta", ".fas") for end in ("", ".gz", ".bgz")]


def small(name=b"c", seq=b"ACGTACGT", width=5):
    return gen.Record(name, seq, width).text()


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if path.suffix not in (".gz", ".bgz") else gen.bgzf(text, 50))
    return path


def tree(root, seed=50, files=6):
    """A directory of genomes, plain and BGZF, nested."""
    rng = random.Random(seed)
    for i in range(files):
        genome = gen.genome(rng, widths=(60, 7, 1000), scale=4000, names=b"n%%d_%d" % (i % 4))
        put(root / ("sub/" * (i % 3)) / f"g{i}.fa{'.gz' if i % 2 else ''}", genome.text())
    return root


def names(lode, index):
    rows = [line.split(b"\t") for line in lode.out("ls", index).splitlines()]
    assert rows[0] == [b"#name", b"contigs", b"bases", b"path"]
    return [(row[0].decode(), row[3].decode()) for row in rows[1:]]


def index_bytes(lode, *args, at="index.lode"):
    lode("index", "-q", *args)
    return (lode.cwd / at).read_bytes()


# ----------------------------------------------------------------------------------- inputs --

@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_in_a_directory_and_alone(lode, work, suffix):
    put(work / f"d/deep/x.y{suffix}", small())
    lode("index", "-q", "d")
    lode("index", "-q", f"d/deep/x.y{suffix}")
    assert names(lode, "d") == [("deep/x.y", f"deep/x.y{suffix}")]
    assert names(lode, f"d/deep/x.y{suffix}") == [("x.y", f"x.y{suffix}")]
    assert lode.out("get", "d", "c:2-7") == lode.out("get", f"d/deep/x.y{suffix}", "c:2-7")


def test_other_files_of_a_directory_are_not_looked_at(lode, work):
    for name in "x.txt", "x.fa.fai", "x.fa.gz.gzi", "x.fq", "fa", "x.fa.zip", "x.fa~", "y.lode":
        put(work / "d" / name, b"junk")
    put(work / "d/x.fa", small())
    lode("index", "-q", "d")
    assert names(lode, "d") == [("x", "x.fa")]


def test_directory_without_fasta(lode, work):
    (work / "d").mkdir()
    assert b"no FASTA" in lode("index", "d", status=1).stderr
    assert os.listdir(work / "d") == []


def test_a_file_of_any_name_may_be_given(lode, work):
    put(work / "genome", small())
    lode("index", "-q", "genome")
    assert names(lode, "genome.lode") == [("genome", "genome")]


def test_several_inputs_need_an_output(lode, work):
    put(work / "a.fa", small())
    put(work / "d/b.fa", small())
    put(work / "e/deep/c.fa", small())
    before = sorted(os.listdir(work))
    assert b"-o" in lode("index", "a.fa", "d", "e", status=2).stderr
    assert sorted(os.listdir(work)) == before
    lode("index", "-q", "a.fa", "d", "e", "-o", "all.lode")
    assert names(lode, "all.lode") == [("a", "a.fa"), ("b", "d/b.fa"), ("deep/c", "e/deep/c.fa")]


def test_order_of_inputs_and_spelling_of_paths_do_not_matter(lode, work):
    put(work / "d/a.fa", small())
    put(work / "b.fa", small())
    wanted = index_bytes(lode, "d/a.fa", "b.fa", "-o", "index.lode")
    assert index_bytes(lode, "b.fa", "./d/../d//a.fa", "-o", "index.lode", "--rescan") == wanted
    assert index_bytes(lode, work / "b.fa", work / "d/a.fa", "-o", work / "index.lode") == wanted


def test_the_same_file_given_twice(lode, work):
    put(work / "a.fa", small())
    lode("index", "-q", "a.fa", "./a.fa", work / "a.fa", "-o", "x.lode")
    assert names(lode, "x.lode") == [("a", "a.fa")]


@pytest.mark.parametrize("name", ["missing.fa", "missing/"])
def test_missing_input(lode, work, name):
    assert b"missing" in lode("index", name, status=1).stderr
    assert os.listdir(work) == []


def test_input_that_is_no_file(lode, work):
    os.mkfifo(work / "pipe.fa")
    for name in "pipe.fa", "/dev/null":
        assert lode.run("index", name, "-o", "x.lode").returncode != 0
    assert os.listdir(work) == ["pipe.fa"]


# ------------------------------------------------------------------------------------ links --

def test_symlinked_files_and_directories_are_followed(lode, work):
    put(work / "store/real.fa", small())
    put(work / "other/deep/b.fa", small(b"d"))
    (work / "d").mkdir()
    (work / "d/link.fa").symlink_to("../store/real.fa")
    (work / "d/sub").symlink_to(work / "other")
    lode("index", "-q", "d")
    assert [name for name, _ in names(lode, "d")] == ["link", "sub/deep/b"]
    assert lode.out("get", "d", "link::c:1-8", "sub/deep/b::d") == (
        b">link::c:1-8\nACGTACGT\n>sub/deep/b::d\nACGTACGT\n")


@pytest.mark.parametrize("target", [".", "..", "../../d"])
def test_trap_loop_of_links_is_refused(lode, work, target):
    put(work / "d/a.fa", small())
    (work / "d/sub").mkdir()
    (work / "d/sub/loop").symlink_to(target)
    assert b"loop" in lode("index", "d", status=1).stderr
    assert not (work / "d/index.lode").exists()
    done = lode("index", "d", "--lenient", status=1)
    assert b"loop" in done.stderr and names(lode, "d") == [("a", "a.fa")]


def test_broken_link_is_an_error_that_lenient_skips(lode, work):
    put(work / "d/a.fa", small())
    (work / "d/b.fa").symlink_to("nowhere.fa")
    assert b"b.fa" in lode("index", "d", status=1).stderr
    assert b"b.fa" in lode("index", "d", "--lenient", status=1).stderr
    assert names(lode, "d") == [("a", "a.fa")]


def test_index_reached_through_a_symlink(lode, work):
    put(work / "d/a.fa", small())
    lode("index", "-q", "d")
    (work / "link.lode").symlink_to("d/index.lode")
    (work / "dlink").symlink_to("d")
    for index in "link.lode", "dlink", "dlink/index.lode":
        assert lode.out("get", index, "c") == b">c\nACGTACGT\n"


def test_index_that_is_a_link_is_replaced_at_its_target(lode, work):
    put(work / "d/a.fa", small())
    (work / "store").mkdir()
    lode("index", "-q", "d", "-o", "store/x.lode")
    (work / "l.lode").symlink_to("store/x.lode")
    put(work / "d/b.fa", small(b"d"))
    lode("index", "-q", "d", "-o", "l.lode")
    assert (work / "l.lode").is_symlink()
    assert len(names(lode, "store/x.lode")) == 2
    assert lode.out("get", "l.lode", "d") == b">d\nACGTACGT\n"


# ------------------------------------------------------------------------------------ NAMEs --

def test_two_files_of_one_name_are_an_error(lode, work):
    put(work / "d/x.fa", small())
    put(work / "d/x.fna.gz", small())
    done = lode("index", "d", status=1)
    assert b"x.fa" in done.stderr and b"x.fna.gz" in done.stderr and b"--names" in done.stderr
    assert not (work / "d/index.lode").exists()
    (work / "n.txt").write_text("d/x.fna.gz\tother name\n")
    lode("index", "-q", "d", "--names", "n.txt")
    assert sorted(n for n, _ in names(lode, "d")) == ["other name", "x"]
    assert lode.out("get", "d", "{other name}::c:1-2") == b">{other name}::c:1-2\nAC\n"


def test_names_file_errors(lode, work):
    put(work / "d/x.fa", small())
    for text in "d/x.fa\n", "d/nope.fa\ty\n", "d/x.fa\t\n":
        (work / "n.txt").write_text(text)
        assert b"n.txt" in lode.run("index", "d", "--names", "n.txt").stderr
        assert not (work / "d/index.lode").exists()


# ----------------------------------------------------------------------------------- output --

def test_output_elsewhere(lode, work):
    put(work / "data/a.fa", small())
    (work / "out/deep").mkdir(parents=True)
    lode("index", "-q", "data", "-o", "out/deep/x.lode")
    assert os.listdir(work / "data") == ["a.fa"]
    assert lode.out("get", "out/deep/x.lode", "c") == b">c\nACGTACGT\n"


def test_the_place_of_the_index_is_a_directory(lode, work):
    put(work / "d/a.fa", small())
    (work / "d/index.lode").mkdir()
    assert b"index.lode" in lode("index", "d", status=2).stderr
    assert b"index.lode" in lode("get", "d", "c", status=4).stderr
    assert sorted(os.listdir(work / "d")) == ["a.fa", "index.lode"]


@pytest.mark.parametrize("target", ["a.fa", "b.txt", "empty", "d", "no/such/x.lode"])
def test_nothing_but_an_index_is_overwritten(lode, work, target):
    put(work / "a.fa", small())
    put(work / "b.txt", b"notes")
    put(work / "empty", b"x")
    (work / "d").mkdir()
    before = {p.name: p.read_bytes() for p in work.iterdir() if p.is_file()}
    done = lode("index", "a.fa", "-o", target, status=1 if "/" in target else 2)
    assert target.split("/")[0].encode() in done.stderr
    assert {p.name: p.read_bytes() for p in work.iterdir() if p.is_file()} == before
    assert os.listdir(work / "d") == []


def test_damaged_index_is_replaced(lode, work):
    put(work / "a.fa", small())
    wanted = index_bytes(lode, "a.fa", at="a.fa.lode")
    for keep in 8, 64, 100, len(wanted) // 2, len(wanted) - 1:
        (work / "a.fa.lode").write_bytes(wanted[:keep])
        assert index_bytes(lode, "a.fa", at="a.fa.lode") == wanted
    rng = random.Random(3)
    for _ in range(20):
        bad = bytearray(wanted)
        bad[rng.randrange(8, len(bad))] ^= 1 << rng.randrange(8)
        (work / "a.fa.lode").write_bytes(bad)
        assert index_bytes(lode, "a.fa", at="a.fa.lode") == wanted


def without_override(command):
    """Root writes anywhere; without this capability it obeys the modes of files as others do."""
    drop = ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    return ["setpriv", *drop, *command] if os.geteuid() == 0 else command


def test_trap_read_only_directory(lode, work):
    put(work / "d/a.fa", small())
    (work / "d").chmod(0o555)
    done = subprocess.run(without_override([lode.path, "index", "d"]), cwd=work, check=False,
                          capture_output=True)
    (work / "d").chmod(0o755)
    assert done.returncode == 1 and b"d" in done.stderr and b"ermission" in done.stderr
    assert os.listdir(work / "d") == ["a.fa"]


def test_trap_read_only_directory_with_the_index_elsewhere(lode, work):
    put(work / "d/a.fa", small())
    (work / "d").chmod(0o555)
    for command in (["index", "d", "-o", "x.lode"], ["get", "x.lode", "c"]):
        done = subprocess.run(without_override([lode.path, *command]), cwd=work, check=False,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
    (work / "d").chmod(0o755)
    assert done.stdout == b">c\nACGTACGT\n"


def test_unreadable_file(lode, work):
    put(work / "d/a.fa", small())
    put(work / "d/b.fa", small(b"d")).chmod(0)
    done = subprocess.run(without_override([lode.path, "index", "d", "--lenient"]), cwd=work,
                          check=False, capture_output=True)
    assert done.returncode == 1 and b"b.fa" in done.stderr
    assert names(lode, "d") == [("a", "a.fa")]


# ----------------------------------------------------------------------------- determinism --

def test_bytes_do_not_depend_on_threads(lode, work):
    tree(work / "d")
    put(work / "d/large.fa.gz", gen.genome(random.Random(4), scale=300000).text())
    built = {index_bytes(lode, "d", "--rescan", "-@", str(n), at="d/index.lode")
             for n in (1, 2, 3, 4, 0)}
    assert len(built) == 1


def test_bytes_do_not_depend_on_the_place_of_the_tree(lode, work):
    tree(work / "d")
    wanted = index_bytes(lode, "d", at="d/index.lode")
    (work / "d/index.lode").unlink()
    (work / "elsewhere/deep").mkdir(parents=True)
    shutil.copytree(work / "d", work / "elsewhere/deep/e")
    assert index_bytes(lode, "elsewhere/deep/e", at="elsewhere/deep/e/index.lode") == wanted
    os.utime(work / "d/g0.fa", (1, 1))
    assert index_bytes(lode, "d", at="d/index.lode") == wanted


def reused(done):
    return int(re.search(rb"\((\d+) reused", done.stderr)[1])


def test_incremental_equals_fresh(lode, work):
    """Files added, removed, changed, renamed, one after the other."""
    tree(work / "d")
    lode("index", "d")
    steps = [
        lambda: put(work / "d/aa.fa", small(b"first")),
        lambda: put(work / "d/zz.fa.gz", small(b"last")),
        lambda: (work / "d/g0.fa").unlink(),
        lambda: put(work / "d/sub/g1.fa.gz", small(b"changed")),
        lambda: (work / "d/g3.fa.gz").rename(work / "d/renamed.fa.gz"),
        lambda: None,
    ]
    for step in steps:
        step()
        done = lode("index", "d")
        incremental = (work / "d/index.lode").read_bytes()
        assert reused(done) >= 4
        assert reused(lode("index", "d", "--rescan")) == 0
        assert (work / "d/index.lode").read_bytes() == incremental
        (work / "d/index.lode").unlink()
        assert index_bytes(lode, "d", at="d/index.lode") == incremental
        lode("verify", "-q", "--full", "d")


def test_reuse_is_reported(lode, work):
    tree(work / "d", files=4)
    assert reused(lode("index", "d")) == 0
    assert reused(lode("index", "d")) == 4
    put(work / "d/new.fa", small(b"new"))
    assert reused(lode("index", "d")) == 4
    assert reused(lode("index", "d", "--duplicates", "first")) == 0


def test_trap_edit_of_the_same_size_is_found_by_the_next_index(lode, work):
    """Size and fingerprint stay; that the file was touched since makes lode look again."""
    seq = gen.dna(random.Random(5), 40000)
    put(work / "a.fa", small(b"c", seq, 60))
    lode("index", "-q", "a.fa")
    text = bytearray((work / "a.fa").read_bytes())
    text[20000] = ord("N")
    (work / "a.fa").write_bytes(text)
    assert reused(lode("index", "a.fa")) == 0
    assert lode.out("get", "a.fa", "c", "-n0").count(b"N") == 1
    lode("verify", "-q", "--full", "a.fa")


def test_trap_records_that_change_names_are_found_by_the_next_index(lode, work):
    rng = random.Random(6)
    one, two = gen.dna(rng, 30000), gen.dna(rng, 30000)
    put(work / "a.fa", small(b"x", gen.dna(rng, 9000)) + small(b"c3", one) + small(b"c4", two) +
        small(b"y", gen.dna(rng, 9000)))
    lode("index", "-q", "a.fa")
    text = (work / "a.fa").read_bytes()
    swapped = text.replace(b">c3", b">c?").replace(b">c4", b">c3").replace(b">c?", b">c4")
    (work / "a.fa").write_bytes(swapped)
    lode("index", "-q", "a.fa")
    assert lode.out("get", "a.fa", "c3", "-n0") == b">c3\n" + two + b"\n"


def test_rescan_reads_everything_again(lode, work):
    tree(work / "d", files=4)
    lode("index", "d")
    assert reused(lode("index", "d")) == 4
    assert reused(lode("index", "d", "--rescan")) == 0


def test_index_and_fasta_moved_together(lode, work):
    tree(work / "d")
    lode("index", "-q", "d")
    wanted = lode.out("get", "d", "g0::n0_0", "sub/g1::n0_1:5-50")
    (work / "other/place").mkdir(parents=True)
    (work / "d").rename(work / "other/place/e")
    assert lode.out("get", "other/place/e", "g0::n0_0", "sub/g1::n0_1:5-50") == wanted


def test_trap_relative_paths_from_another_directory(lode, work):
    put(work / "d/a.fa", small())
    lode("index", "-q", "d")
    (work / "x/y").mkdir(parents=True)
    assert lode.out("get", "../../d", "c", cwd=work / "x/y") == b">c\nACGTACGT\n"
    assert lode.out("get", "index.lode", "c", cwd=work / "d") == b">c\nACGTACGT\n"
    lode("index", "-q", "../../d", "-o", "here.lode", cwd=work / "x/y")
    assert lode.out("get", "x/y/here.lode", "c") == b">c\nACGTACGT\n"
    lode("index", "-q", ".", "--rescan", cwd=work / "d")
    assert lode.out("get", "d", "c") == b">c\nACGTACGT\n"


def test_sources_outside_need_trust_or_a_root(lode, work):
    """An index of another owner may not lead out of its directory."""
    put(work / "data/a.fa", small())
    (work / "x").mkdir()
    lode("index", "-q", "data", "-o", "x/i.lode")
    assert lode.out("get", "x/i.lode", "c") == b">c\nACGTACGT\n"
    if os.geteuid() == 0:
        os.chown(work / "x/i.lode", 65534, 65534)
        assert b"--allow-outside" in lode("get", "x/i.lode", "c", status=1).stderr
        assert lode.out("get", "x/i.lode", "c", "--allow-outside") == b">c\nACGTACGT\n"

"""lode get -o x.gz: BGZF."""
import gzip
import os
import random
import subprocess

import pytest

import gen
import oracle


@pytest.fixture(name="genome")
def make_genome(lode, work):
    genome = gen.genome(random.Random(50), widths=(60, 61, 100), scale=200000)
    genome.file = gen.write_file(work / "x.fa.gz", genome.text(), "bgzip")
    lode("index", "-q", genome.file)
    (work / "all").write_bytes(b"".join(name + b"\n" for name in genome.bases))
    return genome


@pytest.mark.parametrize("suffix", ["gz", "bgz", "bgzf"])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_suffix_makes_bgzf_that_can_be_indexed(lode, genome, work, suffix, threads):
    out = work / f"y.fa.{suffix}"
    assert lode.out("get", genome.file, "-r", "all", "-o", out, "-@", threads) == b""
    subprocess.run(["bgzip", "-t", out], check=True)
    assert out.read_bytes().endswith(gen.EOF_BLOCK)
    plain = lode.out("get", genome.file, "-r", "all")
    assert gzip.decompress(out.read_bytes()) == plain and plain.count(b">") == len(genome.bases)
    lode("index", "-q", out)
    assert lode.out("get", out, "-r", "all") == plain


def test_every_form_of_record(lode, genome, work):
    (work / "b.bed").write_bytes(b"c0\t5\t90\tn\t0\t-\nc1\t0\t7\tm\t0\t+\n")
    for options in (("--tab",), ("-n", "0"), ("-s",), ("--bedtools=name", "-s")):
        lode("get", genome.file, "-b", "b.bed", "-o", "y.gz", *options)
        assert gzip.decompress((work / "y.gz").read_bytes()) == lode.out(
            "get", genome.file, "-b", "b.bed", *options)


def test_other_names_stay_plain(lode, genome, work):
    for name in "y.fa", "gz", "y.gzip":
        lode("get", genome.file, "c0:1-5", "-o", name)
        assert (work / name).read_bytes() == oracle.record(b"c0:1-5", genome.bases[b"c0"][:5])


def test_no_records_are_an_empty_bgzf(lode, genome, work):
    (work / "none").write_bytes(b"")
    lode("get", genome.file, "-r", "none", "-o", "y.gz")
    assert (work / "y.gz").read_bytes() == gen.EOF_BLOCK


def test_unknown_region_leaves_the_others_and_says_so(lode, genome, work):
    done = lode("get", genome.file, "c0:1-5", "nope", "c1:2-3", "-o", "y.gz", status=3)
    assert b"nope" in done.stderr and b"y.gz: the output is incomplete" in done.stderr
    assert [title for title, _ in oracle.records_of(gzip.decompress(
        (work / "y.gz").read_bytes()))] == [b"c0:1-5", b"c1:2-3"]


def test_full_disk(lode, genome, work):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    (work / "y.gz").symlink_to("/dev/full")
    done = lode("get", genome.file, "-r", "all", "-o", "y.gz", status=1)
    assert b"cannot write" in done.stderr and b"y.gz: the output is incomplete" in done.stderr


def test_more_output_than_the_pipe_holds_and_a_full_disk(lode, genome, work):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    (work / "y.gz").symlink_to("/dev/full")
    (work / "many").write_bytes((work / "all").read_bytes() * 30)
    done = lode("get", genome.file, "-r", "many", "-o", "y.gz", status=1)
    assert done.stderr.count(b"incomplete") == 1


def test_damaged_source_in_the_middle(lode, genome, work):
    data = bytearray(genome.file.read_bytes())
    at = len(data) // 2
    data[at:at + 64] = bytes(64)
    genome.file.write_bytes(data)
    done = lode.run("get", genome.file, "-r", "all", "-o", "y.gz")
    assert done.returncode in (1, 5) and b"y.gz: the output is incomplete" in done.stderr
    subprocess.run(["bgzip", "-t", work / "y.gz"], check=True)
    for title, seq in oracle.records_of(gzip.decompress((work / "y.gz").read_bytes())):
        assert genome.bases[title].startswith(seq)


def test_the_index_and_its_fasta_are_not_overwritten(lode, genome):
    before = genome.file.read_bytes()
    lode("get", genome.file, "c0", "-o", genome.file, status=2)
    assert genome.file.read_bytes() == before

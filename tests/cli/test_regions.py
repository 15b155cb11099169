"""Random regions of many files: equal to samtools and to a naive reader of the text."""
import csv
import hashlib
import os
import random
import shutil

import pytest

import gen
import oracle
from conftest import Lode, data_directory

RANDOM = int(os.environ.get("LODE_RANDOM", "2000"))
BATCH = 10000  # regions of one list, so that memory stays bounded in long runs


def compare(lode, file, bases, rng, samtools=True):
    """lode get == samtools faidx == naive reader, a list of regions at a time."""
    lode("index", "-q", file)
    compared = 0
    for first in range(0, RANDOM, BATCH):
        regions = oracle.random_regions(rng, bases, min(BATCH, RANDOM - first))
        listed = oracle.write_regions(file.parent / "regions.txt", regions)
        got = lode.out("get", file, "-r", listed)
        assert_same(got, oracle.expected(regions), "naive reader")
        if samtools:
            assert_same(got, oracle.samtools(file, "-r", listed), "samtools")
        compared += len(regions)
    assert compared == RANDOM


def assert_same(got, want, who):
    """A short message: pytest would compare megabytes line by line."""
    if got == want:
        return
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
    title = want.rfind(b">", 0, at + 1)
    raise AssertionError(f"not what the {who} says, at byte {at} of {len(got)}, {len(want)}, in "
                         f"{want[title:title + 60]!r}: {got[at:at + 40]!r}, {want[at:at + 40]!r}")


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("writer", gen.WRITERS)
def test_random_regions_of_all_widths(lode, work, writer, eol):
    rng = random.Random(f"{writer}{eol}")
    genome = gen.genome(rng, eol, final_newline=rng.random() < 0.5)
    file = gen.write_file(work / ("g" + gen.suffix(writer)), genome.text(), writer, lode, rng)
    compare(lode, file, genome.bases, rng, writer not in gen.SAMTOOLS_REFUSES)


@pytest.mark.parametrize("size", [512, 1000, 4095, 4096, 4097, 8192, 32768, 65279, 65280])
def test_block_sizes_of_lode_compress(lode, work, size):
    rng = random.Random(size)
    genome = gen.genome(rng, widths=(1, 60, 61, 100000), scale=60000)
    file = work / "g.fa.gz"
    file.write_bytes(gen.by_lode(size, 1)(genome.text(), lode))
    compare(lode, file, genome.bases, rng)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 31, 32, 33, 63, 64, 65, 4094, 4096, 4097, 65535,
                                   65537, 99999])
def test_each_width_around_powers_of_two(lode, work, width):
    rng = random.Random(width)
    genome = gen.genome(rng, rng.choice([b"\n", b"\r\n"]), (width,) * 3, 30000, False)
    writer = rng.choice(["plain", "bgzip", "lode-4096"])
    file = gen.write_file(work / ("g" + gen.suffix(writer)), genome.text(), writer, lode, rng)
    compare(lode, file, genome.bases, rng)


def test_one_line_of_a_megabyte(lode, work):
    rng = random.Random(7)
    genome = gen.Genome([gen.Record(b"one", gen.real_like(rng, 1 << 20), 1 << 20)])
    compare(lode, gen.write_file(work / "g.fa.gz", genome.text(), "bgzip"), genome.bases, rng)


def test_random_regions_in_parallel_equal_those_of_one_thread(lode, work):
    rng = random.Random(8)
    genome = gen.genome(rng, scale=200000)
    file = gen.write_file(work / "g.fa.gz", genome.text(), "bgzip")
    regions = oracle.random_regions(rng, genome.bases, RANDOM)
    listed = oracle.write_regions(work / "regions.txt", regions)
    lode("index", "-q", file)
    for threads in "1", "2", "3", "0":
        assert_same(lode.out("get", file, "-r", listed, "-@", threads), oracle.expected(regions),
                    "naive reader")


# ----------------------------------------------------------------------------- real genomes --

def real_files():
    """FASTA files of LODE_DATA that samtools indexes too; one id without it, which is skipped."""
    root = data_directory()
    if root is None:
        return ["LODE_DATA"]
    folders = ["genomes", "many", "assemblies", "bgzf_in_the_wild"]
    found = [p for folder in folders for p in sorted((root / folder).rglob("*"))
             if p.name.endswith((".fa.gz", ".fna.gz", ".fasta.gz"))]
    return [str(p.relative_to(root)) for p in found]


@pytest.mark.parametrize("name", real_files())
def test_real_genome(data, lode, work, name):
    file = work / os.path.basename(name)
    shutil.copyfile(data / name, file)
    bases = dict(oracle.parse(oracle.read_text(file)))
    assert bases
    compare(lode, file, bases, random.Random(name))


ODD_REFUSED = {
    "base_plain_gzip.fa.gz": "lode compress",
    "blank_inside.fa": "line 5",
    "dup_names.fa": "lines 1 and 9",
    "var_line_len.fa": "line 3",
}


def odd_truth(root):
    with open(root / "odd/truth.tsv", newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_odd_files_answer_the_sequences_of_an_independent_parser(data, work):
    lode, truth = Lode(work), odd_truth(data)
    shutil.copytree(data / "odd", work / "odd")
    checked = 0
    for name in sorted({row["file"] for row in truth}):
        file, rows = work / "odd" / name, [row for row in truth if row["file"] == name]
        done = lode.run("index", "-q", file)
        if name in ODD_REFUSED:
            assert done.returncode == 1 and ODD_REFUSED[name] in done.stderr.decode(), name
            continue
        assert done.returncode == 0, done.stderr
        listing = lode.out("ls", file, source_name(name)).splitlines()
        titles = [line.split(b"\t")[0] for line in listing]
        lengths = [int(row["length"]) for row in rows]
        assert len(titles) == len(rows)
        listed = work / "all.txt"
        listed.write_bytes(b"".join(b"{%s}\n" % title for title in titles))
        got = oracle.records_of(lode.out("get", file, "-n", "0", "-r", listed))
        assert [len(seq) for _, seq in got] == lengths, name
        assert [hashlib.md5(seq).hexdigest() for _, seq in got] == [
            row["md5 of sequence"] for row in rows], name
        checked += len(rows)
    assert checked > 40


def source_name(file):
    return file.removesuffix(".gz").removesuffix(".fa")


def test_odd_duplicates_first(data, lode, work):
    shutil.copyfile(data / "odd/dup_names.fa", work / "d.fa")
    lode("index", "-q", "d.fa", "--duplicates", "first")
    rows = [row for row in odd_truth(data) if row["file"] == "dup_names.fa"]
    got = oracle.records_of(lode.out("get", "d.fa", "a", "b"))
    assert [hashlib.md5(seq).hexdigest() for _, seq in got] == [
        row["md5 of sequence"] for row in rows[:2]]

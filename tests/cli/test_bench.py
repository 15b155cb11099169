"""lode bench: runs, prints each row, and ends. Nothing here depends on how fast it is."""
import json
import random

import pytest

import gen

WHAT = ["open", "find", "find in batches", "random 60 b", "random 10000 b", "random 196608 b",
        "sequential", "private memory"]


@pytest.fixture(name="file")
def make_file(lode, work):
    file = work / "x.fa.gz"
    records = [gen.Record(b"c%d" % i, gen.dna(random.Random(i), n), 60)
               for i, n in enumerate((300000, 0, 20000, 100))]
    gen.write_file(file, gen.Genome(records).text(), "bgzip")
    lode("index", "-q", file)
    return file


@pytest.mark.parametrize("threads", [1, 2])
def test_every_row_is_there(lode, file, threads):
    rows = [line.split("\t") for line in
            lode.out("bench", file, "--seconds", "1", "-@", str(threads)).decode().splitlines()]
    assert rows[0][0].strip() == "#what" and all(len(row) == 5 for row in rows)
    both = [w for w in WHAT for _ in range(threads if w.startswith(("random", "seq")) else 1)]
    assert [row[0].strip() for row in rows[1:]] == both
    assert {row[1] for row in rows[1:]} == {"1", "-"} | {str(threads)}


def test_json_has_the_same_rows(lode, file):
    lines = lode.out("bench", file, "--json", "--seconds", "1", "-@", "2").splitlines()
    assert len(lines) == 1
    got = json.loads(lines[0])
    assert [(row["bases"], row["threads"]) for row in got["reads"]] == [
        (bases, threads) for bases in (60, 10000, 196608) for threads in (1, 2)]
    assert all(row["reads"] > 0 for row in got["reads"])
    assert [row["threads"] for row in got["sequential"]] == [1, 2]


@pytest.mark.parametrize("text", [b"", b">a\n", b">a\nACGT\n>b\n"])
def test_small_files(lode, work, text):
    (work / "s.fa").write_bytes(text)
    lode("index", "-q", "s.fa")
    got = json.loads(lode.out("bench", "s.fa", "--json", "--seconds", "1"))
    assert got["reads"] == [] and bool(got["sequential"]) == (b"ACGT" in text)
    lode("bench", "s.fa", "--seconds", "1")


def test_stale_source_is_an_error(lode, file):
    file.write_bytes(gen.by_bgzip(b">c0\n" + b"ACGT" * 90000 + b"\n"))
    done = lode("bench", file, "--seconds", "1", status=5)
    assert b"x.fa.gz" in done.stderr


@pytest.mark.parametrize("args", [["--seconds", "0"], ["--seconds", "x"], ["more"]])
def test_usage(lode, file, args):
    lode("bench", file, *args, status=2)


def test_help(lode):
    text = lode.out("bench", "--help")
    assert text.startswith(b"Usage: lode bench INDEX") and b"--seconds" in text
    assert b"\n  bench " in lode.out("--help")

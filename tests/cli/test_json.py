"""docs/json.md names every key that --json prints, and no other."""
import json
import random
import re
from pathlib import Path

import pytest

import gen

PAGE = (Path(__file__).resolve().parents[2] / "docs/json.md").read_text()


def documented(heading):
    """{key: type} of the table under a heading of the page."""
    section = re.split(r"^#+ ", PAGE.split(f"# `{heading}`\n")[1], maxsplit=1, flags=re.M)[0]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+)", section, re.M))


def check(row, heading):
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
             "object": dict}
    keys = documented(heading)
    assert list(row) and set(row) == set(keys)
    for key, value in row.items():
        assert isinstance(value, types[keys[key]]), key
        assert isinstance(value, bool) == (keys[key] == "boolean"), key


@pytest.fixture(name="index")
def make_index(lode, work):
    (work / "d").mkdir()
    for name, writer in ("a", "plain"), ("b", "bgzip"):
        genome = gen.genome(random.Random(60), widths=(60,), scale=300000)
        gen.write_file(work / "d" / (name + gen.suffix(writer)), genome.text(), writer)
    lode("index", "-q", "d")
    return work / "d/index.lode"


def rows(lode, *args, status=0):
    return [json.loads(line) for line in lode.out(*args, "--json", status=status).splitlines()]


def test_stat(lode, index):
    (got,) = rows(lode, "stat", index)
    check(got, "lode stat --json")
    assert [row["name"] for row in got["per_source"]] == ["a", "b"]
    for row in got["per_source"]:
        check(row, "per_source")
    for key in "contigs", "bases", "gc", "n", "lower", "other":
        assert sum(row[key] for row in got["per_source"]) == got[key]


def test_n50_and_l50(lode, work):
    lengths = [10, 30, 20, 25, 15]
    (work / "n.fa").write_bytes(b"".join(b">c%d\n%s\n" % (n, b"A" * n) for n in lengths))
    lode("index", "-q", "n.fa")
    (got,) = rows(lode, "stat", "n.fa")
    assert (got["n50"], got["l50"], got["longest"], got["shortest"]) == (25, 2, 30, 10)
    text = lode.out("stat", "n.fa").decode()
    assert re.search(r"^N50 +25$", text, re.M) and re.search(r"^L50 +2$", text, re.M)


def test_ls(lode, index):
    sources = rows(lode, "ls", index)
    assert len(sources) == 2
    for row in sources:
        check(row, "lode ls INDEX --json")
    contigs = rows(lode, "ls", index, "a")
    assert contigs
    for row in contigs:
        check(row, "lode ls INDEX NAME --json")


def test_bench(lode, index):
    (got,) = rows(lode, "bench", index, "--seconds", "1")
    check(got, "lode bench --json")
    assert got["reads"] and got["sequential"]
    for key in "reads", "sequential":
        for row in got[key]:
            check(row, key)


def test_verify(lode, index, work):
    (got,) = rows(lode, "verify", index)
    check(got, "lode verify --json")
    assert got["ok"] is True and got["kinds"] == {}
    (work / "d/a.fa").write_bytes(b">x\nA\n")
    (work / "d/b.fa.gz").unlink()
    *findings, got = rows(lode, "verify", index, status=5)
    check(got, "lode verify --json")
    assert got["ok"] is False and got["findings"] == len(findings) == 2
    for row in findings:
        check(row, "Findings")
    assert got["kinds"] == {"LODE_E_STALE": 1, "LODE_E_MISSING": 1}


def test_verify_counts_findings_of_each_kind(lode, index, work):
    data = bytearray(index.read_bytes())
    data[len(data) // 2] ^= 1
    index.write_bytes(data)
    (work / "d/a.fa").write_bytes(b">x\nA\n")
    done = lode.run("verify", index)
    assert done.returncode == 5 and done.stdout == b""
    lines = done.stderr.decode().splitlines()
    total = int(re.search(r": (\d+) findings?$", "\n".join(lines), re.M)[1])
    counts = [int(m[1]) for m in map(re.compile(r"lode: +(\d+)  \w").match, lines) if m]
    assert sum(counts) == total >= 2 and len(counts) >= 2
    assert len(lines) == total + 1 + len(counts)
    assert any("rule" in line and re.search(r"bytes|offset", line) for line in lines)


@pytest.mark.parametrize("writer", ["plain", "bgzip"])
@pytest.mark.parametrize("root", [False, True])
def test_verify_names_the_contig_that_is_damaged(lode, work, writer, root):
    (work / "d").mkdir()
    file = work / "d" / ("g" + gen.suffix(writer))
    records = [gen.Record(b"c%d" % i, gen.dna(random.Random(i), 200000)) for i in range(5)]
    gen.write_file(file, gen.Genome(records).text(), writer)
    lode("index", "-q", "d")
    data = bytearray(file.read_bytes())
    at = len(data) * 5 // 10  # inside the third of five
    data[at:at + 50] = b"N" * 50
    file.write_bytes(data)
    options = ["--root", "d"] if root else []
    done = lode("verify", "d", "--full", *options, status=1)
    assert b" [contig c2]\n" in done.stderr and b"rule" in done.stderr and b"offset" in done.stderr
    assert rows(lode, "verify", "d", "--full", *options, status=1)[0]["contigs"] == ["c2", "c2"]

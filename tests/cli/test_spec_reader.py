"""The reader written from SPEC.md alone returns the bases that lode get returns."""
import random
import subprocess
import sys

import pytest
import spec_reader

import gen
import oracle
from conftest import REPO


def make(lode, work, seed):
    """A collection of files of many kinds; {NAME: bases by contig}."""
    rng, made = random.Random(seed), {}
    for i, writer in enumerate(gen.WRITERS):
        genome = gen.genome(rng, rng.choice([b"\n", b"\r\n"]), (1, 60, 61, 4096, 50000), 3000,
                            rng.random() < 0.5, b"c%%d_%d" % (i % 3))
        (work / "d/sub").mkdir(parents=True, exist_ok=True)
        gen.write_file(work / "d/sub" / f"g{i}{gen.suffix(writer)}", genome.text(), writer, lode,
                       rng)
        made[f"sub/g{i}"] = genome.bases
    lode("index", "-q", "d")
    return rng, made


def test_random_regions_of_collections(lode, work):
    compared = 0
    for seed in range(3):
        rng, made = make(lode, work, seed)
        index = spec_reader.Index(work / "d/index.lode", pages=True)
        wanted, regions = [], []
        for _ in range(150):
            source = rng.choice(list(made))
            name = rng.choice([n for n, s in made[source].items() if s])
            begin = rng.randrange(len(made[source][name]))
            end = rng.randint(begin + 1, min(begin + 6000, len(made[source][name])))
            bases = index.fetch(name, begin, end, source)
            assert bases == made[source][name][begin:end]
            regions.append(b"%s::%s:%d-%d" % (source.encode(), name, begin + 1, end))
            wanted.append(bases)
            compared += 1
        (work / "r").write_bytes(b"\n".join(regions))
        got = oracle.records_of(lode.out("get", "d", "-r", "r"))
        assert got == list(zip(regions, wanted))
    assert compared == 450


def test_names_that_several_sources_have_are_ambiguous_to_both(lode, work):
    _, made = make(lode, work, 9)
    index = spec_reader.Index(work / "d/index.lode")
    holders = {}
    for source, bases in made.items():
        for name in bases:
            holders.setdefault(name, []).append(source)
    assert {len(v) > 1 for v in holders.values()} == {True}
    (work / "d/only.fa").write_bytes(b">only\nAC\n")
    lode("index", "-q", "d")
    index = spec_reader.Index(work / "d/index.lode")
    assert index.fetch("only", 0, 2) == b"AC"
    for name in list(holders)[:5]:
        with pytest.raises(spec_reader.LodeError, match="AMBIGUOUS"):
            index.fetch(name, 0, 0)
        lode("get", "d", name, status=2)
    for name in b"nope", b"c0", b"":
        with pytest.raises(spec_reader.LodeError, match="NOT_FOUND"):
            index.fetch(name, 0, 0)


def test_single_file_and_empty_collections(lode, work):
    (work / "g.fa").write_bytes(b">a\n>b\nACGT\nAC")
    (work / "none.fa").write_bytes(b"")
    lode("index", "-q", "g.fa")
    lode("index", "-q", "none.fa")
    index = spec_reader.Index(work / "g.fa.lode", pages=True)
    assert (index.fetch("a", 0, 0), index.fetch("b", 3, 6)) == (b"", b"TAC")
    assert spec_reader.Index(work / "none.fa.lode", pages=True).contig_count == 0
    for begin, end in (-1, 2), (3, 2), (0, 7):
        with pytest.raises(spec_reader.LodeError, match="RANGE"):
            index.fetch("b", begin, end)


@pytest.mark.parametrize("where", ["header", "directory", "sections", "page_sums"])
def test_flipped_bit_of_the_index_is_found_by_both(lode, work, where):
    rng = random.Random(where)
    genome = gen.genome(rng, widths=(60, 61), scale=30000)
    (work / "g.fa").write_bytes(genome.text())
    lode("index", "-q", "g.fa")
    good = (work / "g.fa.lode").read_bytes()
    end = spec_reader.Index(work / "g.fa.lode").dir_end
    assert len(good) < 65536  # so that there is one page sum, at the end
    low, high = {"header": (0, 64), "directory": (64, end), "sections": (end, len(good) - 8),
                 "page_sums": (len(good) - 8, len(good))}[where]
    for _ in range(25):
        at = rng.randrange(low, high)
        bad = good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:]
        (work / "g.fa.lode").write_bytes(bad)
        with pytest.raises(spec_reader.LodeError):
            spec_reader.Index(work / "g.fa.lode", pages=True)
        assert lode.run("verify", "-q", "g.fa.lode").returncode in (4, 5), at


def test_flipped_byte_of_the_source_is_found_by_both(lode, work):
    rng = random.Random(110)
    seq = gen.dna(rng, 60000)
    (work / "g.fa").write_bytes(gen.Record(b"c", seq, 60).text())
    lode("index", "-q", "g.fa")
    text = bytearray((work / "g.fa").read_bytes())
    text[30000] ^= 2
    (work / "g.fa").write_bytes(text)
    index = spec_reader.Index(work / "g.fa.lode")
    with pytest.raises(spec_reader.LodeError, match="DAMAGED"):
        index.fetch("c", 0, 60000)
    assert index.fetch("c", 0, 20000) == seq[:20000]
    lode("get", "g.fa", "c", status=1)


def test_the_reader_as_a_program(lode, work):
    (work / "g.fa").write_bytes(b">a\nACGTACGT\n")
    lode("index", "-q", "g.fa")
    command = [sys.executable, REPO / "tests/spec_reader.py", "--pages", "g.fa.lode", "a"]
    done = subprocess.run([*command, "2", "6"], cwd=work, capture_output=True, check=True)
    assert done.stdout == b"GTAC\n"
    done = subprocess.run([*command, "2", "9"], cwd=work, capture_output=True, check=False)
    assert done.returncode == 1 and b"RANGE" in done.stderr

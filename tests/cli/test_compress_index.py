"""lode compress --index: both files equal those of lode compress and lode index run one after the
other, whatever the text, how it comes, the threads and the blocks; and nothing is left when it
fails. lode index itself is judged by samtools and by the text in other tests."""
import json
import os
import random
import re
import subprocess

import pytest

import conftest
import gen
import oracle
from test_fasta import REFUSED


def rng_of(name):
    return random.Random(f"onepass {name}")


def long_lines(rng):
    """A sequence on one line across many blocks and stretches, between header lines as long."""
    header = b">long " + rng.randbytes(1 << 20).translate(gen.ACGT)
    return (header + b"\n" + gen.real_like(rng, 3 << 20) + b"\n>short\nACGT\n"
            + header.replace(b"long", b"other") + b"\n" + gen.dna(rng, 700000))


def many_records(rng):
    return b"".join(b">r%d\n%s\n" % (i, gen.dna(rng, rng.randint(1, 50))) for i in range(60000))


def between(rng, blank):
    """Blank lines before, between and after records."""
    records = [gen.Record(b"b%d" % i, gen.real_like(rng, 90000), 71) for i in range(20)]
    eol = b"\r\n" if b"\r" in blank else b"\n"
    return blank * 3 + b"".join(r.text(eol) + blank * (i % 4) for i, r in enumerate(records))


def repeated(rng, letters):
    seq = bytes(rng.choices(letters, k=5000)) * 300
    return gen.Record(b"p", seq, 60).text() + gen.Record(b"q", seq[::-1], 97).text()


TEXTS = {
    "real_like": lambda rng: gen.genome(rng, scale=150000).text(),
    "crlf": lambda rng: gen.genome(rng, eol=b"\r\n", scale=150000).text(),
    "no_final_newline": lambda rng: gen.genome(rng, scale=150000, final_newline=False).text(),
    "blank_lines": lambda rng: between(rng, b"\n"),
    "blank_crlf_lines": lambda rng: between(rng, b"\r\n"),
    "iupac": lambda rng: repeated(rng, b"ACGTNRYKMSWBDHVrykmswbdhvUu"),
    "lower": lambda rng: gen.Record(b"low", gen.dna(rng, 1 << 20).lower(), 60).text(),
    "rna": lambda rng: repeated(rng, b"ACGUacgu"),
    "protein": lambda rng: repeated(rng, b"ACDEFGHIKLMNPQRSTVWY*-"),
    "empty_contigs": lambda rng: b">a\n>b\n\n>c d\nACGT\n" + b"".join(
        b">%d\n" % i for i in range(120000)),
    "many_records": many_records,
    "long_lines": long_lines,
    "width_one": lambda rng: gen.Record(b"w", gen.dna(rng, 700000), 1).text(),
    "all_n": lambda rng: gen.Record(b"n", b"N" * 2000000, 60).text(),
    "one_base": lambda rng: b">a\nA",
    "header_alone": lambda rng: b">a",
    "empty": lambda rng: b"",
    "blank_lines_alone": lambda rng: b"\n" * 70000,
    "whole_stretches": lambda rng: b">x\n" + gen.dna(rng, 4 * 522240 - 3),
    "whole_small_stretches": lambda rng: b">x\n" + gen.dna(rng, (2 << 20) - 4) + b"\n",
}


@pytest.fixture(name="pair")
def make_pair(lode, work):
    return Pair(lode, work)


class Pair:
    """The two ways, in two directories, so that names and places are the same."""

    def __init__(self, lode, work):
        self.lode, self.work = lode, work
        for way in "two", "one":
            (work / way).mkdir()

    def two_steps(self, source, text, *options, index=()):
        self.lode("compress", "-q", source, "-o", "two/g.fa.gz", *options, stdin=text)
        return self.lode.run("index", "two/g.fa.gz", *index)

    def one_pass(self, source, text, *options, index=()):
        return self.lode.run("compress", source, "-o", "one/g.fa.gz", "--index", *options, *index,
                             stdin=text)

    def files(self, way):
        return {p.name: p.read_bytes() for p in (self.work / way).iterdir()}

    def check(self, source, text=b"", options=(), index=(), threads=(2,)):
        """True when the text could be indexed. What is said is the same too, but for names."""
        named = b"standard input" if source == "-" else os.fsencode(source)
        wanted = self.two_steps(source, text, *options, index=index)
        for n in threads:
            for path in (self.work / "one").iterdir():
                path.unlink()
            made = self.one_pass(source, text, *options, "-@", str(n), index=index)
            assert made.returncode == wanted.returncode, (made.stderr, wanted.stderr)
            said = wanted.stderr.replace(b"two/g.fa.gz.lode", b"one/g.fa.gz.lode")
            assert made.stderr == said.replace(b"two/g.fa.gz", named) and made.stdout == b""
            assert self.files("one") == (self.files("two") if wanted.returncode == 0 else {})
        return wanted.returncode == 0


@pytest.mark.parametrize("options", [(), ("--block-size", "512")], ids=["default", "512"])
@pytest.mark.parametrize("case", TEXTS)
def test_both_files_equal_those_of_two_steps(pair, work, case, options):
    text = TEXTS[case](rng_of(case))
    (work / "in").write_bytes(text)
    assert pair.check("in", options=("-l", "1", *options), threads=(1, 2, 5))
    digests = ("--digest",)
    assert pair.check("in", options=("-l", "1", *options), index=digests, threads=(1, 3))


@pytest.mark.parametrize("case", ["real_like", "crlf", "long_lines", "empty", "header_alone"])
def test_however_the_text_comes(pair, work, case):
    text = TEXTS[case](rng_of(case))
    ways = {"plain": text, "gzip": gen.plain_gzip(text), "members": gen.plain_gzip(text, 7),
            "bgzip": gen.by_bgzip(text), "no_eof": gen.bgzf(text, eof=False) or gen.by_bgzip(text),
            "odd": gen.bgzf_odd(text, random.Random(1))}
    made = set()
    for name, data in ways.items():
        (work / name).write_bytes(data)
        assert pair.check(name, options=("-l", "1"))
        assert pair.check("-", data, options=("-l", "1"))
        made.add(tuple(sorted(pair.files("one").items())))
    assert len(made) == 1  # all are the same text


def noise(rng):
    return rng.randbytes(100000).translate(None, b"\n\r>")


def every_byte(rng, number):
    """A header line with every byte value, some more often: nothing to match, so that compressors
    give codes to bytes alone."""
    many = b"".join(bytes([b]) * (13 if b % 4 == 0 else 1) for b in range(256) if b not in b"\n\r")
    return b">%d " % number + bytes(rng.sample(many, len(many))) + b"\r\n"


@pytest.mark.parametrize("layout", ["ordinary", "small", "restart"])
@pytest.mark.parametrize("case", ["noise", "noise_then_n", "much_noise", "n", "short"])
def test_layouts_whose_first_blocks_are_not_restart_blocks(pair, lode, work, layout, case):
    rng = rng_of(f"layout {case}")
    seq = gen.dna(rng, 300000)
    text = {"noise": b">x " + noise(rng) + b"\n" + seq + b"\n",
            "noise_then_n": b">x " + noise(rng) + b"\n" + b"N" * 200000 + seq + b"\n",
            "much_noise": b">x " + noise(rng) * 7 + b"\n" + seq + b"\n",
            "n": b">x\n" + b"N" * 600000 + seq + b"\n",
            "short": b">x\nACGT\n"}[case]
    (work / "in").write_bytes(text)
    for options in (), ("--block-size", "700"), ("--block-size", "5000"), ("-l", "1"):
        assert pair.check("in", options=("--layout", layout, *options), threads=(1, 3))
        lode("verify", "-q", "--full", "one/g.fa.gz")


@pytest.mark.parametrize("before, layout", [(0, "restart"), (3, "restart"), (7, "restart"),
                                            (8, "small"), (30, "small")])
def test_ordinary_blocks_that_turn_out_to_be_restart_blocks(pair, lode, work, before, layout):
    rng = rng_of("all values")
    first = b">first\r\n" + gen.dna(rng, before * 2200 - 10) + b"\r\n" if before else b""
    text = first + b"".join(every_byte(rng, i) for i in range(40))
    (work / "in").write_bytes(text)
    assert pair.check("in", options=("-l", "1", "--block-size", "2200"), threads=(1, 3))
    shown = json.loads(lode.out("ls", "--json", "one/g.fa.gz"))
    assert shown["layout"] == layout
    lode("verify", "-q", "--full", "one/g.fa.gz")
    assert lode.out("export", "one/g.fa.gz", "--fasta") == text


@pytest.mark.parametrize("options", [("-l", "0"), ("-l", "6"), ("-l", "9"),
                                     ("--block-size", "4096"), ("--block-size", "65279")])
def test_levels_and_block_sizes(pair, work, options):
    (work / "in").write_bytes(TEXTS["real_like"](rng_of("levels")))
    assert pair.check("in", options=options)


def test_what_is_made_is_right(pair, lode, work):
    """By samtools and the text, not only by the other way."""
    genome = gen.genome(rng_of("right"), scale=100000)
    assert pair.check("-", genome.text())
    assert lode.out("export", "one/g.fa.gz", "--fasta") == genome.text()
    regions = oracle.random_regions(rng_of("regions"), genome.bases, 60)
    oracle.write_regions(work / "regions", regions)
    assert lode.out("get", "one/g.fa.gz", "-r", "regions") == oracle.expected(regions)
    lode("verify", "-q", "--full", "one/g.fa.gz")
    subprocess.run(["bgzip", "-t", work / "one/g.fa.gz"], check=True)


def data_files():
    data = conftest.data_directory()
    if data is None:
        return ["LODE_DATA"]
    return sorted(f"{place}/{path.name}" for place in ("odd", "genomes")
                  for path in (data / place).iterdir()
                  if path.name.endswith((".fa", ".fa.gz")))


@pytest.mark.parametrize("name", data_files())
def test_real_files(pair, lode, work, data, name):
    source = data / name
    for options in (), ("--block-size", "512"):
        if pair.check(source, options=("-l", "1", *options), threads=(1, 2, 5)):
            lode("verify", "-q", "--full", "one/g.fa.gz")
    pair.check("-", oracle.read_text(source), options=("-l", "1"))
    pair.check(source, options=("-l", "1"), index=("--duplicates", "first"))


# --------------------------------------------------------------------------- cannot be indexed --

@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_indexed_is_not_written(pair, work, case):
    text, line = REFUSED[case]
    (work / "in").write_bytes(text)
    assert not pair.check("in")
    before = b">first\n" + b"ACGT\n" * 400000  # the fault comes in a later stretch
    done = pair.one_pass("-", before + text)
    if re.match(rb"[\n>]", text):
        said = done.stderr.decode()
        assert re.search(rf"standard input: .*line {line + 400001}\b", said), said
    pair.check("-", before + text, options=("-l", "1"), threads=(1, 2, 5))


def test_random_faults_give_the_same_message(pair, work):
    """Several in one text: the first is the one that is named, whatever the stretches."""
    rng = rng_of("faults")
    clean = gen.genome(rng, widths=(60, 61, 7), scale=800000).text()
    for _ in range(12):
        text = bytearray(clean)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text[at:at + 1] = rng.choice([b"", b"\n", b" ", b">", b"\x01", b"\r", b"AC", b"\n\n"])
        (work / "in").write_bytes(text)
        pair.check("in", options=("-l", "1"), threads=(1, 2, 5))


@pytest.mark.parametrize("text", [b"@r\nACGT\n+\nIIII\n", b"BAM\x01\0\0\0\0", b"CRAM\x03\0"],
                         ids=["fastq", "bam", "cram"])
def test_other_formats_are_refused_as_by_index(lode, work, text):
    (work / "in").write_bytes(text)
    wanted = lode("index", "in", status=2).stderr
    assert lode("compress", "in", "-o", "o.gz", "--index", status=2).stderr == wanted
    said = lode("compress", "-", "-o", "o.gz", "--index", stdin=text, status=2).stderr
    assert said == wanted.replace(b"in:", b"standard input:", 1)
    assert os.listdir(work) == ["in"]


def test_duplicate_names(pair, work):
    rng = rng_of("duplicates")
    text = many_records(rng) + b">r7\nACGT\n"
    (work / "in").write_bytes(text)
    assert not pair.check("in", options=("-l", "1"))
    assert b"r7" in pair.one_pass("in", b"").stderr
    assert pair.check("in", options=("-l", "1"), index=("--duplicates", "first"), threads=(1, 5))


# ------------------------------------------------------------------------- names, places, time --

def reused(done):
    return int(re.search(rb"\((\d+) reused", done.stderr)[1])


def test_index_afterwards_has_nothing_to_do(lode, work):
    for turn in range(8):
        text = b">a\n" + b"ACGT\n" * (turn * 1000)
        assert reused(lode("compress", "-", "-o", "o.fa.gz", "--index", stdin=text)) == 0
        before = (work / "o.fa.gz.lode").read_bytes()
        assert reused(lode("index", "o.fa.gz")) == 1
        assert (work / "o.fa.gz.lode").read_bytes() == before


def test_trap_edit_after_it_is_seen_by_the_next_index(lode, work):
    """Same size, same first and last 4 KiB, at once."""
    text = b">a\n" + b"ACGT\n" * 10000
    for _ in range(5):
        lode("compress", "-q", "-l", "0", "-", "-o", "o.fa.gz", "--index", stdin=text)
        with open(work / "o.fa.gz", "r+b") as file:
            file.seek(20000)
            file.write(b"C")
        assert b"damaged" in lode("index", "o.fa.gz", status=1).stderr


def test_links_are_kept_and_followed(pair, lode, work):
    """The index lies beside the link, or where a link of its own leads."""
    text = TEXTS["real_like"](rng_of("links"))
    for way in "one", "two":
        (work / way / "store").mkdir()
        (work / way / "elsewhere").mkdir()
        (work / way / "store/real.gz").write_bytes(b"old")
        (work / way / "g.fa.gz").symlink_to("store/real.gz")
        (work / way / "h.fasta.gz").symlink_to("store/not_yet.gz")
        (work / way / "elsewhere/x.lode").write_bytes(b"")
        (work / way / "h.fasta.gz.lode").symlink_to("elsewhere/x.lode")
    for name in "g.fa.gz", "h.fasta.gz":
        lode("compress", "-q", "-", "-o", f"two/{name}", stdin=text)
        lode("index", "-q", f"two/{name}")
        lode("compress", "-q", "-", "-o", f"one/{name}", "--index", stdin=text)
        assert (work / "one" / name).is_symlink()
        assert reused(lode("index", f"one/{name}")) == 1
    for name in ("g.fa.gz", "g.fa.gz.lode", "store/real.gz", "h.fasta.gz", "h.fasta.gz.lode",
                 "store/not_yet.gz", "elsewhere/x.lode"):
        assert (work / "one" / name).read_bytes() == (work / "two" / name).read_bytes()
    assert sorted(os.listdir(work / "one")) == sorted(os.listdir(work / "two"))
    lode("verify", "-q", "--full", "one/g.fa.gz")


@pytest.mark.parametrize("name", ["x", "x.gz", "a b.fa.gz", "x.FNA.bgz", "d/../y.fa.gz",
                                  "\u00e4.fasta"])
def test_names_and_places(lode, work, name):
    text = b">a\nACGT\n"
    for way in "one", "two":
        (work / way / "d").mkdir(parents=True)
    lode("compress", "-q", "-", "-o", f"two/{name}", stdin=text)
    lode("index", "-q", f"two/{name}")
    for out in f"one/{name}", work / "one" / name:
        lode("compress", "-q", "-", "-o", out, "--index", stdin=text)
        for suffix in "", ".lode":
            assert (work / f"one/{name}{suffix}").read_bytes() == (
                work / f"two/{name}{suffix}").read_bytes()


def test_in_the_present_directory(lode, work):
    lode("compress", "-q", "-", "-o", "g.fa.gz", "--index", stdin=b">a\nACGT\n")
    one = (work / "g.fa.gz.lode").read_bytes()
    (work / "g.fa.gz.lode").unlink()
    lode("index", "-q", "g.fa.gz")
    assert (work / "g.fa.gz.lode").read_bytes() == one


def test_places_that_are_refused(lode, work):
    (work / "in.fa").write_bytes(b">a\nACGT\n")
    (work / "o.gz.lode").write_bytes(b"not an index")
    (work / "d").mkdir()
    (work / "p.gz.lode").symlink_to("p.gz")
    (work / "empty").write_bytes(b"")
    os.link(work / "empty", work / "e.gz.lode")
    before = sorted(os.listdir(work))
    for source, out, status, said in (("in.fa", "o.gz", 2, b"o.gz.lode"), ("in.fa", "d", 1, b"d:"),
                                      ("in.fa", "p.gz", 2, b"p.gz.lode"),
                                      ("in.fa", "no/o.gz", 1, b"no/o.gz"),
                                      ("in.fa", "in.fa", 2, b"in.fa"),
                                      ("empty", "e.gz", 2, b"e.gz.lode")):
        assert said in lode("compress", source, "-o", out, "--index", status=status).stderr
        assert sorted(os.listdir(work)) == before
    assert (work / "o.gz.lode").read_bytes() == b"not an index"


@pytest.mark.parametrize("options", [("--index",), ("--index", "-o", "-"),
                                     ("--digest", "-o", "o.gz"),
                                     ("--duplicates", "first", "-o", "o.gz")])
def test_usage(lode, work, options):
    done = lode("compress", "-", *options, stdin=b">a\nACGT\n", status=2)
    assert done.stdout == b"" and b"--index" in done.stderr and os.listdir(work) == []


def test_what_it_says(lode, work):
    done = lode("compress", "-", "-o", "o.fa.gz", "--index", stdin=b">a\nACGT\n")
    assert done.stderr == b"lode: o.fa.gz.lode: 1 source, 1 contig, 4 bases (0 reused)\n"
    assert lode("compress", "-q", "-", "-o", "o.fa.gz", "--index", "--digest",
                stdin=b">a\nACGT\n").stderr == b""
    done = lode("compress", "-q", "-", "-o", "o.fa.gz", "--index", stdin=b"")
    assert b"digests" in done.stderr and b"standard input: holds no records" in done.stderr

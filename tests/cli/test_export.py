"""What an index exports is what the tools of those formats make from the same file."""
import random
import re
import subprocess

import pytest

import gen
import oracle


@pytest.fixture
def exported(lode, work):
    """exported(text, writer) indexes the text and returns (path, export function)."""
    def make(text, writer="bgzip"):
        path = gen.write_file(work / ("g" + gen.suffix(writer)), text, writer, lode=lode,
                              rng=random.Random(1))
        lode("index", "-q", path)
        return path, lambda *args: lode.out("export", path, *args)
    return make


GENOMES = {
    "lf": lambda: gen.genome(random.Random(20)).text(),
    "crlf": lambda: gen.genome(random.Random(21), eol=b"\r\n").text(),
    "no-final-newline": lambda: gen.genome(random.Random(22), final_newline=False).text(),
    "one-line": lambda: b">one\nACGT",
    "blank-lines": lambda: b"\n\n>a\nAC\n\n>b desc  ription\nA\n\n",
}
each_genome = pytest.mark.parametrize("genome", GENOMES)


@each_genome
@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_fasta_is_the_text(exported, genome, writer):
    text = GENOMES[genome]()
    _, export = exported(text, writer)
    assert export("--fasta") == text


@each_genome
@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_fai_is_that_of_samtools(exported, genome, writer):
    text = GENOMES[genome]()
    path, export = exported(text, writer)
    subprocess.run(["samtools", "faidx", path], check=True, capture_output=True)
    assert export("--fai") == (path.parent / (path.name + ".fai")).read_bytes()


def test_fai_leaves_empty_contigs_out(exported):
    _, export = exported(b">e\n>a\nACGT\n>f\n", "plain")
    assert export("--fai") == b"a\t4\t6\t4\t5\n"


def test_gzi_is_that_of_bgzip(exported):
    path, export = exported(gen.genome(random.Random(3), scale=200000).text())
    subprocess.run(["bgzip", "-r", path], check=True)
    assert export("--gzi") == (path.parent / (path.name + ".gzi")).read_bytes()


def test_gzi_with_empty_blocks_is_that_of_bgzip(lode, work):
    text = gen.genome(random.Random(4)).text()
    half = len(text) // 2
    empty = gen.block(b"")
    path = work / "e.fa.gz"
    path.write_bytes(empty + gen.bgzf(text[:half], size=4096, eof=False) + empty + empty +
                     gen.bgzf(text[half:], size=5000))
    lode("index", "-q", path)
    subprocess.run(["bgzip", "-r", path], check=True)
    assert lode.out("export", path, "--gzi") == (work / "e.fa.gz.gzi").read_bytes()


def test_gzi_of_plain_text_is_refused(lode, work):
    (work / "a.fa").write_bytes(b">a\nA\n")
    lode("index", "-q", "a.fa")
    assert b"plain" in lode("export", "a.fa", "--gzi", status=2).stderr


@each_genome
def test_dict_is_that_of_samtools_apart_from_ur(exported, genome):
    text = GENOMES[genome]()
    path, export = exported(text, "plain")
    theirs = subprocess.run(["samtools", "dict", path], check=True, capture_output=True).stdout
    assert export("--dict") == re.sub(rb"\tUR:[^\n]*", b"", theirs)


def test_sizes(exported):
    text = gen.genome(random.Random(5)).text()
    _, export = exported(text)
    expected = b"".join(b"%s\t%d\n" % (name, len(seq)) for name, seq in oracle.parse(text))
    assert export("--sizes") == expected


def bed(text, pattern):
    return b"".join(b"%s\t%d\t%d\n" % (name, m.start(), m.end())
                    for name, seq in oracle.parse(text) for m in re.finditer(pattern, seq))


def masked(rng, length):
    """Letters only, in lower and upper case runs of all sizes, with runs of N."""
    out = b""
    while len(out) < length:
        piece = bytes(rng.choices(b"ACGT", k=int(rng.expovariate(1 / rng.choice([1, 3, 300])) + 1)))
        if rng.random() < 0.05:
            piece = b"N" * rng.randrange(1, 2000)
        out += piece.lower() if rng.random() < 0.5 else piece
    return out[:length]


@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_gaps_and_mask_are_those_of_the_text(exported, writer):
    rng = random.Random(6)
    contigs = [masked(rng, n) for n in (1, 65536, 65537, 300000, 3, 131072)]
    # a case change at every base: the bin becomes a bit map
    contigs.append(b"aCgTn" * 30000)
    text = b"".join(b">c%d\n%s\n" % (i, seq) for i, seq in enumerate(contigs))
    _, export = exported(text, writer)
    assert export("--gaps") == bed(text, rb"[Nn]+")
    assert export("--mask") == bed(text, rb"[a-z]+")


def test_of_several_sources_one_is_named(lode, work):
    (work / "d").mkdir()
    (work / "d/a.fa").write_bytes(b">x\nAC\n")
    (work / "d/b.fa").write_bytes(b">x\nACG\n")
    lode("index", "-q", "d")
    assert b"name one" in lode("export", "d", "--sizes", status=2).stderr
    assert lode.out("export", "d", "--sizes", "b") == b"x\t3\n"
    lode("export", "d", "--sizes", "c", status=3)


def test_fasta_that_changed_is_not_exported(lode, work):
    (work / "a.fa").write_bytes(b">x\nACGT\n")
    lode("index", "-q", "a.fa")
    (work / "a.fa").write_bytes(b">x\nACGA\n")
    assert lode("export", "a.fa", "--fasta", status=5).stdout == b""
    assert lode.out("export", "a.fa", "--sizes") == b"x\t4\n"

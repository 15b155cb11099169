"""Packed bases: every command answers as it does from the FASTA, without it."""
import json
import os
import random
import shutil

import pytest
import spec_reader

import gen
import oracle

PROTEIN = bytes(b"ACDEFGHIKLMNPQRSTVWY*-"[i % 22] for i in range(256))


def protein(rng, length):
    return rng.randbytes(length).translate(PROTEIN)


def texts(rng):
    rna = gen.dna(rng, 5000).replace(b"T", b"U")
    both = rna + b"TtU"
    odd = gen.spots(rng, gen.dna(rng, 30000), 300, 3, lambda s: bytes(rng.choice(b"-*.RYKMx") for _ in s))
    cased = bytes(c | (32 if rng.random() < .5 else 0) for c in gen.dna(rng, 200000))
    records = [gen.Record(b"rna", rna, 70), gen.Record(b"both", both, 60), gen.Record(b"e", b""),
               gen.Record(b"odd", odd, 61, b" with letters"), gen.Record(b"cased", cased, 200000),
               gen.Record(b"n", b"N" * 150000, 60), gen.Record(b"p", protein(rng, 9000), 80)]
    return {
        "genome": gen.genome(rng).text(),
        "crlf": gen.genome(rng, b"\r\n", scale=3000).text(),
        "open": gen.genome(rng, scale=3000, final_newline=False).text(),
        "kinds": b"\n\n".join(r.text() for r in records) + b"\n\n",
        "proteins": b"".join(gen.Record(b"p%d" % i, protein(rng, 300)).text() for i in range(200)),
        "blank": b"\n\n\n",
        "empty": b"",
    }


TEXTS = sorted(texts(random.Random(1)))


def check_reads(lode, work, index, text, rng):
    bases = {}
    for name, seq in oracle.parse(text):
        bases.setdefault(name, seq)
    if not any(bases.values()):
        return
    regions = oracle.random_regions(rng, bases, 400, 30000)
    oracle.write_regions(work / "regions", regions)
    assert lode.out("get", index, "-r", work / "regions") == oracle.expected(regions)
    got = lode.out("get", index, "-i", "--upper", "-r", work / "regions", "-n", "0")
    want = [oracle.reverse_complement(seq).upper() for _, seq in regions]
    assert [seq for _, seq in oracle.records_of(got)] == want
    reader = spec_reader.Index(index)
    for name, seq in bases.items():
        for begin in (0, len(seq) // 2):
            assert reader.fetch(name, begin, min(begin + 300, len(seq))) == seq[begin:begin + 300]


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("writer", ["plain", "bgzip", "python-odd"])
def test_without_the_fasta(lode, work, kind, writer):
    rng = random.Random(kind + writer)
    text = texts(rng)[kind]
    fasta = gen.write_file(work / f"x{gen.suffix(writer)}", text, writer, rng=rng)
    lode("index", "-q", "--pack", fasta)
    index = work / f"{fasta.name}.lode"
    lode("verify", "-q", "--full", fasta)
    exports = {what: lode.out("export", fasta, what) for what in
               ("--fai", "--sizes", "--gaps", "--mask", "--dict")}
    lode("index", "-q", fasta, "-o", work / "plain.lode")
    for what, out in exports.items():
        assert lode.out("export", work / "plain.lode", what) == out
    fasta.unlink()
    assert lode.out("export", index, "--fasta") == text
    check_reads(lode, work, index, text, rng)
    assert lode.out("export", index, "--dict") == exports["--dict"]
    lode("verify", index)
    assert b"x.fa" in lode("verify", "--full", index, status=1).stderr


def test_real_genomes(lode, work, data):
    for path in sorted((data / "genomes").glob("*.gz")) + sorted((data / "many").glob("*.gz")):
        fasta = work / path.name
        shutil.copy(path, fasta)
        lode("index", "-q", "--pack", fasta)
        lode("verify", "-q", "--full", fasta)
        text = oracle.read_text(fasta)
        fasta.unlink()
        index = work / f"{path.name}.lode"
        assert lode.out("export", index, "--fasta") == text
        rng = random.Random(path.name)
        regions = oracle.random_regions(rng, dict(oracle.parse(text)), 200)
        oracle.write_regions(work / "regions", regions)
        assert lode.out("get", index, "-r", work / "regions") == oracle.expected(regions)
        os.remove(index)


def test_odd_files(lode, work, data):
    kept = 0
    for path in sorted((data / "odd").iterdir()):
        if path.suffix == ".tsv":
            continue
        fasta = work / path.name
        shutil.copy(path, fasta)
        done = lode.run("index", "-q", "--pack", "--duplicates", "first", fasta)
        if done.returncode != 0:
            assert lode.run("index", "-q", "--duplicates", "first", fasta).returncode != 0
            continue
        kept += 1
        assert lode.out("export", fasta, "--fasta") == oracle.read_text(fasta)
        lode("verify", "-q", "--full", fasta)
    assert kept > 15


def test_protein_longer_than_what_is_scanned_at_a_time(lode, work):
    """That it is stored as bytes is known when megabytes of it are packed: it took for ever once."""
    rng = random.Random(6)
    late = gen.dna(rng, 3 << 20).lower() + protein(rng, 6 << 20)
    for name, seq in ("protein", protein(rng, 9 << 20)), ("late", late):
        text = gen.Record(b"p", seq, 80).text()
        (work / "p.fa").write_bytes(text)
        lode("index", "-q", "--pack", "p.fa")
        assert lode.out("export", "p.fa", "--fasta") == text
        lode("verify", "-q", "--full", "p.fa")
        for begin in rng.sample(range(len(seq) - 100), 20):
            region = b"p:%d-%d" % (begin + 1, begin + 100)
            assert lode.out("get", "p.fa", region, "-n", "0") == b">" + region + b"\n" + \
                seq[begin:begin + 100] + b"\n", name


def test_a_stale_fasta_answers_what_was_indexed(lode, work):
    rng = random.Random(3)
    old, new = gen.dna(rng, 5000), gen.dna(rng, 5000)
    fasta = work / "a.fa"
    fasta.write_bytes(gen.Record(b"c", old).text())
    lode("index", "-q", "--pack", fasta)
    fasta.write_bytes(gen.Record(b"c", new).text())
    for command in ("get", "c:1-60"), ("export", "--fasta"):
        done = lode(command[0], fasta, command[1], status=5)
        assert done.stdout == b"" and b"a.fa.lode" in done.stderr
    assert lode.out("get", work / "a.fa.lode", "c:1-60") == oracle.record(b"c:1-60", old[:60])
    assert lode("verify", "--quick", fasta, status=5).stderr.count(b"a.fa") >= 1
    lode("index", "-q", "--pack", fasta)
    assert lode.out("get", fasta, "c:1-60") == oracle.record(b"c:1-60", new[:60])


def test_taken_over_from_an_older_index(lode, work):
    """Whatever is added, changed or taken away, the bytes are those of a build from nothing."""
    rng = random.Random(8)
    root = work / "d"
    root.mkdir()
    paths = [root / f"{i}.fa" for i in range(12)]
    for step in range(8):
        for path in rng.sample(paths, 4):
            if path.exists() and rng.random() < .4:
                path.unlink()
            else:
                seqs = [rng.choice([gen.real_like, protein])(rng, rng.choice([1, 70, 3001]))
                        for _ in range(rng.randrange(4))]
                path.write_bytes(b"".join(gen.Record(b"c%d" % i, s).text() for i, s in enumerate(seqs)))
        if not any(root.glob("*.fa")):
            continue
        lode("index", "-q", "--pack", "-@", str(step % 3 + 1), root)
        made = (root / "index.lode").read_bytes()
        lode("index", "-q", "--pack", "--rescan", root)
        assert (root / "index.lode").read_bytes() == made
        lode("verify", "-q", "--full", root)


@pytest.mark.parametrize("how", [[], ["--rescan"]], ids=["", "rescan"])
def test_packed_bases_are_not_lost_by_the_way(lode, work, how):
    """They may be all there is of a FASTA that changed."""
    (work / "a.fa").write_bytes(b">a\nACGT\n")
    lode("index", "-q", "--pack", "a.fa")
    index = (work / "a.fa.lode").read_bytes()
    assert json.loads(lode.out("stat", "a.fa", "--json"))["packed_size"] == 1 + 64
    (work / "a.fa").write_bytes(b"")
    done = lode("index", *how, "a.fa", status=2)
    assert b"--pack" in done.stderr and (work / "a.fa.lode").read_bytes() == index
    (work / "b.fa").write_bytes(b">b\nACGT\n")
    (work / "b.fa.gz.lode").write_bytes(index)
    lode("compress", "--index", "b.fa", "-o", "b.fa.gz", status=2)
    assert not (work / "b.fa.gz").exists() and (work / "b.fa.gz.lode").read_bytes() == index
    (work / "a.fa.lode").unlink()
    lode("index", "-q", "a.fa")
    assert json.loads(lode.out("stat", "a.fa", "--json"))["packed_size"] == 0


def test_sources_that_are_gone_are_told(lode, work):
    (work / "d").mkdir()
    for name in "abc":
        (work / f"d/{name}.fa").write_bytes(b">x\nACGT\n")
    lode("index", "-q", "--pack", "d")
    (work / "d/b.fa").unlink()
    assert b"warning: no longer among the inputs" in (done := lode("index", "--pack", "d")).stderr
    assert b"b.fa" in done.stderr


def test_smallest_packed_index(lode, work):
    """The example of SPEC 5.14."""
    (work / "a.fa").write_bytes(b">a\nacGTNU\n")
    lode("index", "-q", "--pack", "a.fa")
    index = spec_reader.Index(work / "a.fa.lode", pages=True)
    off, rows, _ = index.table("BASE")
    assert index.data[off:off + rows] == bytes([0xE4, 0x0C]) + bytes(64)
    at, rows, _ = index.table("CASE")
    assert index.data[at:at + 2 * rows] == b"\0\0\2\0"
    assert index.table("EXCP")[1] == 2
    assert lode.out("get", "a.fa", "a") == b">a\nacGTNU\n"


@pytest.mark.parametrize("at", [70000, 150000, 200000])
def test_a_damaged_byte_answers_nothing(lode, work, at):
    rng = random.Random(at)
    seq = gen.dna(rng, 1000000)
    (work / "a.fa").write_bytes(gen.Record(b"c", seq).text())
    lode("index", "-q", "--pack", "a.fa")
    index = work / "a.fa.lode"
    base = spec_reader.Index(index).table("BASE")[0]
    damaged = bytearray(index.read_bytes())
    damaged[base + at] ^= 0x10
    index.write_bytes(damaged)
    region = b"c:%d-%d" % (4 * at + 1, 4 * at + 60)
    done = lode("get", index, region, status=4)
    assert done.stdout == b"" and b"damaged" in done.stderr
    assert b"BASE" in lode("verify", index, status=4).stderr
    far = (4 * at + 500000) % 900000
    assert lode.out("get", index, b"c:%d-%d" % (far + 1, far + 60)) == \
        oracle.record(b"c:%d-%d" % (far + 1, far + 60), seq[far:far + 60])

#!/usr/bin/env python3
"""make.py LODE: writes the sealed files of the version that LODE is, FASTA from a seeded generator
and an index of each, over those that are there. tests/cli/test_sealed.py reads them ever after."""
import random
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
import gen  # noqa: E402

SEED = 20
# What is indexed, and the options that it takes.
OPTIONS = {"duplicates.fa": ["--duplicates", "first"], "digests.fa": ["--digest"],
           "packed.fa.gz": ["--pack"], "packed_kinds.fa": ["--pack"]}
MEMBERS = ("a.fa", "b.fa.gz", "c.fa")  # of the directory "set"
CODECS = ("raw", "zstd", "blocks")  # of stores in the directory "records"


def text(records, eol=b"\n", final_newline=True):
    return gen.Genome(records, eol, final_newline).text()


def plain(rng):
    return text([gen.Record(b"one", gen.dna(rng, 1000), 60, b" described"),
                 gen.Record(b"two", gen.dna(rng, 61), 61),
                 gen.Record(b"three", b"acgtRYKMryNnUu", 5)], final_newline=False)


def masked(rng):
    """Soft mask, N runs, IUPAC letters; more than one BGZF block and one piece of text."""
    return text([gen.Record(b"chr%d" % i, gen.real_like(rng, length), 60)
                 for i, length in enumerate((12000, 1, 4096, 700), 1)])


def runs_of_n(rng):
    a, b = gen.dna(rng, 333), gen.dna(rng, 500).lower()
    return text([gen.Record(b"edges", b"N" * 100 + a + b"N" * 5000 + b + b"n" * 77, 80),
                 gen.Record(b"all", b"N" * 900, 100)])


def crlf(rng):
    return text([gen.Record(b"dos%d" % i, gen.dna(rng, 150 * i), 70, b" text") for i in range(1, 5)],
                b"\r\n")


def empty(rng):
    return text([gen.Record(b"nothing", b""), gen.Record(b"some", gen.dna(rng, 100)),
                 gen.Record(b"nothing:2", b""), gen.Record(b"more:1-5", gen.dna(rng, 100)),
                 gen.Record(b"end", b"")])


def duplicates(rng):
    return text([gen.Record(name, gen.dna(rng, 80)) for name in (b"x", b"y", b"x", b"z", b"x")])


def protein(rng):
    letters = bytes(b"ACDEFGHIKLMNPQRSTVWY"[i % 20] for i in range(256))
    return text([gen.Record(b"p%d" % i, rng.randbytes(90 + i).translate(letters) + b"*", 60)
                 for i in range(3)])


def kinds(rng):
    """Each way to store a contig, and text that no record covers."""
    rna = gen.dna(rng, 500).replace(b"T", b"U")
    records = [gen.Record(b"rna", rna, 70), gen.Record(b"both", rna + b"Tt", 60, b" T and U"),
               gen.Record(b"none", b""), gen.Record(b"cased", b"aC" * 5000, 61)]
    return b"\n" + text(records) + b"\n\n" + protein(rng)


def compressed(lode, data, layout):
    return subprocess.run([lode, "compress", "-q", "-", "--layout", layout], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def collection(rng, directory):
    """Files of both kinds, one of them in a directory of its own, with a name that two share."""
    (directory / "more").mkdir(parents=True)
    for name, contigs in (("a.fa", 2), ("more/b.fna.gz", 3)):
        data = text([gen.Record(b"c%d" % i, gen.dna(rng, 400)) for i in range(contigs)])
        (directory / name).write_bytes(gen.bgzf(data, 700) if name.endswith(".gz") else data)


def members(rng, directory):
    """What becomes a set: one file after the other is added."""
    directory.mkdir()
    for i, name in enumerate(MEMBERS):
        data = text([gen.Record(b"m%d:%d" % (i, k), gen.real_like(rng, 300 * k + 1), 60)
                     for k in range(3)] + [gen.Record(b"shared", gen.dna(rng, 50))])
        (directory / name).write_bytes(gen.bgzf(data, 700) if name.endswith(".gz") else data)


def records(rng, directory):
    """Records of several sizes; the second file replaces some of the first, in a set."""
    directory.mkdir()
    lines = [b'{"id": "r%d", "value": "%s"}\n' % (i, gen.dna(rng, rng.choice((0, 7, 90, 3000))))
             for i in range(60)]
    (directory / "a.jsonl").write_bytes(b"".join(lines))
    (directory / "b.jsonl").write_bytes(b"".join(lines[50:]).replace(b"value", b"other"))


def store(lode, cwd):
    made = ["rec", "import", "-q", "--key", "id"]
    for codec in CODECS:
        subprocess.run([lode, *made, "--codec", codec, f"records/{codec}.lode", "records/a.jsonl"],
                       cwd=cwd, check=True)
    for name in ("a", "b"):
        subprocess.run([lode, *made, "--add", "records/set.lode", f"records/{name}.jsonl"], cwd=cwd,
                       check=True)
    subprocess.run([lode, "rec", "rm", "records/set.lode", "r7"], cwd=cwd, check=True)


def write(lode, directory):
    rng = random.Random(SEED)
    (directory / "plain.fa").write_bytes(plain(rng))
    (directory / "masked.fa.gz").write_bytes(gen.bgzf(masked(rng), 6000))
    (directory / "masked_odd.fa.gz").write_bytes(gen.bgzf_odd(masked(rng), rng))
    (directory / "runs_of_n.fa.gz").write_bytes(gen.bgzf(runs_of_n(rng), eof=False))
    (directory / "crlf.fa").write_bytes(crlf(rng))
    (directory / "empty.fa").write_bytes(empty(rng))
    (directory / "duplicates.fa").write_bytes(duplicates(rng))
    (directory / "protein.fa").write_bytes(protein(rng))
    (directory / "digests.fa").write_bytes(crlf(rng).swapcase())
    collection(rng, directory / "collection")
    (directory / "packed.fa.gz").write_bytes(gen.bgzf(masked(rng), 6000))
    (directory / "packed_kinds.fa").write_bytes(kinds(rng))
    (directory / "small.fa.gz").write_bytes(compressed(lode, masked(rng), "small"))
    (directory / "restart.fa.gz").write_bytes(compressed(lode, masked(rng), "restart"))
    members(rng, directory / "set")
    records(rng, directory / "records")


def inputs(directory):
    return sorted(p.name for p in directory.iterdir() if p.suffix != ".lode")


def index(lode, name, cwd):
    if name == "set":
        for member in MEMBERS:
            subprocess.run([lode, "index", "-q", "--digest", "--add", f"set/{member}",
                            "set/all.lode"], cwd=cwd, check=True)
        return
    if name == "records":
        store(lode, cwd)
        return
    subprocess.run([lode, "index", "-q", *OPTIONS.get(name, []), name], cwd=cwd, check=True)


def version(lode):
    """Major and minor version of the command: the name of its directory."""
    told = subprocess.run([lode, "--version"], capture_output=True, text=True, check=True).stdout
    return ".".join(told.split()[1].split(".")[:2])


def main():
    lode = Path(sys.argv[1]).resolve()
    directory = HERE / version(lode)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    write(lode, directory)
    for name in inputs(directory):
        index(lode, name, directory)
    size = sum(p.stat().st_size for p in directory.rglob("*") if p.is_file())
    print(f"{directory}: {size} bytes")


if __name__ == "__main__":
    main()

"""A seeded genome as text, and the files made of it."""

from __future__ import annotations

import random
from pathlib import Path

import lode
import pysam
import pytest

COMPLEMENT = str.maketrans("ACGTNRYacgtnry", "TGCANYRtgcanyr")


def revcomp(text: str) -> str:
    return text.translate(COMPLEMENT)[::-1]


def make_genome(seed: int, lengths: list[int], prefix: str = "chr") -> dict[str, str]:
    """Soft-masked contigs with runs of N and a few IUPAC letters."""
    rng = random.Random(seed)
    genome = {}
    for i, length in enumerate(lengths):
        bases = rng.choices("ACGT", k=length)
        for _ in range(length // 700):
            at, n = rng.randrange(length), rng.randrange(1, 400)
            bases[at : at + n] = [b.lower() for b in bases[at : at + n]]
        for _ in range(length // 9000):
            at, n = rng.randrange(length), rng.randrange(1, 90)
            bases[at : at + n] = "N" * len(bases[at : at + n])
        if length > 10:
            bases[rng.randrange(length)] = rng.choice("RY")
        genome[f"{prefix}{i + 1}"] = "".join(bases)
    return genome


def write_fasta(path: Path, genome: dict[str, str], width: int = 60) -> None:
    with path.open("w") as out:
        for name, bases in genome.items():
            out.write(f">{name} about {name}\n")
            out.writelines(bases[i : i + width] + "\n" for i in range(0, len(bases), width))


@pytest.fixture(scope="session")
def genome() -> dict[str, str]:
    return make_genome(11, [200_000, 77_777, 61, 1, 150_001])


@pytest.fixture(scope="session")
def fasta(genome: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("genome")
    write_fasta(directory / "g.fa", genome)
    pysam.tabix_compress(str(directory / "g.fa"), str(directory / "g.fa.gz"))
    return directory / "g.fa.gz"


@pytest.fixture(scope="session", params=["bgzf", "plain", "packed"])
def ix(request: pytest.FixtureRequest, fasta: Path, tmp_path_factory: pytest.TempPathFactory):
    """The same genome by each way that lode reads."""
    if request.param == "plain":
        return lode.index(fasta.with_suffix(""))
    if request.param == "packed":
        out = tmp_path_factory.mktemp("packed") / "g.lode"
        return lode.index(fasta, out, pack=True)
    return lode.index(fasta)


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory):
    """Two sources that share a contig name; the genomes by source name."""
    directory = tmp_path_factory.mktemp("many")
    genomes = {"a": make_genome(1, [5000, 300]), "sub/b": make_genome(2, [4000, 70, 9], "ctg")}
    genomes["sub/b"]["chr1"] = "ACGTNacgtn" * 30
    (directory / "sub").mkdir()
    write_fasta(directory / "a.fa", genomes["a"])
    write_fasta(directory / "sub" / "b.fna", genomes["sub/b"], 77)
    return lode.index(directory), genomes

"""lode.compat.fastar on a directory of genomes, against the text itself."""

from __future__ import annotations

import pickle
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pysam
import pytest
from conftest import make_genome, revcomp, write_fasta
from lode.compat.fastar import FastarLoader, read_sequence, util


def add(directory, name, genome):
    path = directory / f"{name}.fna"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_fasta(path, genome)
    pysam.tabix_compress(str(path), str(path) + ".gz", force=True)
    path.unlink()


@pytest.fixture
def assemblies(tmp_path):
    genomes = {
        "GCF_1": make_genome(1, [30_000, 500, 20]),
        "foo/GCA_2": make_genome(2, [9000, 70]),
        "foo/bar[1]/GCF_3": make_genome(3, [100_000]),
    }
    for name, genome in genomes.items():
        add(tmp_path, name, genome)
    return tmp_path, genomes


def check(loader, genomes, least=0):
    assert sorted(loader.names) == sorted(genomes)
    rng = random.Random(3)
    for name, genome in genomes.items():
        long = {c: s for c, s in genome.items() if len(s) >= least}
        assert loader.contigs(name) == [(c, len(s)) for c, s in long.items()]
        for contig, bases in long.items():
            for _ in range(20):
                start = rng.randrange(len(bases))
                n = rng.randrange(len(bases) - start + 1)
                got = loader.read_sequence(name, contig, start, n)
                assert got.dtype == np.uint8 and got.tobytes().decode() == bases[start : start + n]


@pytest.mark.parametrize("how", [{}, {"no_cache": True}, {"storage_method": "memory"}])
def test_loader(assemblies, how):
    path, genomes = assemblies
    loader = FastarLoader(path, show_progress=False, num_workers=2, **how)
    check(loader, genomes)
    assert (path / "index.lode").exists() == (not how.get("no_cache"))
    check(pickle.loads(pickle.dumps(loader)), genomes)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        got = pool.submit(loader.read_sequence, "GCF_1", "chr1", 7, 50).result()
    assert got.tobytes().decode() == genomes["GCF_1"]["chr1"][7:57]


def test_names_and_lengths(assemblies):
    path, genomes = assemblies
    some = ["foo/GCA_2", "GCF_1"]
    loader = FastarLoader(path, names=some)
    check(loader, {name: genomes[name] for name in some})
    with pytest.raises(KeyError):
        loader.contigs("foo/bar[1]/GCF_3")
    check(FastarLoader(path, min_contig_length=100, show_progress=False), genomes, 100)
    check(FastarLoader(path, show_progress=False), genomes)
    with pytest.raises(KeyError):
        FastarLoader(path, min_contig_length=100).read_sequence("GCF_1", "chr3", 0, 1)


def test_bounds(assemblies):
    path, genomes = assemblies
    loader = FastarLoader(path, show_progress=False)
    for start, n in ((19, 2), (20, 1), (25, 1), (-1, 3), (0, 2**62), (2**62, 2**62)):
        with pytest.raises((ValueError, MemoryError)):
            loader.read_sequence("GCF_1", "chr3", start, n)
    with pytest.raises(ValueError):
        loader.read_sequence("GCF_1", "chr3", 5, -1)
    assert loader.read_sequence("GCF_1", "chr3", 20, 0).shape == (0,)
    with pytest.raises(KeyError):
        loader.read_sequence("GCF_1", "chr9", 0, 1)


def test_changes_are_seen(assemblies):
    path, genomes = assemblies
    old = FastarLoader(path, show_progress=False)
    genomes["GCF_1"] = make_genome(7, [40_000])
    add(path, "GCF_1", genomes["GCF_1"])
    genomes["new"] = make_genome(8, [900])
    add(path, "new", genomes["new"])
    with pytest.raises(OSError):
        old.read_sequence("GCF_1", "chr1", 0, 10)
    check(FastarLoader(path, show_progress=False), genomes)
    (path / "bad.fna.gz").write_bytes(b"not gzip at all\n" * 9)
    with pytest.raises((ValueError, OSError)):
        FastarLoader(path, show_progress=False)
    with pytest.warns(UserWarning, match="bad"):
        check(FastarLoader(path, strict=False, show_progress=False), genomes)


def test_read_sequence(assemblies):
    path, genomes = assemblies
    file = path / "GCF_1.fna.gz"
    for _ in range(2):  # with and without an index
        assert (
            read_sequence(file, "chr2", 3, 40).tobytes().decode() == genomes["GCF_1"]["chr2"][3:43]
        )
    with pytest.raises(OSError):
        read_sequence(path / "absent.fna.gz", "chr1", 0, 1)


def test_util(genome):
    text = genome["chr1"][:2000] + "ACGTUacgtuRN*-"
    ascii = np.frombuffer(text.encode(), np.uint8)
    for given in (ascii, text.encode()):
        codes = util.ascii_to_sequence(given)
        assert codes.dtype == np.int64
        assert codes.tolist() == ["ACGT".find(c) % 5 for c in text.upper().replace("U", "T")]
        assert util.ascii_to_softmask(given).tolist() == [c.islower() for c in text]
    plain = genome["chr2"][:500]
    got = util.ascii_to_sequence(plain.encode(), reverse_complement=True)
    assert got.tolist() == util.ascii_to_sequence(revcomp(plain).encode()).tolist()
    assert util.translate_integers(ascii[:4], {int(c): 9 for c in ascii[:4]}).tolist() == [9] * 4
    with pytest.raises(KeyError):
        util.translate_integers(ascii, {1: 2})

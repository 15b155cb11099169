"""Opening, names, single reads: against the text itself, pysam and pyfaidx."""

from __future__ import annotations

import copy
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import lode
import numpy as np
import pyfaidx
import pysam
import pytest
from conftest import make_genome, revcomp, write_fasta


def test_contigs(ix, genome):
    assert list(ix.contigs) == list(genome)
    assert dict(ix.contigs) == {name: len(bases) for name, bases in genome.items()}
    assert "chr1" in ix.contigs and "chr9" not in ix.contigs and 3 not in ix.contigs
    assert len(ix.contigs) == len(genome) == ix.contig_count
    assert len(ix) == 1 and list(ix) == ix.sources == ["g"]


def test_fetch_kinds(ix, genome):
    text = genome["chr1"]
    assert ix.fetch("chr1", 100, 160, kind="str") == text[100:160]
    assert ix.fetch("chr1", 100, 160, kind="bytes") == text[100:160].encode()
    array = ix.fetch("chr1", 100, 160)
    assert array.dtype == np.uint8 and array.shape == (60,) and array.flags.writeable
    assert array.tobytes().decode() == text[100:160]
    assert ix.fetch("chr2", kind="str") == genome["chr2"]
    assert ix.fetch(b"chr2", 77_000, kind="str") == genome["chr2"][77_000:]
    assert ix.fetch("chr1", 5, 5).shape == (0,)
    with pytest.raises(ValueError, match="kind"):
        ix.fetch("chr1", 0, 1, kind="list")


def test_fetch_random(ix, genome):
    rng = random.Random(5)
    for _ in range(500):
        name = rng.choice(list(genome))
        start = rng.randrange(len(genome[name]) + 1)
        end = rng.randrange(start, min(len(genome[name]), start + 70_000) + 1)
        want = genome[name][start:end]
        assert ix.fetch(name, start, end, kind="str") == want
        assert ix.fetch(name, start, end, kind="str", strand="-") == revcomp(want)
        assert ix.fetch(name, start, end, kind="str", upper=True) == want.upper()


def test_as_pysam_and_pyfaidx(ix, fasta):
    with pysam.FastaFile(str(fasta)) as theirs, pyfaidx.Fasta(str(fasta)[:-3]) as other:
        assert list(ix.contigs) == list(theirs.references)
        assert list(ix.contigs.values()) == list(theirs.lengths)
        for region in ("chr1:1-60", "chr2:70,001-70,100", "chr3", "chr5:149990-999999"):
            want = theirs.fetch(region=region.replace(",", ""))
            assert ix.fetch_region(region, kind="str") == want
        assert ix.fetch_region("chr5:150000-", kind="str") == theirs.fetch("chr5", 149_999)
        assert ix.fetch("chr1", 17, 99, kind="str") == other["chr1"][17:99].seq


def test_out(ix, genome):
    out = np.zeros(100, np.uint8)
    assert ix.fetch("chr1", 40, 100, out=out) == 60
    assert out[:60].tobytes().decode() == genome["chr1"][40:100] and not out[60:].any()
    room = bytearray(60)
    assert ix.fetch("chr1", 40, 100, out=room) == 60
    assert room.decode() == genome["chr1"][40:100]
    with pytest.raises(ValueError, match="60 bytes do not fit into 59"):
        ix.fetch("chr1", 40, 100, out=np.zeros(59, np.uint8))
    other = np.zeros(200, np.uint8)
    for bad in (bytes(60), np.zeros(60, np.int32), np.zeros(60, bool)):
        with pytest.raises(TypeError):
            ix.fetch("chr1", 40, 100, out=bad)
    for steps in (other[::2], other[::-1]):
        with pytest.raises(ValueError, match="not contiguous"):
            ix.fetch("chr1", 40, 100, out=steps)
    assert not other.any()


def test_bounds(ix, genome):
    text = genome["chr3"]
    with pytest.raises(ValueError, match=r"-1..5 is not inside contig"):
        ix.fetch("chr3", -1, 5)
    with pytest.raises(lode.RangeError):
        ix.fetch("chr3", 5, 62)
    with pytest.raises(ValueError, match="behind"):
        ix.fetch("chr3", 5, 4)
    assert ix.fetch("chr3", -7, 65, bounds="clip", kind="str") == text
    assert ix.fetch("chr3", 100, 200, bounds="clip", kind="str") == ""
    assert ix.fetch("chr3", -2, 63, bounds="pad", kind="str") == "NN" + text + "NN"
    for begin, end in ((-(2**63), 2**63 - 1), (2**63 - 1, 2**63 - 1)):
        with pytest.raises((ValueError, MemoryError)):
            ix.fetch("chr3", begin, end)
    with pytest.raises(ValueError, match="bounds"):
        ix.fetch("chr3", 0, 1, bounds="wrap")


def test_unknown_names(ix):
    with pytest.raises(KeyError, match="no contig 'chrX'") as error:
        ix.fetch("chrX", 0, 1)
    assert "\\n" not in str(error.value) and error.value.status == "LODE_E_NOT_FOUND"
    with pytest.raises(KeyError):
        ix["nobody"]
    with pytest.raises(ValueError):
        ix.fetch(99, 0, 1)
    with pytest.raises(TypeError):
        ix.fetch(1.5, 0, 1)


def test_collection(collection):
    ix, genomes = collection
    assert ix.sources == sorted(genomes)
    assert "a" in ix and "b" not in ix
    assert repr(ix["sub/b"]) == "<lode.Source 'sub/b': 4 contigs, 4,379 bases>"
    for name, genome in genomes.items():
        assert dict(ix[name].contigs) == {c: len(s) for c, s in genome.items()}
        for contig, bases in genome.items():
            assert ix.fetch(name, contig, 1, 9, bounds="clip", kind="str") == bases[1:9]
            assert ix.fetch(name, contig, kind="str") == bases
            assert ix[name].fetch(contig, 2, kind="str") == bases[2:]
    with pytest.raises(KeyError, match="several sources"):
        ix.fetch("chr1", 0, 5)
    assert ix.fetch("ctg2", 0, 5, kind="str") == genomes["sub/b"]["ctg2"][:5]
    assert ix.fetch_region("sub/b::chr1:1-10", kind="str") == "ACGTNacgtn"


def test_pickle_and_publish_again(tmp_path):
    path = tmp_path / "g.fa"
    write_fasta(path, make_genome(3, [900]))
    ix = lode.index(path)
    for twin in (pickle.loads(pickle.dumps(ix)), copy.copy(ix)):
        assert twin.fetch("chr1", kind="bytes") == ix.fetch("chr1", kind="bytes")
        assert twin.content_id == ix.content_id
    kept = pickle.dumps(ix)
    write_fasta(path, make_genome(4, [901]))
    lode.index(path)
    with pytest.raises(lode.StaleError):
        pickle.loads(kept)


def test_stale_and_damaged(tmp_path):
    path = tmp_path / "g.fa"
    genome = make_genome(3, [90_000])
    write_fasta(path, genome)
    ix = lode.index(path)
    text = path.read_text()
    path.write_text(text.replace(">chr1", ">chromosome1"))
    with pytest.raises(OSError, match="index it again"):
        lode.open(path).fetch("chr1", 0, 10)
    at = 50_000
    path.write_text(text[:at] + ("C" if text[at] == "A" else "A") + text[at + 1 :])
    ix = lode.open(path)
    assert ix.fetch("chr1", 0, 60, kind="str") == genome["chr1"][:60]
    with pytest.raises(lode.DamagedError):
        ix.fetch("chr1")
    path.unlink()
    with pytest.raises(OSError):
        lode.open(path.with_suffix(".fa.lode")).fetch("chr1", 0, 1)


def test_close_and_repr(fasta):
    with lode.open(fasta) as ix:
        assert repr(ix) == "<lode.Index 'g.fa.gz.lode': 1 sources, 5 contigs>"
        ix.fetch("chr1", 0, 1)
    assert ix.closed and "closed" in repr(ix)
    with pytest.raises(ValueError, match="closed"):
        ix.fetch("chr1", 0, 1)
    with pytest.raises(ValueError, match="closed"):
        ix.fetch_many([0], [0], [1])
    ix.close()


def test_open_paths(collection, tmp_path):
    ix, _ = collection
    assert lode.open(Path(ix.path).parent).content_id == ix.content_id
    assert lode.open(ix.path).content_id == ix.content_id
    (tmp_path / "x.fa").write_text(">c\nACGT\n")
    with pytest.raises(FileNotFoundError, match="lode.index"):
        lode.open(tmp_path / "x.fa")
    with pytest.raises(OSError):
        lode.open(tmp_path / "absent.fa")
    (tmp_path / "bad.lode").write_bytes(b"nonsense" * 100)
    with pytest.raises(lode.CorruptIndexError):
        lode.open(tmp_path / "bad.lode")


def test_build_errors_and_progress(tmp_path):
    (tmp_path / "reads.fq").write_text("@r\nACGT\n+\nIIII\n")
    with pytest.raises(lode.FormatError, match="FASTQ"):
        lode.index(tmp_path / "reads.fq")
    (tmp_path / "twice.fa").write_text(">c\nACGT\n>c\nGG\n")
    with pytest.raises(ValueError, match="twice"):
        lode.index(tmp_path / "twice.fa")
    assert lode.index(tmp_path / "twice.fa", duplicates="first").fetch("c", kind="str") == "ACGT"
    with pytest.warns(UserWarning, match="reads.fq"):
        files = [tmp_path / "reads.fq", tmp_path / "twice.fa"]
        ix = lode.index(files, tmp_path / "x.lode", lenient=True, duplicates="first")
    assert ix.sources == ["twice"]
    seen = []
    write_fasta(tmp_path / "g.fa", make_genome(9, [300_000]))
    lode.index(tmp_path / "g.fa", progress=lambda done, total: seen.append((done, total)))
    size = (tmp_path / "g.fa").stat().st_size
    assert seen and all(0 <= done <= total == size for done, total in seen)

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        lode.index(tmp_path / "g.fa", tmp_path / "y.lode", rescan=True, progress=stop)
    with pytest.raises(FileNotFoundError):
        lode.index(tmp_path / "absent.fa")
    with pytest.raises(ValueError, match="empty"):
        lode.index([])


def test_bytes_that_are_no_utf8(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/n\xff.fa")
    with open(path, "wb") as out:
        out.write(b">c\xff1\nACGT\n")
    ix = lode.index(path)
    assert list(ix.contigs) == ["c\udcff1"] and ix.fetch("c\udcff1", kind="str") == "ACGT"
    assert ix.fetch(b"c\xff1", 1, 3, kind="bytes") == b"CG"
    for name in ("c\udcfe", "\ud800", "a\0b", ""):
        assert name not in ix.contigs
        with pytest.raises(KeyError):
            ix.fetch(name)


def test_truncated_while_open(fasta, tmp_path):
    for pack in (False, True):
        path = tmp_path / "t.lode"
        lode.index(fasta, path, pack=pack, rescan=True)
        ix = lode.open(path)
        os.truncate(path, 4096)
        for call in (
            lambda ix=ix: ix.fetch("chr1", 0, 200_000),
            lambda ix=ix: ix.fetch_many([0, 1], [0, 0], [70_000, 70_000]),
            lambda ix=ix: list(ix.contigs),
        ):
            with pytest.raises(lode.CorruptIndexError):
                call()
        path.unlink()


def test_close_under_readers(fasta, genome):
    want = genome["chr2"].encode()
    for _ in range(10):
        ix, wrong = lode.open(fasta), []

        def read(ix=ix, wrong=wrong):
            try:
                while True:
                    if ix.fetch("chr2", kind="bytes") != want:
                        wrong.append(1)
            except ValueError:
                pass

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.01)
        ix.close()
        for thread in threads:
            thread.join(timeout=60)
            assert not thread.is_alive()
        assert not wrong


def test_numbers_of_numpy(ix, genome):
    assert ix.fetch(np.int64(1), np.int64(3), np.int32(9), kind="str") == genome["chr2"][3:9]


def test_html(collection, tmp_path):
    ix, _ = collection
    shown = ix._repr_html_()
    assert "<td>sub/b</td><td>4</td><td>4,379</td>" in shown and shown.count("<tr>") == 3
    (tmp_path / "a<b>&.fa").write_text(">c\nA\n")
    odd = lode.index(tmp_path / "a<b>&.fa")
    assert "<td>a&lt;b&gt;&amp;</td>" in odd._repr_html_() and "<b>" not in odd._repr_html_()
    odd.close()
    assert "closed" in odd._repr_html_()


def test_numbers_are_no_names(tmp_path):
    """A NumPy start once sent a call to the overload of (source, contig)."""
    write_fasta(tmp_path / "aa.fa", {"x0": "A" * 50})
    write_fasta(tmp_path / "chr1.fa", {"chr1": "CGT" * 20})
    ix = lode.index(tmp_path)
    for start in (0, np.int64(0), np.uint8(0)):
        assert ix.fetch("chr1", start, 6, kind="str") == "CGTCGT"
        assert ix.fetch("chr1", "chr1", start, 6, kind="str") == "CGTCGT"
        assert ix["chr1"].fetch("chr1", start, np.int32(6), kind="str") == "CGTCGT"
    assert ix.fetch("chr1", np.int64(57), kind="str") == "CGT"
    for bad in (("chr1", 0.0, 6), ("chr1", 0, 0, 5), ("chr1", 0, 6.5)):
        with pytest.raises(TypeError):
            ix.fetch(*bad)


def test_signal_in_a_build(tmp_path):
    """What a handler raises comes out, as it is."""
    write_fasta(tmp_path / "g.fa", make_genome(5, [400_000]))

    def late(*_):
        raise TimeoutError("late")

    def wait(done, total):
        time.sleep(0.3)

    before = signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(TimeoutError, match="late"):
            lode.index(tmp_path / "g.fa", progress=wait)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_null_in_paths(fasta):
    with pytest.raises(ValueError, match="null"):
        lode.open(str(fasta) + ".lode\0junk.lode")
    with pytest.raises(ValueError, match="null"):
        lode.index(fasta, str(fasta) + "\0x")


def test_odd_arguments(ix, fasta, tmp_path):
    for bad in (1.5, float("nan"), [0, 1.0], "chr1"):
        with pytest.raises(ValueError):
            ix.lengths(bad)
    for source in (-(2**63), -2, 1, 2**62):
        with pytest.raises(IndexError, match="no source number"):
            ix.contig_number(source, "chr1")
    assert repr(lode.Index.__new__(lode.Index)) == "<lode.Index, not open>"
    where = lode.intervals(([b"chr1", "chr2"], [0, 1], [5, 6]))
    assert where.contigs == ["chr1", "chr2"]
    with pytest.raises(TypeError, match="progress"):
        lode.index(fasta, tmp_path / "p.lode", progress=5)
    path = os.fsencode(tmp_path / "b.lode")
    with lode.index(os.fsencode(fasta), path) as made, lode.open(path) as opened:
        assert made.content_id == opened.content_id


def test_strand_as_a_number(ix, genome):
    text = genome["chr1"][100:130]
    for strand, want in ((1, text), (0, text), (-1, revcomp(text)), (np.int8(-1), revcomp(text))):
        assert ix.fetch("chr1", 100, 130, kind="str", strand=strand) == want
        assert ix["g"].fetch("chr1", 100, 130, kind="str", strand=strand) == want
        assert ix.fetch("g", "chr1", 100, 130, kind="str", strand=strand) == want
    for strand in ("minus", "", 2, -2, True, False, 1.0, b"-"):
        with pytest.raises(ValueError, match="strand is '\\+', '-' or '.', or 1, -1 or 0"):
            ix.fetch("chr1", 100, 130, strand=strand)
    for strand in (None, np.True_):
        with pytest.raises((TypeError, ValueError)):
            ix.fetch("chr1", 100, 130, strand=strand)


def test_region_behind_the_end(ix):
    for region in ("chr3:999999", "chr3:62", "chr3:62-", "chr3:999999-1000000"):
        assert ix.fetch_region(region, kind="str") == ""
        assert ix.fetch_region(region).shape == (0,)


def agrees(contigs):
    names = list(contigs)
    assert len(contigs) == len(names) == len(set(names)) == len(dict(contigs))
    assert all(name in contigs and contigs[name] >= 0 for name in names)
    return dict(contigs)


def test_contigs_agree_with_themselves(collection, tmp_path):
    ix, genomes = collection
    every = agrees(ix.contigs)
    assert "chr1" not in every and "chr1" not in ix.contigs
    assert set(every) == {"chr2", "ctg1", "ctg2", "ctg3"}
    assert len(ix.contigs) == 4 < ix.contig_count
    for name in genomes:
        assert len(agrees(ix[name].contigs)) == len(genomes[name]) == len(ix[name])
    (tmp_path / "a.fa").write_text(">c\nACGT\n>d\nA\n>c\nGG\n>c\n\n")
    (tmp_path / "b.fa").write_text(">d\nACG\n>e\nAC\n>e\nA\n")
    one = lode.index(tmp_path / "a.fa", duplicates="first")
    assert agrees(one.contigs) == {"c": 4, "d": 1} and repr(one.contigs) == "{'c': 4, 'd': 1}"
    two = lode.index(tmp_path, duplicates="first")
    assert agrees(two.contigs) == {"c": 4, "e": 2}
    assert agrees(two["a"].contigs) == {"c": 4, "d": 1}
    assert agrees(two["b"].contigs) == {"d": 3, "e": 2}


def test_nothing_is_said_at_the_end_of_a_worker(fasta):
    code = (
        "import multiprocessing as mp, sys, lode\n"
        "def work(ix): kept.append(ix); print(ix.fetch('chr1', 0, 1, kind='str'))\n"
        "kept = []\n"
        "if __name__ == '__main__':\n"
        "    ix = lode.index(sys.argv[1])\n"
        "    p = mp.get_context('spawn').Process(target=work, args=(ix,))\n"
        "    p.start(); p.join()\n"
    )
    script = fasta.parent / "spawned.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script, fasta], capture_output=True, text=True)
    assert done.returncode == 0 and len(done.stdout) == 2 and "leak" not in done.stderr

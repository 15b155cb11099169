"""The Python package beside pysam and pyfaidx: both sides in one process, by turns, the same
places, results compared first; medians. Files: those that scripts/bench.sh makes.

    bench_python.py DATA [--json FILE]      DATA: build/bench-data/full or .../quick
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import lode
import numpy as np
import pyfaidx
import pysam

ROUNDS, WINDOW = 5, 196_608


def places(ix, n, length, seed=1):
    rng = np.random.default_rng(seed)
    names = [name for name, k in ix.contigs.items() if k >= length]
    weights = np.array([ix.contigs[name] for name in names], float)
    which = rng.choice(len(names), n, p=weights / weights.sum())
    return [(names[k], int(rng.integers(ix.contigs[names[k]] - length + 1))) for k in which]


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def pair(row, ours, peer, n, peer_n, unit, scale, peer_name, rows):
    a, b = [], []
    for i in range(ROUNDS):
        for side in "ab" if i % 2 else "ba":
            if side == "a":
                a.append(seconds(ours) / n * scale)
            elif peer is not None:
                b.append(seconds(peer) / peer_n * scale)
    us, them = statistics.median(a), statistics.median(b) if b else None
    ratio = None if them is None else them / us
    rows.append(
        {"row": row, "ours": us, "peer": them, "unit": unit, "ratio": ratio, "peer_name": peer_name}
    )
    shown = "" if them is None else f"{them:12.4g} {ratio:8.2f}x  {peer_name}"
    print(f"{row:28}{us:10.4g} {unit}{shown}", flush=True)


def open_index(data, name, pack=False):
    fasta, index = data / name, data / f"{name}{'.packed' if pack else ''}.lode"
    return lode.open(index) if index.exists() else lode.index(fasta, index, pack=pack)


def short_reads(data, name, label, rows):
    ix, out = open_index(data, name, True), np.empty(60, np.uint8)
    at = places(ix, 100_000, 60)
    with pysam.FastaFile(str(data / name)) as theirs:
        for contig, start in at[:200]:
            want = theirs.fetch(contig, start, start + 60)
            assert ix.fetch(contig, start, start + 60, kind="str") == want

    def read(**how):
        for contig, start in at:
            ix.fetch(contig, start, start + 60, **how)

    for kind, how in (("bytes", {"kind": "bytes"}), ("array", {}), ("out", {"out": out})):

        def ours(how=how):
            read(**how)

        pair(f"py_get60_packed_{label}_{kind}", ours, None, len(at), 1, "us", 1e6, "", rows)


def long_reads(data, name, label, rows):
    ix = open_index(data, name)
    at = places(ix, 100, WINDOW)
    theirs = pysam.FastaFile(str(data / name))
    other = pyfaidx.Fasta(str(data / name), as_raw=True)
    for c, s in at[:20]:
        want = theirs.fetch(c, s, s + WINDOW)
        assert ix.fetch(c, s, s + WINDOW, kind="str") == want == other[c][s : s + WINDOW]

    # what is read is used and dropped, as a loop over windows does: no side pays for new pages
    def ours():
        return sum(len(ix.fetch(c, s, s + WINDOW)) for c, s in at)

    def peer():
        return sum(len(theirs.fetch(c, s, s + WINDOW)) for c, s in at)

    def slow():  # more blocks than its cache of 100 holds
        return sum(len(other[c][s : s + WINDOW]) for c, s in at)

    n, row = len(at), f"py_get196k_bgzf_{label}"
    pair(row, ours, peer, n, n, "us", 1e6, f"pysam {pysam.__version__}", rows)
    pair(row + "_pyfaidx", ours, slow, n, n, "us", 1e6, f"pyfaidx {pyfaidx.__version__}", rows)


def onehot(data, rows):
    encoding, n = lode.onehot(np.float32), 256
    out, other = np.zeros((2, n, WINDOW, 4), np.float32)
    for name, pack, threads in (("big.fa.gz", True, 1), ("sm.fa.gz", False, 2)):
        ix = open_index(data, name, pack)
        at = places(ix, n, WINDOW, 2)
        theirs = pysam.FastaFile(str(data / name))
        ids, starts = ix.ids([c for c, _ in at]), np.array([s for _, s in at])

        def ours(ix=ix, ids=ids, starts=starts, threads=threads):
            ix.fetch_many(ids, starts, starts + WINDOW, encoding=encoding, out=out, threads=threads)

        def peer(theirs=theirs, at=at):
            for i, (c, s) in enumerate(at):
                codes = np.frombuffer(theirs.fetch(c, s, s + WINDOW).encode(), np.uint8)
                np.take(encoding.table, codes, axis=0, out=other[i], mode="clip")

        ours(), peer()
        assert np.array_equal(out, other)
        row = f"py_onehot256_{'packed' if pack else 'bgzf'}_t{threads}"
        pair(row, ours, peer, 1, 1, "ms", 1e3, f"pysam {pysam.__version__} + np.take", rows)


def genvarloader(data, rows):
    """Its memory map holds the bases in upper case, one byte each, made from the FASTA first."""
    try:
        import genvarloader as gvl
        import polars as pl
    except ImportError:
        print("SKIPPED: GenVarLoader is not installed (pip install genvarloader)")
        return
    ix = open_index(data, "sm.fa.gz", True)
    with tempfile.TemporaryDirectory(dir=data) as folder:
        fasta = Path(folder, "sm.fa.bgz")  # the suffix it wants
        for end in ("", ".fai", ".gzi"):
            Path(str(fasta) + end).symlink_to(Path(str(data / "sm.fa.gz") + end).resolve())
        theirs = gvl.Reference.from_path(fasta, in_memory=False)
        at = ix.random_windows(256, WINDOW, max_n=1.0, seed=2)
        names = [ix.contig_name(i) for i in at.ids.tolist()]
        bed = pl.DataFrame({"chrom": names, "chromStart": at.starts, "chromEnd": at.ends})
        dataset = gvl.RefDataset(theirs, bed, output_length=WINDOW)
        encoding = lode.onehot(np.float32)
        out, other = np.zeros((2, 256, WINDOW, 4), np.float32)

        def ours():
            return ix.fetch_many(*at, upper=True)

        def peer():
            return dataset[:]

        def ours_onehot():
            ix.fetch_many(*at, encoding=encoding, out=out)

        def peer_onehot():
            codes = dataset[:].view(np.uint8)
            np.take(encoding.table, codes, axis=0, out=other, mode="clip")

        assert np.array_equal(ours(), peer().view(np.uint8))
        name = f"genvarloader {gvl.__version__}"
        pair("py_bytes256_packed_gvl", ours, peer, 1, 1, "ms", 1e3, name, rows)
        ours_onehot(), peer_onehot()
        assert np.array_equal(out, other)
        row = "py_onehot256_packed_gvl"
        pair(row, ours_onehot, peer_onehot, 1, 1, "ms", 1e3, name + " + np.take", rows)


def opening(data, rows):
    path = data / "many.fa.gz"
    index = str(path) + ".lode"

    def ours():
        for _ in range(100):
            with lode.open(index) as ix:
                ix.fetch(0, 0, 1)

    def peer():
        with pysam.FastaFile(str(path)) as theirs:
            theirs.fetch(theirs.references[0], 0, 1)

    open_index(data, "many.fa.gz")
    ours(), peer()
    pair("py_open_1m", ours, peer, 100, 1, "us", 1e6, f"pysam {pysam.__version__}", rows)


def main():
    data, rows = Path(sys.argv[1]), []
    print(f"lode {lode.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}")
    for name, label in (("up.fa.gz", "up"), ("big.fa.gz", "sm")):
        short_reads(data, name, label, rows)
    for name, label in (("up.fa.gz", "up"), ("sm.fa.gz", "sm")):
        long_reads(data, name, label, rows)
    onehot(data, rows)
    genvarloader(data, rows)
    opening(data, rows)
    if "--json" in sys.argv:
        Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

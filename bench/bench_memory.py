"""What one worker process more costs at many contigs, from Python: lode beside pysam and pyfaidx.

    bench_memory.py FOLDER [--contigs N] [--workers K] [--reads N] [--json FILE]

FOLDER gets the FASTA (made once, from a seed) and the indexes. Workers open (or inherit, by fork),
read N random places by name each, and live on. Shown is what the Kth adds to the sum over all
processes of their share of resident memory (PSS of /proc/self/smaps_rollup) and their page tables
(VmPTE), less what a worker adds that only imported and made its list of places.
"""

import argparse
import json
import mmap
import multiprocessing as mp
import random
import sys
from pathlib import Path

import lode
import numpy as np
import pyfaidx
import pysam

BASES = 20
NAME = "scaffold_{:07d}"


def make(folder, contigs):
    """FASTA, its index by each library; the path of the FASTA."""
    text, fasta = folder / f"many{contigs}.fa", folder / f"many{contigs}.fa.gz"
    if not fasta.exists():
        rng = np.random.default_rng(5)
        letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (contigs, BASES))]
        with text.open("w") as out:
            for i, row in enumerate(letters):
                out.write(f">{NAME.format(i)}\n{row.tobytes().decode()}\n")
        pysam.tabix_compress(str(text), str(fasta), force=True)
        text.unlink()
        pysam.faidx(str(fasta))
        lode.index(fasta).close()
    return fasta


def used_kb():
    """PSS and page tables of this process, in KiB."""
    lines = Path("/proc/self/smaps_rollup").read_text() + Path("/proc/self/status").read_text()
    found = {line.split(":")[0]: line.split()[1] for line in lines.splitlines() if "kB" in line}
    return int(found["Pss"]) + int(found["VmPTE"])


def open_lode(fasta):
    ix = lode.open(fasta)
    return lambda name, start, end: ix.fetch(name, start, end, kind="str")


def open_pysam(fasta):
    return pysam.FastaFile(str(fasta)).fetch


def open_pyfaidx(fasta):
    whole = pyfaidx.Fasta(str(fasta), as_raw=True, rebuild=False)
    return lambda name, start, end: whole[name][start:end]


OPENERS = {"lode": open_lode, "pysam": open_pysam, "pyfaidx": open_pyfaidx, "none": None}
inherited = {}  # by forked workers


def work(kind, inherit, fasta, contigs, reads, number, pipe):
    rng = random.Random(number)
    places = [(NAME.format(rng.randrange(contigs)), rng.randrange(BASES)) for _ in range(reads)]
    opener = OPENERS[kind]
    read = inherited.get(kind) if inherit else opener and opener(fasta)
    total = sum(len(read(name, start, BASES)) for name, start in places) if read else 0
    assert not read or total == sum(BASES - start for _, start in places)
    pipe.send("ready")
    while pipe.recv() == "measure":
        pipe.send(used_kb())


def measure(start, kind, fasta, contigs, reads, workers):
    """KiB that the last worker adds to what all processes use together."""
    context, pipes, people = mp.get_context(start), [], []
    inherit = start == "fork" and kind == "lode"
    if inherit:
        inherited[kind] = open_lode(fasta)
        inherited[kind](NAME.format(0), 0, BASES)

    def begin():
        ours, theirs = context.Pipe()
        how = (kind, inherit, fasta, contigs, reads, len(people), theirs)
        people.append(context.Process(target=work, args=how))
        people[-1].start()
        theirs.close()  # a worker that dies is then an EOFError
        pipes.append(ours)
        assert ours.recv() == "ready"

    def total():
        kb = 0
        for pipe in pipes:
            pipe.send("measure")
            kb += pipe.recv()
        return kb + used_kb()

    # this process has the index in its map, whole: no page of it is one worker's alone
    with open(f"{fasta}.lode", "rb") as file, mmap.mmap(file.fileno(), 0, prot=1) as whole:
        assert len(whole[::4096]) > 0
        for _ in range(workers - 1):
            begin()
        total()
        before = total()
        begin()
        added = total() - before
    for pipe, person in zip(pipes, people):
        pipe.send("stop")
        person.join()
    inherited.clear()
    return added


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contigs", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--reads", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    fasta = make(args.folder, args.contigs)
    rows = []
    for start in ("spawn", "fork"):
        how = (fasta, args.contigs, args.reads, args.workers)
        nothing = measure(start, "none", *how)
        kinds = ("lode", "pysam", "pyfaidx") if start == "spawn" else ("lode",)
        for kind in kinds:
            kb = measure(start, kind, *how) - nothing
            version = sys.modules[kind].__version__
            rows.append({"row": f"py_worker_kb_{start}", "library": kind, "kb": kb,
                         "version": version, "contigs": args.contigs, "workers": args.workers,
                         "reads": args.reads, "without_kb": nothing})  # fmt: skip
            print(f"{start:6} {kind:8}{version:>10} {kb:10,} KiB more than {nothing:,}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

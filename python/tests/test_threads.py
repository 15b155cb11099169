"""One index in many threads: every kind of call, and close() under all of them. What a build of
Python without the interpreter lock would break first."""

from __future__ import annotations

import threading
import time

import lode
import numpy as np
import pytest


def run_threads(jobs):
    """Each in a thread of its own; the first exception is raised here."""
    failures = []

    def run(job):
        try:
            job()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


def calls(ix, genome):
    """Functions of a random generator; each makes one call and judges its answer."""
    names = [name for name in genome if len(genome[name]) > 1000]
    ids = {name: int(ix.ids(name)[0]) for name in names}

    def window(rng):
        name = names[rng.integers(len(names))]
        start = int(rng.integers(len(genome[name]) - 300))
        return name, start, start + int(rng.integers(300))

    def fetch(rng):
        name, start, end = window(rng)
        assert ix.fetch(name, start, end, kind="str") == genome[name][start:end]

    def many(rng):
        at = [window(rng) for _ in range(5)]
        data, offsets = ix.fetch_many(
            [ids[n] for n, _, _ in at], [s for _, s, _ in at], [e for _, _, e in at],
            threads=2, ragged=True,
        )  # fmt: skip
        assert bytes(data).decode() == "".join(genome[n][s:e] for n, s, e in at)
        assert len(offsets) == 6

    def compose(rng):
        name, start, end = window(rng)
        assert ix.composition(ids[name], start, end).n[0] == genome[name][start:end].count("N")

    def draw(rng):
        assert (ix.random_windows(3, 100, seed=int(rng.integers(99))).starts >= 0).all()

    def look(rng):
        name = names[rng.integers(len(names))]
        assert ix.contigs[name] == len(genome[name])
        assert ix.contig_name(ids[name]) == name and ix.source_count == 1

    return [fetch, many, compose, draw, look]


def test_every_call_in_eight_threads(ix, genome):
    kinds = calls(ix, genome)

    def job(seed):
        rng = np.random.default_rng(seed)
        for _ in range(400):
            kinds[rng.integers(len(kinds))](rng)

    run_threads([lambda seed=seed: job(seed) for seed in range(8)])


@pytest.mark.parametrize("way", ["bgzf", "packed"])
def test_close_under_every_call(fasta, genome, tmp_path, way):
    path = tmp_path / "g.lode"
    lode.index(fasta, path, pack=way == "packed").close()
    for round_number in range(30):
        ix = lode.open(path)
        kinds = calls(ix, genome)
        started = threading.Barrier(6)

        def job(seed, kinds=kinds, started=started):
            rng = np.random.default_rng(seed)
            started.wait()
            with pytest.raises(ValueError, match="closed"):
                while True:
                    kinds[rng.integers(len(kinds))](rng)

        def closer(ix=ix, started=started, delay=round_number % 5):
            started.wait()
            time.sleep(delay / 1000)
            ix.close()

        run_threads([*(lambda seed=seed, job=job: job(seed) for seed in range(5)), closer])
        assert ix.closed

"""Many fresh processes on one index: each maps it and reads alone (fork and threads: C tests)."""
import random
import subprocess

import gen
import oracle

PROCESSES, REGIONS = 12, 500


def test_trap_spawned_processes_read_right_bases_at_once(lode, work):
    rng = random.Random(40)
    genome = gen.genome(rng, scale=60000)
    path = gen.write_file(work / "g.fa.gz", genome.text(), "bgzip")
    lode("index", "-q", path)
    started = []
    for i in range(PROCESSES):
        regions = oracle.random_regions(random.Random(i), genome.bases, REGIONS)
        oracle.write_regions(work / f"r{i}", regions)
        process = subprocess.Popen([lode, "get", path, "-r", work / f"r{i}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append((process, oracle.expected(regions)))
    for process, expected in started:
        out, _ = process.communicate()
        assert process.returncode == 0
        assert out == expected

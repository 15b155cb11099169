"""What one worker process more costs at a million contigs: bench/bench_memory.py, and its bound."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "bench_memory.py"


@pytest.mark.skipif(not BENCH.exists(), reason="NO bench/: memory of workers is not measured")
@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="NO smaps_rollup: memory is not measured"
)
def test_one_worker_more_costs_less_than_a_megabyte(tmp_path):
    pytest.importorskip("Bio", reason="NO biopython, which pyfaidx needs: memory is not measured")
    out = tmp_path / "memory.json"
    subprocess.run([sys.executable, BENCH, tmp_path, "--json", out], check=True, timeout=600)
    kb = {(row["row"], row["library"]): row["kb"] for row in json.loads(out.read_text())}
    assert len(kb) == 4
    for start in ("spawn", "fork"):
        assert kb[f"py_worker_kb_{start}", "lode"] < 1000, kb
    for peer in ("pysam", "pyfaidx"):  # the method sees what is private
        assert kb["py_worker_kb_spawn", peer] > 50_000, kb

"""An index that is truncated while it is mapped is an OSError, and a bus error that is not the
index's still ends the process with faulthandler's traceback, whichever of the two came first."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import faulthandler, mmap, os, sys
order, index, other = sys.argv[1:]
import lode
if order == "before":
    faulthandler.enable()
ix = lode.open(index)
if order == "after":
    faulthandler.enable()
assert ix.fetch("contig7", 0, 10, kind="str") == "ACGTACGTAC"
os.truncate(index, 4096)
failed = 0
for i in range(0, 20000, 500):
    try:
        ix.fetch(f"contig{i}", 0, 10)
    except (OSError, KeyError) as error:
        failed += isinstance(error, OSError)
print("failed", failed, flush=True)
with open(other, "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    f.truncate(0)
    m[5000]
"""


@pytest.mark.parametrize("order", ["before", "after", "never"])
def test_truncated_index_beside_faulthandler(tmp_path, order):
    import lode

    fasta = tmp_path / "a.fa"
    fasta.write_text("".join(f">contig{i}\nACGTACGTAC\n" for i in range(20000)))
    other = tmp_path / "other"
    other.write_bytes(bytes(8192))
    lode.index(fasta).close()
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, order, f"{fasta}.lode", other],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout.startswith("failed ") and int(run.stdout.split()[1]) > 0
    assert run.returncode == -signal.SIGBUS
    assert ("Fatal Python error: Bus error" in run.stderr) == (order != "never")

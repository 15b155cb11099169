"""Faults put between the command and the system: needs strace and leave to trace, else all is
skipped, loudly. LODE_FAULTS=full takes every point; by default one of a few of them."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).resolve().parents[1] / "cli"
sys.path.insert(0, str(CLI))
FULL = os.environ.get("LODE_FAULTS") == "full"
NO_TRACE = "system calls cannot be traced (strace)"


def can_trace():
    if shutil.which("strace") is None:
        return False
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return done.returncode == 0


def pytest_collection_modifyitems(items):
    if not can_trace():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=NO_TRACE))


def pytest_terminal_summary(terminalreporter):
    if any(NO_TRACE in str(r.longrepr) for r in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"SKIPPED: {NO_TRACE}", yellow=True, bold=True)


@pytest.fixture
def work(tmp_path):
    return tmp_path


@pytest.fixture(scope="session")
def command():
    path = os.environ.get("LODE", str(CLI.parents[1] / "build/release/tools/lode"))
    path = os.path.abspath(path)
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path}: not found; build it, or set LODE", returncode=2)
    return path

"""Shared by all tests of the command.

LODE       the command under test; default: build/release/tools/lode of this repository
LODE_DATA  a directory of real genomes; without it the tests that need one are skipped, loudly
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests"))  # spec_reader
LODE = os.path.abspath(os.environ.get("LODE", REPO / "build/release/tools/lode"))
NO_DATA = "real genomes not found (set LODE_DATA)"
TIMEOUT = 300  # a command that hangs fails its test; nothing else depends on time


class Lode(os.PathLike):
    """Runs the command in a directory; arguments may be str, bytes or Path. As a path it is the
    command's own."""

    def __init__(self, cwd):
        self.path, self.cwd = LODE, cwd

    def __fspath__(self):
        return self.path

    def __call__(self, *args, stdin=b"", status=0, **options):
        done = self.run(*args, stdin=stdin, **options)
        told = f"{args}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}"
        assert done.returncode == status, told
        return done

    def run(self, *args, stdin=b"", **options):
        options.setdefault("cwd", self.cwd)
        return subprocess.run([self.path, *args], input=stdin, capture_output=True,
                              timeout=TIMEOUT, check=False, **options)

    def out(self, *args, **options):
        return self(*args, **options).stdout

    def start(self, *args, **options):
        options.setdefault("cwd", self.cwd)
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen([self.path, *args], stdin=subprocess.DEVNULL, **options)


@pytest.fixture
def work(tmp_path):
    return tmp_path


@pytest.fixture
def lode(work):
    return Lode(work)


def data_directory():
    path = os.environ.get("LODE_DATA", "")
    return Path(path) if path and os.path.isdir(path) else None


@pytest.fixture(scope="session")
def data():
    path = data_directory()
    if path is None:
        pytest.skip(NO_DATA)
    return path


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if any(NO_DATA in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(f"SKIPPED: {NO_DATA}", yellow=True, bold=True)


def pytest_sessionstart():
    if not os.access(LODE, os.X_OK):
        pytest.exit(f"{LODE}: not found; build it, or set LODE", returncode=2)

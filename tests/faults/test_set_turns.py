"""Writers of one set, of whom one is slow where it removes files that are out of use: what the next
one has published by then is none of them."""

import subprocess

import pytest

BUSY = b"another writer is at work"
SLOW = "inject=getdents64:delay_enter=400000"  # it lists the directory late


@pytest.fixture
def lode(command, work):
    def run(*args):
        return subprocess.run([command, *args], cwd=work, capture_output=True, input=b"1",
                              timeout=60, check=False)
    return run


def while_slow(command, work, lode, slow, write):
    """Calls write(0), write(1), ... while the slow command runs: numbers of those that were done."""
    done, i = [], 0
    with subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-e", SLOW, command, *slow], cwd=work,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        while running.poll() is None:
            told = write(i)
            assert told.returncode == 0 or BUSY in told.stderr
            done += [i] if told.returncode == 0 else []
            i += 1
        assert running.returncode == 0 or BUSY in running.stderr.read()
    return done


PUT = ("put", "--add", "s.lode", "slow", "value")


@pytest.mark.parametrize("slow", [("compact", "s.lode"), PUT])
def test_records(command, work, lode, slow):
    (work / "value").write_bytes(b"1")
    lode("rec", "put", "s.lode", "first")
    keys = {b"first"}
    for turn in range(3):
        lode("rec", "put", "--add", "s.lode", f"second{turn}")
        done = while_slow(command, work, lode, ("rec", *slow),
                          lambda i, t=turn: lode("rec", "put", "--add", "s.lode", f"k{t}-{i}"))
        keys |= {b"second%d" % turn, *(b"k%d-%d" % (turn, i) for i in done)}
    there = {line.split(b"\t")[0] for line in lode("rec", "ls", "s.lode").stdout.splitlines()}
    assert there - {b"slow"} == keys
    assert lode("verify", "s.lode").returncode == 0


@pytest.mark.parametrize("add", [True, False])
def test_indexes(command, work, lode, add):
    """The slow one adds to the set, or makes one index of it."""
    (work / "d").mkdir()
    for name in ("a", "b", "slow", *(f"k{i}" for i in range(99))):
        (work / "d" / f"{name}.fa").write_text(f">{name}\nACGT\n")
    lode("index", "d/a.fa", "-o", "s.lode")
    lode("index", "--add", "d/b.fa", "s.lode")
    slow = ("--add", "d/slow.fa", "s.lode") if add else ("d/a.fa", "d/b.fa", "-o", "s.lode")
    done = while_slow(command, work, lode, ("index", *slow),
                      lambda i: lode("index", "--add", f"d/k{i % 99}.fa", "s.lode"))
    there = set(lode("ls", "s.lode").stdout.decode().split())
    assert {"a", "b"} <= there and lode("verify", "s.lode").returncode == 0
    assert not add or {f"k{i % 99}" for i in done} <= there

"""The progress line: on a terminal, for what takes longer than a second, and nowhere else."""
import os
import pty
import signal
import subprocess
import time

import pytest


@pytest.fixture(name="large", scope="module")
def make_large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "big.fa"
    line = b"ACGTTGCATT" * 10 + b"\n"
    path.write_bytes(b">c\n" + line * 1_500_000)
    return path


def on_terminal(command, cwd):
    """What a command writes to a terminal that is its stderr, held for more than a second soon
    after its start."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    time.sleep(0.03)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.2)
    process.send_signal(signal.SIGCONT)
    written = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    assert process.wait() == 0
    return written


@pytest.mark.parametrize("command, what", [
    (["index", "--rescan", "-@", "1", "-o", "x.lode"], b"indexing: "),
    (["compress", "-l", "1", "-@", "1", "-o", "x.gz"], b"compressing: ")])
def test_progress_on_a_terminal(lode, work, large, command, what):
    argv = [lode.path, command[0], large, *command[1:]]
    for _ in range(5):  # it may have been done before it was held
        written = on_terminal(argv, work)
        if what in written:
            break
    assert what in written and b" MB/s" in written and b" left" in written
    assert b"\r\033[K" in written.rpartition(b" left")[2]  # wiped at the end
    assert what not in on_terminal([*argv, "-q"], work)


def test_no_progress_into_a_pipe(lode, work, large):
    process = subprocess.Popen([lode.path, "index", "-@", "1", "-o", "y.lode", large],
                               cwd=work, stderr=subprocess.PIPE)
    time.sleep(0.03)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.2)
    process.send_signal(signal.SIGCONT)
    told = process.communicate()[1]
    assert told.count(b"\n") == 1 and b"indexing" not in told and process.returncode == 0

"""Runs a command under strace: which system calls it makes, and the same again with one of them
failing or the process killed at it."""
import re
import subprocess
from collections import Counter

# The process ends with them; brk returns no error but the old end, which strace does not imitate; the
# C library rightly aborts on what futex never returns.
NO_FAULT = {"exit_group", "exit", "rt_sigreturn", "brk", "futex"}
CALL = re.compile(rb"^(\d+) +(\w+)\(")
START = {"prlimit64", "getrandom", "rseq", "set_robust_list", "set_tid_address"}  # the C library's
TIMEOUT = 120


def calls(argv, cwd):
    """[(name, ordinal of that name in its thread, as strace counts)] of a run, each pair once, from
    the first that is the command's own: what the loader does for the libraries before says nothing
    about it."""
    trace = cwd.parent / f"{cwd.name}.trace"  # beside it: directories are listed
    subprocess.run(["strace", "-f", "-o", trace, *argv], cwd=cwd, capture_output=True, check=True,
                   timeout=TIMEOUT)
    counts, points, own, first = Counter(), [], 0, None
    for line in trace.read_bytes().splitlines():
        match = CALL.match(line)
        if match is None:
            continue
        thread, name = match[1], match[2].decode()
        if name in NO_FAULT:
            continue
        counts[thread, name] += 1
        points.append((name, counts[thread, name]))
        if name == "openat" and b".so" in line:
            own = len(points)
        first = first or thread
        if name in START and thread == first and counts[thread, name] == 1:
            own = len(points)
    trace.unlink()
    loader = set(points[:own])  # another thread's call of that number cannot be told from it
    return [point for point in dict.fromkeys(points[own:]) if point not in loader]


def run(argv, cwd, inject):
    """Exit status (negative: the signal that ended it), stdout, stderr."""
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"inject={inject}", *argv],
                          cwd=cwd, capture_output=True, check=False, timeout=TIMEOUT)
    return done.returncode, done.stdout, done.stderr

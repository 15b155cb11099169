"""lode compress --index that fails, is killed, or runs beside another: whole files, the old or the
new."""
import gzip
import os
import resource
import signal
import subprocess
import threading
import time

import pytest

import gen
import oracle
from test_compress_index import TEXTS, rng_of


def old_pair(lode, work):
    lode("compress", "-q", "-", "-o", "o.fa.gz", "--index", stdin=b">old\nACGTACGT\n")
    return {p: p.read_bytes() for p in (work / "o.fa.gz", work / "o.fa.gz.lode")}


def is_untouched(work, old, *others):
    assert {p: p.read_bytes() for p in old} == old
    assert sorted(os.listdir(work)) == sorted([p.name for p in old] + list(others))


def test_a_failure_leaves_old_files_alone(lode, work):
    old = old_pair(lode, work)
    bad = b">a\n" + b"ACGT\n" * 500000 + b"AC\nACGT\n"
    lode("compress", "-", "-o", "o.fa.gz", "--index", stdin=bad, status=1)
    lode("compress", "-", "-o", "o.fa.gz", "--index", stdin=b">a\nA\n>a\nC\n", status=1)
    (work / "cut.gz").write_bytes(gen.plain_gzip(TEXTS["real_like"](rng_of("cut")))[:-1000])
    lode("compress", "cut.gz", "-o", "o.fa.gz", "--index", status=1)
    is_untouched(work, old, "cut.gz")
    assert lode.out("get", "o.fa.gz", "old") == b">old\nACGTACGT\n"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99, 1.2])
def test_full_disk_leaves_old_files_alone(lode, work, share):
    """First the compressed file does not fit; with more room the index, which is larger here."""
    text = b"".join(b">%d\nA\n" % i for i in range(100000))
    (work / "in").write_bytes(text)
    lode("compress", "-q", "in", "-o", "o.fa.gz", "--index")
    size, index_size = ((work / name).stat().st_size for name in ("o.fa.gz", "o.fa.gz.lode"))
    assert index_size > 1.5 * size
    old = old_pair(lode, work)
    limit = int(size * share)
    done = lode("compress", "in", "-o", "o.fa.gz", "--index", status=1,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert b"File too large" in done.stderr
    is_untouched(work, old, "in")


@pytest.fixture(name="large", scope="module")
def make_large(tmp_path_factory):
    path = tmp_path_factory.mktemp("onepass") / "in.fa"
    rng = rng_of("large")
    path.write_bytes(gen.Record(b"c", gen.dna(rng, 1 << 20) * 30, 60).text())
    return path


def litter(work):
    return [name for name in os.listdir(work) if name.endswith(".tmp")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_leave_old_files_or_new_ones(lode, work, large, number):
    old = old_pair(lode, work)
    died = 0
    for turn in range(6):
        process = lode.start("compress", "-q", "-l", "1", large, "-o", "o.fa.gz", "--index")
        while process.poll() is None and not litter(work):
            pass
        time.sleep(0.02 * turn)
        process.send_signal(number)
        process.communicate(timeout=300)
        died += process.returncode == -number
        assert process.returncode in (0, -number)
        if process.returncode == 0:
            lode("verify", "-q", "--full", "o.fa.gz")
            old = {p: p.read_bytes() for p in old}
        elif number != signal.SIGKILL:
            assert not litter(work)
            if (work / "o.fa.gz").read_bytes() != old[work / "o.fa.gz"]:
                # it came when all was done but the exit: both are new
                lode("verify", "-q", "--full", "o.fa.gz")
                assert gzip.decompress((work / "o.fa.gz").read_bytes()) == large.read_bytes()
                old = {p: p.read_bytes() for p in old}
        elif (work / "o.fa.gz").read_bytes() != old[work / "o.fa.gz"]:
            # between the two names: the new file, whole, and the old index
            old[work / "o.fa.gz"] = (work / "o.fa.gz").read_bytes()
            assert gzip.decompress(old[work / "o.fa.gz"]) == large.read_bytes()
        for path, data in old.items():
            assert path.read_bytes() == data
    assert died > 0
    lode("compress", "-q", "-l", "1", large, "-o", "o.fa.gz", "--index")
    is_untouched(work, {p: p.read_bytes() for p in old})
    lode("verify", "-q", "--full", "o.fa.gz")


def test_old_index_beside_a_new_file_is_stale(lode, work):
    """What a kill between the two names leaves."""
    old_pair(lode, work)
    lode("compress", "-q", "-", "-o", "o.fa.gz", stdin=b">old\nTTTTTTTT\n")
    assert lode("get", "o.fa.gz", "old", status=5).stdout == b""


def test_two_at_once_leave_whole_files(lode, work):
    """Of two texts: each file is one of the two, and reads are right or stale."""
    texts = {"A": b">a\n" + b"ACGT\n" * 200000, "T": b">a\n" + b"TTGC\n" * 200000}
    for name, text in texts.items():
        (work / name).write_bytes(text)
    for _ in range(6):
        ways = [lode.start("compress", "-q", "-l", "1", name, "-o", "o.fa.gz", "--index")
                for name in "AT"]
        for process in ways:
            said = process.communicate(timeout=300)[1]
            assert process.returncode == 0 or b"changed" in said
        assert not litter(work)
        text = oracle.read_text(work / "o.fa.gz")
        assert text in texts.values()
        got = lode.run("get", "o.fa.gz", "a:1-8")
        wanted = b">a:1-8\n" + text[3:].replace(b"\n", b"")[:8] + b"\n"
        assert (got.returncode, got.stdout) in ((0, wanted), (5, b""))


def test_input_from_a_slow_pipe(lode, work):
    """Bytes one by one, then a fault: seen as soon as the text ends."""
    ours, theirs = os.pipe()
    writer = threading.Thread(target=drip, args=(theirs, b">a\nACGT\nAC\nACGT\n"))
    writer.start()
    with open(ours, "rb") as stdin:
        done = subprocess.run([lode.path, "compress", "-", "-o", "o.gz", "--index"], cwd=work,
                              stdin=stdin, capture_output=True, timeout=300, check=False)
    writer.join()
    assert done.returncode == 1 and b"line 3" in done.stderr and os.listdir(work) == []


def drip(descriptor, data):
    with open(descriptor, "wb", buffering=0) as pipe:
        for i in range(len(data)):
            pipe.write(data[i:i + 1])
            time.sleep(0.001)

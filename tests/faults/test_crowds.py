"""Many at once: builders of which half are killed, and ten thousand sources with few descriptors."""
import random
import resource
import signal
import subprocess
import time

import gen
from conftest import FULL

BUILDERS, ROUNDS = 16, 100 if FULL else 3
SOURCES = 10000 if FULL else 2000


def test_sixteen_builders_half_of_them_killed(command, work):
    rng = random.Random(16)
    path = work / "d"
    path.mkdir()
    (path / "g.fa").write_bytes(gen.genome(rng, scale=20000).text())
    argv = [command, "index", "-q", "--rescan", "g.fa"]
    subprocess.run(argv, cwd=path, check=True)
    right = (path / "g.fa.lode").read_bytes()
    for turn in range(ROUNDS):
        if turn % 2:
            (path / "g.fa.lode").unlink()
        started = [subprocess.Popen(argv, cwd=path, stderr=subprocess.PIPE)
                   for _ in range(BUILDERS)]
        for process in rng.sample(started, BUILDERS // 2):
            time.sleep(rng.random() / 200)
            process.send_signal(signal.SIGKILL)
        for process in started:
            _, stderr = process.communicate()
            assert process.returncode in (0, -signal.SIGKILL), stderr
        assert (path / "g.fa.lode").read_bytes() == right
        subprocess.run(argv, cwd=path, check=True)
        assert {p.name for p in path.iterdir()} == {"g.fa", "g.fa.lode"}


def test_sources_by_the_thousand_and_few_descriptors(command, work):
    """Indexed, verified and read with 40 descriptors and 2 threads."""
    rng = random.Random(10)
    path = work / "many"
    path.mkdir()
    regions, expected = [], []
    for i in range(SOURCES):
        bases = gen.dna(rng, 120)
        (path / f"s{i}.fa").write_bytes(b">c\n" + bases + b"\n")
        begin = rng.randrange(60)
        regions.append(f"s{i}::c:{begin + 1}-{begin + 60}")
        expected.append(bases[begin:begin + 60])

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    def run(*arguments, stdin=None):
        return subprocess.run([command, *arguments], cwd=path, check=True, preexec_fn=limit,
                              capture_output=True, input=stdin).stdout

    run("index", "-q", ".")
    run("verify", "-q", "--full", "index.lode")
    order = list(range(SOURCES))
    rng.shuffle(order)
    (work / "regions").write_text("".join(f"{regions[i]}\n" for i in order))
    out = run("get", "-@2", "index.lode", "-r", str(work / "regions"))
    got = [line for line in out.split(b"\n") if line and not line.startswith(b">")]
    assert got == [expected[i] for i in order]


def started(command, path, *arguments, stdin=b""):
    process = subprocess.Popen([command, *arguments], cwd=path, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(stdin)
    process.stdin.close()
    return process


def until_done(command, path, jobs, rng, extra=()):
    """All jobs at once, over and over: those that were BUSY, or killed, again."""
    told = (b"another writer", b"other writers")
    while jobs:
        running = [(job, started(command, path, *job[0], stdin=job[1]))
                   for job in rng.sample(jobs, min(len(jobs), BUILDERS))]
        running += [(None, started(command, path, *more)) for more in extra]
        for _, process in rng.sample(running, len(running) // 3):
            time.sleep(rng.random() / 200)
            process.send_signal(signal.SIGKILL)
        for job, process in running:
            stderr = process.stderr.read()
            if process.wait() == 0 and job is not None:
                jobs.remove(job)
            assert process.returncode in (0, -signal.SIGKILL) or any(t in stderr for t in told), \
                stderr
            process.stderr.close(), process.stdout.close()


def test_adders_beside_each_other_a_third_of_them_killed(command, work):
    """What one of them was told is done stays, whoever is killed; nothing is left lying about."""
    rng, path = random.Random(17), work / "sets"
    count = 120 if FULL else 30
    path.mkdir()
    for i in range(count):
        (path / f"g{i}.fa").write_bytes(b">c%d\nACGT\n" % i)
    subprocess.run([command, "index", "-q", "g0.fa", "-o", "all.lode"], cwd=path, check=True)
    jobs = [(("index", "-q", "--add", f"g{i}.fa", "all.lode"), b"") for i in range(1, count)]
    until_done(command, path, jobs, rng)
    subprocess.run([command, "verify", "-q", "--full", "all.lode"], cwd=path, check=True)
    for i in range(count):
        subprocess.run([command, "get", "all.lode", f"c{i}"], cwd=path, check=True,
                       capture_output=True)
    subprocess.run([command, "index", "-q", ".", "-o", "all.lode"], cwd=path, check=True)
    assert {p.name for p in path.iterdir()} == {"all.lode"} | {f"g{i}.fa" for i in range(count)}


def test_puts_beside_compactions_a_third_of_them_killed(command, work):
    rng, path = random.Random(18), work / "records"
    count = 200 if FULL else 40
    path.mkdir()
    (path / "a.jsonl").write_bytes(b'{"id": "first"}\n')
    subprocess.run([command, "rec", "import", "-q", "r.lode", "a.jsonl", "--key", "id"], cwd=path,
                   check=True)
    jobs = [(("rec", "put", "--add", "r.lode", f"k{i}", "-"), b"value %d" % i)
            for i in range(count)]
    until_done(command, path, jobs, rng, [("rec", "compact", "r.lode")] * 2)
    subprocess.run([command, "verify", "-q", "r.lode"], cwd=path, check=True)
    for i in range(count):
        got = subprocess.run([command, "rec", "get", "r.lode", f"k{i}"], cwd=path, check=True,
                             capture_output=True).stdout
        assert got == b"value %d" % i
    subprocess.run([command, "rec", "compact", "r.lode"], cwd=path, check=True)
    assert {p.name for p in path.iterdir()} == {"a.jsonl", "r.lode"}

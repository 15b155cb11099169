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

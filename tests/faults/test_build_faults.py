"""A build, a rebuild and a compression, stopped or refused at each of their system calls: what was
there stays or the new is there, whole; nothing lies about; the next build is clean."""
import random
import shutil
import signal
import subprocess

import pytest

import gen
import tracing
from conftest import FULL

ERRORS = ("EIO", "ENOSPC", "EINTR", "EMFILE", "ENOMEM", "EACCES")


class Case:
    """A directory before the command, the command, and what may be there afterwards."""

    def __init__(self, command, root, arguments, inputs, result, old):
        self.argv = [command, *arguments]
        self.root, self.inputs, self.result = root, inputs, result
        self.before, self.turn = {}, 0
        for name, content in inputs.items():
            self.before[name] = content
        if old is not None:
            self.before.update(old)
        self.after = self.make_after()
        self.points = tracing.calls(self.argv, self.fresh())

    def fresh(self):
        self.turn += 1
        path = self.root / f"{self.turn}"
        path.mkdir()
        for name, content in self.before.items():
            (path / name).write_bytes(content)
        return path

    def make_after(self):
        path = self.fresh()
        subprocess.run(self.argv, cwd=path, check=True, capture_output=True)
        return self.files(path)

    @staticmethod
    def files(path):
        return {p.name: p.read_bytes() for p in path.iterdir()}

    def check_results(self, path, told):
        """Each result is the old one or the new one."""
        there = self.files(path)
        for name in self.result:
            assert there.get(name) in (self.before.get(name), self.after[name]), (told, name)
        for name, content in self.inputs.items():
            assert there[name] == content, told

    def check_next(self, path, told):
        """The next run sets all right."""
        done = subprocess.run(self.argv, cwd=path, capture_output=True, check=False)
        assert done.returncode == 0, (told, done.stderr)
        assert self.files(path) == self.after, told


class SetCase(Case):
    """What stands there is whole with the files that it names; for the index of a set the next run
    sets all right, a store is compacted after it."""

    def check_results(self, path, told):
        super().check_results(path, told)
        done = subprocess.run([self.argv[0], "verify", "-q", "all.lode"], cwd=path,
                              capture_output=True, check=False)
        assert done.returncode == 0, (told, done.stderr)

    def check_next(self, path, told):
        if self.argv[1] == "index" or "--add" not in self.argv:
            super().check_next(path, told)
            return
        subprocess.run([self.argv[0], "rec", "compact", "all.lode"], cwd=path, check=True)
        subprocess.run([self.argv[0], "verify", "-q", "all.lode"], cwd=path, check=True)
        assert set(self.files(path)) == set(self.before), told


def texts(seed):
    rng = random.Random(seed)
    one = gen.genome(rng, scale=3000).text()
    return one, one + b">more\nACGTNNNN\n"


def build_once(command, root, inputs, arguments):
    path = root / "old"
    path.mkdir()
    for name, content in inputs.items():
        (path / name).write_bytes(content)
    subprocess.run([command, *arguments], cwd=path, check=True, capture_output=True)
    return Case.files(path)


CASES = ("build", "rebuild", "rebuild-other", "pack", "directory", "compress", "compress-index",
         "recompress", "rec-compact", "index-add", "index-over-set", "rec-add", "rec-compact-set")


def set_case(kind, command, root, text):
    """Something becomes a set, a set becomes one file: whatever stands there is whole."""
    add = ("index", "-q", "-@1", "--add", "b.fa", "all.lode")
    fasta = {"a.fa": text, "b.fa": text.replace(b">", b">b")}
    old = build_once(command, root, fasta, ("index", "-q", "a.fa", "-o", "all.lode"))
    if kind == "index-add":
        return SetCase(command, root, add, fasta, ("all.lode",), old)
    if kind == "index-over-set":
        subprocess.run([command, *add], cwd=root / "old", check=True)
        old = Case.files(root / "old")
        return SetCase(command, root, ("index", "-q", "-@1", "a.fa", "b.fa", "-o", "all.lode"), fasta,
                    ("all.lode",), old)
    lines = b"".join(b'{"id": "k%d", "n": %d}\n' % (i % 90, i) for i in range(90))
    half = lines[: lines.index(b'{"id": "k40"')].replace(b'"n"', b'"m"')
    records = {"a.jsonl": lines, "b.jsonl": half}
    first = ("rec", "import", "-q", "all.lode", "a.jsonl", "--key", "id")
    second = ("rec", "import", "-q", "--add", "all.lode", "b.jsonl", "--key", "id")
    (root / "old" / "all.lode").unlink()
    for name, content in records.items():
        (root / "old" / name).write_bytes(content)
    subprocess.run([command, *first], cwd=root / "old", check=True)
    if kind == "rec-add":
        old = Case.files(root / "old")
        return SetCase(command, root, second, records, ("all.lode",), old)
    subprocess.run([command, *second], cwd=root / "old", check=True)
    old = Case.files(root / "old")
    return SetCase(command, root, ("rec", "compact", "all.lode"), records, ("all.lode",), old)


@pytest.fixture(params=CASES)
def case(request, command, work):
    first, second = texts(7)
    index = ("index", "-q", "-@1", "g.fa")
    squeeze = ("compress", "-q", "-@1", "--index", "g.fa", "-o", "g.fa.gz")
    kind, root = request.param, work
    if kind == "build":
        return Case(command, root, index, {"g.fa": first}, ("g.fa.lode",), None)
    if kind == "rebuild":
        old = build_once(command, root, {"g.fa": first}, index)
        return Case(command, root, (*index, "--rescan"), {"g.fa": first}, ("g.fa.lode",), old)
    if kind == "rebuild-other":
        old = build_once(command, root, {"g.fa": first}, index)
        old["g.fa"] = second
        return Case(command, root, index, {"g.fa": second}, ("g.fa.lode",), old)
    if kind == "pack":
        return Case(command, root, (*index, "--pack", "--digest"), {"g.fa": first},
                    ("g.fa.lode",), None)
    if kind == "directory":
        arguments = ("index", "-q", "-@1", ".", "-o", "all.lode")
        return Case(command, root, arguments, {"a.fa": first, "b.fa": second}, ("all.lode",), None)
    if kind == "compress":
        return Case(command, root, squeeze[:3] + squeeze[4:], {"g.fa": first}, ("g.fa.gz",), None)
    if kind == "compress-index":
        return Case(command, root, squeeze, {"g.fa": first}, ("g.fa.gz", "g.fa.gz.lode"), None)
    if kind == "rec-compact":
        lines = b"".join(b'{"id": "k%d", "n": %d}\n' % (i % 900, i) for i in range(2000))
        half = lines.index(b'"n": 900}') - 13
        old = build_once(command, root, {"a.jsonl": lines[:half]},
                         ("rec", "import", "-q", "s.lode", "a.jsonl", "--key", "id"))
        (root / "old" / "b.jsonl").write_bytes(lines[half:])
        subprocess.run([command, "rec", "import", "-q", "s.lode", "b.jsonl", "--key", "id"],
                       cwd=root / "old", check=True)
        old["s.lode"] = (root / "old" / "s.lode").read_bytes()
        return Case(command, root, ("rec", "compact", "s.lode", "--codec", "zstd"), {}, ("s.lode",),
                    old)
    if kind in ("index-add", "index-over-set", "rec-add", "rec-compact-set"):
        return set_case(kind, command, root, first)
    old = build_once(command, root, {"g.fa": first}, squeeze)
    old["g.fa"] = second
    return Case(command, root, squeeze, {"g.fa": second}, ("g.fa.gz", "g.fa.gz.lode"), old)


def some(points, step):
    return points if FULL else points[len(points) % step::step]


def test_killed_at_each_call(case):
    assert len(case.points) > 15
    killed, points = 0, some(case.points, 3)
    for name, ordinal in points:
        path = case.fresh()
        status, _, _ = tracing.run(case.argv, path, f"{name}:signal=KILL:when={ordinal}")
        told = f"killed at {name} {ordinal}: {status}"
        assert status in (-signal.SIGKILL, 0), told  # 0: this run made fewer calls of that name
        killed += status != 0
        case.check_results(path, told)
        case.check_next(path, told)
        shutil.rmtree(path)
    assert killed >= 0.7 * len(points)


def test_each_call_fails_once(case):
    """A failure is told and leaves no temporary file, or what was made is right all the same."""
    for i, (name, ordinal) in enumerate(some(case.points, 4)):
        for error in ERRORS if FULL else (ERRORS[i % len(ERRORS)], ERRORS[(i + 2) % len(ERRORS)]):
            path = case.fresh()
            status, _, stderr = tracing.run(case.argv, path, f"{name}:error={error}:when={ordinal}")
            told = f"{name} {ordinal} fails with {error}: {status} {stderr}"
            assert 0 <= status <= 5 or status == 127, told  # 127: the loader's
            if status == 0:
                there = case.files(path)
                assert all(there[n] == case.after[n] for n in case.result), told
            else:
                assert stderr, told
                case.check_results(path, told)
            if name not in ("unlinkat", "unlink"):
                names = set(case.files(path))
                assert names <= set(case.before) | set(case.after), (told, names)
            case.check_next(path, told)
            shutil.rmtree(path)


def test_each_call_fails_from_then_on(case):
    for i, (name, ordinal) in enumerate(some(case.points, 5)):
        for error in ("EIO", "ENOSPC", "EMFILE") if FULL else (("EIO", "ENOSPC", "EMFILE")[i % 3],):
            path = case.fresh()
            status, _, stderr = tracing.run(case.argv, path,
                                            f"{name}:error={error}:when={ordinal}+")
            told = f"{name} fails with {error} from {ordinal} on: {status} {stderr}"
            assert 0 <= status <= 5 or status == 127, told
            case.check_results(path, told)
            case.check_next(path, told)
            shutil.rmtree(path)

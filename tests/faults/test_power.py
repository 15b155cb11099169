"""The power goes at any moment of a build: a model of what may be on the disk then, over the calls
that a real build made. What was not synced may be there or not, each write alone; names change
when their directory is synced, or any time before. Whatever is there: the old index or the new one,
whole; and after the command ended well, the new one (Pillai et al., OSDI 2014)."""
import itertools
import random
import re
import subprocess

import pytest

import gen
from conftest import FULL

OPEN = re.compile(r'openat\((\S+), "([^"]*)", ([A-Z_|]*)[^)]*\) += (\d+)')
WRITE = re.compile(r'pwrite64\((\d+), "((?:\\x..)*)"(\.\.\.)?, (\d+), (\d+)\) += (\d+)')
SYNC = re.compile(r"(?:fsync|fdatasync)\((\d+)\) += 0")
RENAME = re.compile(r'renameat\(\S+, "([^"]*)", \S+, "([^"]*)"\) += 0')
UNLINK = re.compile(r'unlinkat\(\S+, "([^"]*)", [^)]*\) += 0')
CLOSE = re.compile(r"close\((\d+)\)")
SUBSETS = 4096 if FULL else 256


def record(argv, cwd):
    """The run's operations: ("create", file, name), ("write", file, offset, bytes), ("sync", file),
    ("rename", name, name), ("unlink", name), ("syncdir",)."""
    trace = cwd.parent / "trace"
    subprocess.run(["strace", "-f", "-xx", "-s", "100000000", "-o", trace, *argv], cwd=cwd, check=True,
                   capture_output=True)
    files, operations, number = {}, [], 0
    for line in trace.read_text().splitlines():
        line = re.sub(r"<(/\S+)>", "", line)
        name = re.sub(r'"((?:\\x..)*)"', lambda m: '"' + text_of(m[1]) + '"', line)
        if (m := OPEN.search(name)) is not None:
            files.pop(m[4], None)
            if "O_CREAT" in m[3]:
                number += 1
                files[m[4]] = number
                operations.append(("create", number, m[2]))
            elif "O_DIRECTORY" in m[3]:
                files[m[4]] = "dir"
        elif (m := WRITE.search(line)) is not None and isinstance(files.get(m[1]), int):
            assert m[3] is None and m[4] == m[6]
            data = bytes.fromhex(m[2].replace("\\x", ""))
            operations.append(("write", files[m[1]], int(m[5]), data))
        elif (m := SYNC.search(line)) is not None:
            of = files.get(m[1])
            operations.append(("syncdir",) if of == "dir" else ("sync", of))
        elif (m := RENAME.search(name)) is not None:
            operations.append(("rename", m[1], m[2]))
        elif (m := UNLINK.search(name)) is not None:
            operations.append(("unlink", m[1]))
        elif (m := CLOSE.search(line)) is not None:
            files.pop(m[1], None)
    return operations


def text_of(escaped):
    return bytes.fromhex(escaped.replace("\\x", "")).decode("latin-1")


def synced(operations):
    """Which of them are on the disk for sure."""
    sure = set()
    for i, op in enumerate(operations):
        if op[0] == "sync":
            sure |= {k for k in range(i) if operations[k][0] == "write"
                     and operations[k][1] == op[1]}
        elif op[0] == "syncdir":
            sure |= {k for k in range(i) if operations[k][0] in ("create", "rename", "unlink")}
    return sure


def disk(operations, there, old):
    """name -> bytes, when just the operations in `there` arrived. Names keep their order."""
    contents, names = {"old": bytearray(old) if old is not None else None}, {}
    final = {"g.fa.lode": "old"} if old is not None else {}
    for i, op in enumerate(operations):
        if op[0] == "create":
            names[op[2]] = op[1]
            contents[op[1]] = bytearray()
            if i in there:
                final[op[2]] = op[1]
        elif op[0] == "write" and i in there:
            content = contents[op[1]]
            content.extend(bytes(max(0, op[2] + len(op[3]) - len(content))))
            content[op[2]:op[2] + len(op[3])] = op[3]
        elif op[0] == "rename":
            file = names.pop(op[1])
            names[op[2]] = file
            if i in there:
                final.pop(op[1], None)
                final[op[2]] = file
        elif op[0] == "unlink" and i in there:
            final.pop(op[1], None)
    return {name: bytes(contents[file]) for name, file in final.items()}


def subsets(open_, rng):
    if 2 ** len(open_) <= SUBSETS:
        for n in range(len(open_) + 1):
            yield from itertools.combinations(open_, n)
        return
    yield ()
    yield tuple(open_)
    for one in open_:
        yield (one,)
        yield tuple(k for k in open_ if k != one)
    for _ in range(SUBSETS):
        yield tuple(k for k in open_ if rng.random() < 0.5)


def states(operations, old):
    rng = random.Random(5)
    for cut in range(len(operations) + 1):
        done = operations[:cut]
        sure = synced(done)
        effects = {"create", "write", "rename", "unlink"}
        open_ = [i for i in range(cut) if done[i][0] in effects and i not in sure]
        for some in subsets(open_, rng):
            yield cut, disk(done, sure | set(some), old)


@pytest.mark.parametrize("rebuild", [False, True])
@pytest.mark.parametrize("options", [(), ("--pack",)])
def test_power_cut(command, work, rebuild, options):
    (work / "d").mkdir()
    path = work / "d" / "g.fa"
    index = work / "d" / "g.fa.lode"
    genome = gen.genome(random.Random(3), scale=1500)
    path.write_bytes(genome.text())
    argv = [command, "index", "-q", "-@1", *options, "g.fa"]
    old = None
    if rebuild:
        subprocess.run(argv, cwd=work / "d", check=True)
        old = index.read_bytes()
        path.write_bytes(genome.text() + b">more\nACGT\n")
    operations = record(argv, work / "d")
    new = index.read_bytes()
    kinds = {op[0] for op in operations}
    assert {"create", "write", "sync", "rename", "syncdir"} <= kinds
    seen = set()
    for cut, there in states(operations, old):
        content = there.get("g.fa.lode")
        assert content in (old, new), f"half an index when the power goes after call {cut}"
        seen.add(content == new)
        if cut == len(operations):
            assert content == new, "the command ended well, but the index may be lost"
    assert seen == {False, True}


def broken(operations, without):
    return [op for op in operations if op[0] != without]


def test_model_sees_what_is_missing(command, work):
    """The same model finds fault with the same calls without a sync: it can fail."""
    (work / "d").mkdir()
    (work / "d" / "g.fa").write_bytes(gen.genome(random.Random(4), scale=800).text())
    operations = record([command, "index", "-q", "-@1", "g.fa"], work / "d")
    new = (work / "d" / "g.fa.lode").read_bytes()
    half = {there.get("g.fa.lode") for _, there in states(broken(operations, "sync"), None)}
    assert half - {None, new}
    lost = [there.get("g.fa.lode") for cut, there in states(broken(operations, "syncdir"), None)
            if cut == len(broken(operations, "syncdir"))]
    assert None in lost

"""lode rec import --key: JSON lines by a field of theirs, whatever the input is called."""
import gzip
import tarfile
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "x.json", "x.JSONL", "x.txt", "x.jsonl.gz"])
def test_key_makes_lines_of_any_input(lode, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    text = b"".join(b'{"id": "k%d", "n": %d}\n' % (i, i) for i in range(5))
    given = name in ("-", "/dev/stdin")
    if not given:
        Path(name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    lode("rec", "import", "-q", "s.lode", name, "--key", "id", stdin=text if given else b"")
    assert lode.out("rec", "get", "s.lode", "k3") == b'{"id": "k3", "n": 3}'
    assert len(lode.out("rec", "ls", "s.lode").splitlines()) == 5


def test_key_where_there_are_no_lines(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    Path("d/a").write_bytes(b"1")
    Path("x.fq").write_bytes(b"@r\nA\n+\nI\n")
    with tarfile.open("t.tar", "w") as tar:
        tar.add("d")
    for name, what in ("d", b"a directory"), ("x.fq", b"FASTQ"), ("t.tar", b"a tar"):
        done = lode("rec", "import", "s.lode", name, "--key", "id", status=2)
        assert what in done.stderr and not Path("s.lode").exists()
    Path("x.jsonl").write_bytes(b'{"id": "a"}\n')
    lode("rec", "import", "-q", "s.lode", "x.jsonl")
    before = Path("s.lode").read_bytes()
    assert b"has no keys" in lode("rec", "import", "s.lode", "x.jsonl", "--key", "id",
                                  status=2).stderr
    assert Path("s.lode").read_bytes() == before

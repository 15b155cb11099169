"""lode rec: what goes in comes out, by every way in and out; what cannot is said, and nothing is
lost."""

import gzip
import json
import os
import random
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from sealing import reseal, section, with_type


def listed(lode, store):
    return [json.loads(line) for line in lode.out("rec", "ls", store, "--json").splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of several sizes, names and depths, and their contents by name."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(5)
    files = {"a": b"hello\n", "empty": b"", "sub/b.bin": rng.randbytes(100_000)}
    files |= {f"sub/deep/{i}": rng.randbytes(i) for i in (1, 7, 8, 4095, 4096)}
    files["n\u00e4me with blank"] = b"x" * 70_000
    for name, content in files.items():
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return files


@pytest.mark.parametrize("how", [(), ("--codec", "zstd"), ("--codec", "blocks", "-l", "5")])
def test_directory_and_back(lode, folder, how):
    lode("rec", "import", "s.lode", "d", *how)
    assert {r["key"]: r["size"] for r in listed(lode, "s.lode")} == {
        k: len(v) for k, v in folder.items()
    }
    for name, content in folder.items():
        assert lode.out("rec", "get", "s.lode", name) == content
    assert lode.out("rec", "get", "s.lode", "a", "empty", "a") == folder["a"] * 2
    lode("rec", "export", "s.lode", "back")
    subprocess.run(["diff", "-r", "d", "back"], check=True)
    lode("verify", "s.lode")


def test_tar(lode, folder):
    with tarfile.open("t.tar.gz", "w:gz") as tar:
        tar.add("d", arcname=".")
    done = lode.run("rec", "import", "t.lode", "t.tar.gz")
    if b"without libarchive" in done.stderr:
        pytest.skip("this lode was built without libarchive")
    assert done.returncode == 0
    for name, content in folder.items():
        assert lode.out("rec", "get", "t.lode", name) == content


def write_lines(path, n=3000):
    rng = random.Random(7)
    rows = [{"id": f"s{i}", "tissue": rng.choice(["liver", "blood"]), "n": i} for i in range(n)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    Path(path).write_text(text)
    return text


def test_lines_by_key_with_dictionary(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = write_lines("x.jsonl")
    lode("rec", "train", "x.jsonl", "-o", "x.dict", "--dict-size", "4096")
    lode("rec", "import", "x.lode", "x.jsonl", "--key", "id", "--dict", "x.dict", "-l", "19")
    lode("rec", "import", "raw.lode", "x.jsonl", "--key", "id")
    assert lode.out("rec", "export", "x.lode", "--lines").decode() == text
    assert json.loads(lode.out("rec", "get", "x.lode", "s77"))["n"] == 77
    stat = json.loads(lode.out("stat", "x.lode", "--json"))
    assert stat["records"] == 3000 and stat["codec"] == "zstd" and stat["dictionary_size"] > 0
    raw = json.loads(lode.out("stat", "raw.lode", "--json"))
    assert stat["bytes"] == raw["bytes"] and stat["stored"] < 0.7 * raw["stored"]
    lode("rec", "compact", "raw.lode", "--codec", "blocks")
    assert lode.out("rec", "export", "raw.lode", "--lines").decode() == text


def test_lines_by_number(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = write_lines("x.jsonl", 50).splitlines()
    lode("rec", "import", "x.lode", "x.jsonl")
    assert lode.out("rec", "get", "x.lode", "3").decode() == lines[3]
    lode("rec", "rm", "x.lode", "3", "0")
    assert lode.out("rec", "get", "x.lode", "0", "1", "2").decode() == lines[1] + lines[2] + lines[4]
    lode("rec", "get", "x.lode", "48", status=3)
    lode("rec", "get", "x.lode", "-1", status=2)


def test_reads(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = b"@r1 a\nACGT\n+\nIIII\n@r2\nAC\n+r2\nII\n"
    Path("r.fastq.gz").write_bytes(gzip.compress(text))
    lode("rec", "import", "r.lode", "r.fastq.gz")
    assert lode.out("rec", "get", "r.lode", "r2", "r1") == text[18:] + text[:18]
    assert lode.out("rec", "export", "r.lode") == text
    for bad, why in [
        (b"@r1\nACGT\n+\nIII\n", b"line 4"),
        (b"r1\nACGT\n+\nIIII\n", b"line 1"),
        (b"@r1\nACGT\n+\n", b"cut short"),
        (b"@r1\nACGT\nIIII\n+\n", b"line 3"),
    ]:
        Path("bad.fq").write_bytes(bad)
        assert why in lode("rec", "import", "bad.lode", "bad.fq", status=1).stderr
        assert not os.path.exists("bad.lode")
    Path("twice.fq").write_bytes(text[:18] * 2)
    assert b"one key" in lode("rec", "import", "t.lode", "twice.fq", status=1).stderr
    lode("rec", "import", "t.lode", "twice.fq", "--no-keys")
    assert lode.out("rec", "export", "t.lode") == text[:18] * 2


def test_put_and_rm(lode, folder):
    lode("rec", "put", "p.lode", "one", "d/a")
    lode("rec", "put", "p.lode", "two", stdin=b"second")
    lode("rec", "put", "p.lode", "one", stdin=b"again")
    assert lode.out("rec", "get", "p.lode", "two", "one") == b"secondagain"
    assert b"no record 'three'" in lode("rec", "rm", "p.lode", "two", "three", status=3).stderr
    assert [r["key"] for r in listed(lode, "p.lode")] == ["two", "one"]
    lode("rec", "rm", "p.lode", "two")
    assert [r["key"] for r in listed(lode, "p.lode")] == ["one"]
    assert b"no record 'two'" in lode("rec", "get", "p.lode", "two", status=3).stderr
    before = os.path.getsize("p.lode")
    lode("rec", "compact", "p.lode")
    assert os.path.getsize("p.lode") <= before
    assert lode.out("rec", "get", "p.lode", "one") == b"again"


def test_export_stays_in_its_directory(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = ["../out", "/abs", "a/../../b", "a//b", ".", "", "link/x", "good"]
    for key in keys:
        lode("rec", "put", "p.lode", key, stdin=b"x")
    os.mkdir("to")
    os.mkdir("elsewhere")
    os.symlink("../elsewhere", "to/link")
    done = lode("rec", "export", "p.lode", "to", status=1)
    assert done.stderr.count(b"cannot be the name of a file") == 6
    assert sorted(os.listdir("to")) == ["good", "link"] and os.listdir("elsewhere") == []
    assert sorted(os.listdir(".")) == ["elsewhere", "p.lode", "to"]
    lode("rec", "export", "p.lode", "to", status=1)  # what is there is not written over


def test_damage_is_told(lode, folder):
    lode("rec", "import", "s.lode", "d")
    image = bytearray(Path("s.lode").read_bytes())
    at = image.index(folder["sub/b.bin"][:64]) + 50_000
    image[at] ^= 1
    Path("s.lode").write_bytes(image)
    assert b"damaged" in lode("rec", "get", "s.lode", "sub/b.bin", status=4).stderr
    assert lode.out("rec", "get", "s.lode", "a") == folder["a"]
    assert b"damaged" in lode("verify", "s.lode", status=4).stderr
    findings = [json.loads(x) for x in lode("verify", "s.lode", "--json", status=4).stdout.splitlines()]
    assert findings[-1]["ok"] is False and {f.get("rule") for f in findings[:-1]} <= {"P-2", "E-17"}
    lode("rec", "export", "s.lode", "saved", status=4)  # what is whole
    assert (Path("saved") / "a").read_bytes() == folder["a"]
    assert not (Path("saved") / "sub" / "b.bin").exists()


def test_several_stores_in_a_file(lode, folder):
    lode("rec", "import", "s.lode", "d")
    lode("rec", "put", "t.lode", "one", stdin=b"1")
    lode("rec", "join", "all.lode", "s.lode", "other=t.lode")
    stats = [json.loads(x) for x in lode.out("stat", "all.lode", "--json").splitlines()]
    assert [(x["name"], x["records"]) for x in stats] == [("s", len(folder)), ("other", 1)]
    assert lode.out("stat", "all.lode").count(b"record store") == 2
    for name, content in folder.items():
        assert lode.out("rec", "get", "all.lode", name, "--store", "s") == content
    lode("rec", "export", "all.lode", "back", "--store", "s")
    assert (Path("back") / "sub" / "b.bin").read_bytes() == folder["sub/b.bin"]
    assert f"{len(folder) + 1} records".encode() in lode.out("verify", "all.lode")
    lode("rec", "join", "more.lode", "all.lode", "third=t.lode")
    names = [json.loads(x)["name"] for x in lode.out("stat", "more.lode", "--json").splitlines()]
    assert names == ["s", "other", "third"]
    before = Path("more.lode").read_bytes()
    assert b"have names" in lode("rec", "join", "more.lode", "x=all.lode", status=2).stderr
    assert b"one name" in lode("rec", "join", "more.lode", "t.lode", "t.lode", status=1).stderr
    assert b"cannot open" in lode("rec", "join", "more.lode", "t.lode", "no.lode", status=1).stderr
    assert b"--store" in lode("rec", "ls", "more.lode", status=2).stderr
    assert b"no record store 'x'" in lode("rec", "ls", "more.lode", "--store", "x", status=3).stderr
    assert b"of its own" in lode("rec", "put", "more.lode", "k", stdin=b"v", status=2).stderr
    assert Path("more.lode").read_bytes() == before


def test_damage_in_one_of_several_stores(lode, folder):
    lode("rec", "import", "s.lode", "d")
    lode("rec", "put", "t.lode", "one", stdin=b"1")
    lode("rec", "join", "all.lode", "t.lode", "s.lode")
    image = bytearray(Path("all.lode").read_bytes())
    image[image.index(folder["sub/b.bin"][:64]) + 50_000] ^= 1
    Path("all.lode").write_bytes(image)
    found = [json.loads(x) for x in lode("verify", "all.lode", "--json", status=4).stdout.splitlines()]
    assert [x["rule"] for x in found[:-1]].count("P-2") == 1 and found[-1]["ok"] is False
    assert lode.out("rec", "get", "all.lode", "one", "--store", "t") == b"1"
    assert b"damaged" in lode("rec", "join", "new.lode", "all.lode", status=4).stderr
    assert not Path("new.lode").exists()


def test_first_puts_at_once(lode, tmp_path, monkeypatch):
    """Who was told that it is done, finds it there."""
    monkeypatch.chdir(tmp_path)
    for _ in range(8):
        running = [
            subprocess.Popen(
                [lode.path, "rec", "put", "n.lode", f"k{i}"],
                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
            for i in range(6)
        ]  # fmt: skip
        for process in running:
            process.communicate(b"v")
        done = {f"k{i}" for i, process in enumerate(running) if process.returncode == 0}
        assert done and {r["key"] for r in listed(lode, "n.lode")} == done
        os.unlink("n.lode")


def test_what_is_read_is_not_written_over(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lode("rec", "put", "o.lode", "k", stdin=b"value")
    before = Path("o.lode").read_bytes()
    assert b"is read" in lode("rec", "get", "o.lode", "k", "-o", "o.lode", status=2).stderr
    Path("precious").write_bytes(b"precious")
    lode("rec", "get", "o.lode", "none", "-o", "precious", status=3)
    assert b"not replaced" in lode("rec", "join", "precious", "o.lode", status=2).stderr
    assert Path("precious").read_bytes() == b"precious"
    Path("j.jsonl").write_text("".join(f'{{"id": {i}, "text": "text {i}"}}\n' for i in range(900)))
    lines = Path("j.jsonl").read_bytes()
    assert b"is read" in lode("rec", "train", "j.jsonl", "-o", "j.jsonl", status=2).stderr
    assert Path("j.jsonl").read_bytes() == lines and Path("o.lode").read_bytes() == before
    lode("rec", "get", "o.lode", "k", "-o", "precious")
    assert Path("precious").read_bytes() == b"value"


def test_a_store_is_no_input_of_itself(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lode("rec", "put", "s.lode", "s.lode", stdin=b"value")
    Path("a").write_bytes(b"A")
    os.symlink("s.lode", "link")
    before = Path("s.lode").read_bytes()
    for words in [("import", "s.lode", "s.lode"), ("import", "s.lode", "a", "link"),
                  ("import", "link", "s.lode"), ("put", "s.lode", "k", "./s.lode")]:  # fmt: skip
        said = lode("rec", *words, status=2).stderr
        assert b"is the store that is written" in said and words[-1].encode() in said
    for words in [("export", "s.lode"), ("get", "s.lode", "s.lode")]:
        with open("s.lode", "ab") as out:
            done = subprocess.run([lode.path, "rec", *words], stdout=out, stderr=subprocess.PIPE,
                                  check=False)
        assert done.returncode == 2 and b"send stdout elsewhere" in done.stderr
    assert b"Not a directory" in lode("rec", "export", "s.lode", "s.lode", status=1).stderr
    assert Path("s.lode").read_bytes() == before and sorted(os.listdir()) == ["a", "link", "s.lode"]
    lode("rec", "put", "s.lode", "s.lode", "a")  # a key is no file
    assert lode.out("rec", "get", "s.lode", "s.lode") == b"A"


def test_join_onto_one_of_its_inputs(lode, tmp_path, monkeypatch):
    """How a store is added to a file of several: in one step."""
    monkeypatch.chdir(tmp_path)
    for name in ["a", "b"]:
        lode("rec", "put", f"{name}.lode", name, stdin=name.encode())
    lode("rec", "join", "a.lode", "a.lode", "b.lode")
    for name in ["a", "b"]:
        assert lode.out("rec", "get", "a.lode", name, "--store", name) == name.encode()


def test_replacing_is_told_or_refused(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, ids in [("1", "abc"), ("2", "bcd"), ("3", "ee"), ("4", "fg")]:
        Path(name + ".jsonl").write_text("".join(f'{{"id": "{i}", "from": {name}}}\n' for i in ids))
    done = lode("rec", "import", "s.lode", "1.jsonl", "--key", "id")
    assert b"3 records" in done.stderr and b"replaced" not in done.stderr
    before = Path("s.lode").read_bytes()
    for name, key in [("2", b"'b'"), ("3", b"'e'")]:
        said = lode("rec", "import", "s.lode", name + ".jsonl", "--key", "id", "--no-replace",
                    status=1).stderr  # fmt: skip
        assert b"s.lode: records " in said and b"have one key, " in said
        assert key in said or name == "2" and b"'c'" in said
    assert b"'a'" in lode("rec", "put", "s.lode", "a", "--no-replace", stdin=b"x", status=1).stderr
    assert Path("s.lode").read_bytes() == before and len(os.listdir()) == 5
    done = lode("rec", "import", "s.lode", "4.jsonl", "--key", "id", "--no-replace")
    assert b"2 records" in done.stderr and b"replaced" not in done.stderr
    done = lode("rec", "import", "s.lode", "2.jsonl", "3.jsonl", "--key", "id")
    assert b"5 records" in done.stderr and b"; 3 replaced one with the same key" in done.stderr
    assert json.loads(lode.out("rec", "get", "s.lode", "b"))["from"] == 2
    assert [r["key"] for r in listed(lode, "s.lode")] == list("afgbcde")
    lode("rec", "put", "s.lode", "z", "--no-replace", stdin=b"x")
    lode("rec", "put", "n.lode", "--no-keys", stdin=b"x")
    for words in [("put", "--no-keys", "n.lode"), ("import", "n.lode", "1.jsonl")]:
        assert b"has no keys" in lode("rec", *words, "--no-replace", status=2).stderr


def test_put_with_and_without_keys(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lode("rec", "put", "o.lode", "k", stdin=b"1")
    assert b"has keys" in lode("rec", "put", "--no-keys", "o.lode", stdin=b"2", status=2).stderr
    lode("rec", "put", "--no-keys", "n.lode", stdin=b"1")
    assert b"no keys" in lode("rec", "put", "n.lode", "k", stdin=b"2", status=2).stderr
    assert [r["size"] for r in listed(lode, "n.lode")] == [1]


def test_compact_keeps_what_it_is_not_told_to_change(lode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [json.dumps({"id": f"n{i}", "text": f"some text {i * i} again"}) for i in range(3000)]
    Path("j.jsonl").write_text("\n".join(rows) + "\n")
    lode("rec", "train", "j.jsonl", "-o", "d.dict", "--dict-size", "4096")
    lode("rec", "import", "-q", "s.lode", "j.jsonl", "--key", "id", "--dict", "d.dict")
    before = json.loads(lode.out("stat", "s.lode", "--json"))
    lode("rec", "compact", "s.lode")
    after = json.loads(lode.out("stat", "s.lode", "--json"))
    assert after == before and before["dictionary_size"] > 0
    lode("rec", "compact", "s.lode", "--codec", "raw")
    raw = json.loads(lode.out("stat", "s.lode", "--json"))
    assert raw["codec"] == "raw" and raw["dictionary_size"] == 0
    assert json.loads(lode.out("rec", "get", "s.lode", "n77")) == json.loads(rows[77])


@pytest.mark.parametrize("action", ["import", "compact"])
def test_terminated(lode, tmp_path, monkeypatch, action):
    """Nothing lies about, and what was there stays."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(3)
    with open("j.jsonl", "w", encoding="ascii") as f:
        for i in range(400_000):
            f.write(f'{{"id": "n{i}", "x": {rng.random()}}}\n')
    if action == "compact":
        lode("rec", "import", "-q", "s.lode", "j.jsonl", "--key", "id")
    os.mkfifo("p.jsonl")
    before = {p.name: p.read_bytes() for p in Path(".").iterdir() if p.is_file()}
    arguments = ("import", "s.lode", "p.jsonl", "--key", "id")
    if action == "compact":
        arguments = ("compact", "s.lode", "--codec", "zstd", "-l", "19")
    process = subprocess.Popen([lode.path, "rec", *arguments], stderr=subprocess.DEVNULL)
    if action == "import":  # its input goes on until the signal has come
        pipe = open("p.jsonl", "wb", buffering=0)
        pipe.write(Path("j.jsonl").read_bytes()[:30_000].rpartition(b"\n")[0] + b"\n")
    while process.poll() is None and not list(Path(".").glob(".s.lode.*")):
        time.sleep(0.005)
    process.terminate()
    if action == "import":
        pipe.close()
    assert process.wait(60) == -signal.SIGTERM
    assert {p.name: p.read_bytes() for p in Path(".").iterdir() if p.is_file()} == before


@pytest.mark.parametrize("size", [1, 1022, 1023, 1024, 1025, 5000, 100_000])
def test_types_of_any_length(lode, tmp_path, monkeypatch, size):
    monkeypatch.chdir(tmp_path)
    text = "".join(f'{{"dtype": {i}}}' for i in range(size))[:size]
    for key in "ab":
        lode("rec", "put", "p.lode", key, stdin=b"value")
    Path("s.lode").write_bytes(with_type(Path("p.lode").read_bytes(), text.encode()))
    lode("verify", "s.lode")
    assert [r["type"] for r in listed(lode, "s.lode")] == [text, text]
    for words in [("compact", "s.lode"), ("put", "s.lode", "c", "p.lode")]:
        lode("rec", *words)
        assert [r["type"] for r in listed(lode, "s.lode")][:2] == [text, text]


@pytest.mark.parametrize("size", [255, 256, 4095, 4096, 70_000])
def test_names_that_are_too_long(lode, tmp_path, monkeypatch, size):
    """A file may have them; lode gives none."""
    monkeypatch.chdir(tmp_path)
    lode("rec", "put", "p.lode", "k", stdin=b"value")
    image = with_type(Path("p.lode").read_bytes(), b"type", b"n" * size)
    Path("s.lode").write_bytes(image)
    lode("verify", "s.lode")
    assert lode.out("rec", "get", "s.lode", "k") == b"value"
    for words in [("put", "s.lode", "x", "p.lode"), ("rm", "s.lode", "k"),
                  ("join", "j.lode", "s.lode")]:  # fmt: skip
        done = lode.run("rec", *words)
        if size < 256:
            assert done.returncode == 0
        else:
            assert done.returncode == 2 and Path("s.lode").read_bytes() == image
            assert f"s.lode: a name of {size} bytes".encode() in done.stderr
            assert b"at most 255" in done.stderr
    lode("rec", "join", "j.lode", "short=s.lode")
    assert json.loads(lode.out("stat", "j.lode", "--json"))["name"] == "short"
    said = lode("rec", "join", "j.lode", "n" * 256 + "=s.lode", status=2).stderr
    assert b"a name of 256 bytes" in said


def test_usage(lode, folder):
    assert b"did you mean 'get'" in lode("rec", "gett", "x", status=2).stderr
    assert b"takes STORE" in lode("rec", "ls", status=2).stderr
    assert b"cannot open" in lode("rec", "ls", "none.lode", status=1).stderr
    lode("rec", "import", "s.lode", "d")
    assert b"compact" in lode("rec", "import", "s.lode", "d", "--codec", "zstd", status=2).stderr
    assert b"'lode rec' read them" in lode("ls", "s.lode", status=4).stderr
    assert b"not a lode" in lode("rec", "ls", "d/a", status=4).stderr
    Path("t.fa").write_text(">a\nACGT\n")
    lode("index", "t.fa")
    assert b"holds no records" in lode("rec", "ls", "t.fa.lode", status=3).stderr


def test_integer_keys(lode, work):
    """A store whose keys are numbers (Python makes them) takes and finds them as such."""
    lode("rec", "put", "i.lode", "\x07aaaaaaa", stdin=b"first")
    data = bytearray((work / "i.lode").read_bytes())
    data[section(data, b"RINF")[0] + 24] = 3
    (work / "i.lode").write_bytes(reseal(data))
    (first,) = (r["key"] for r in listed(lode, "i.lode"))
    assert int(first) == int.from_bytes(b"\x07aaaaaaa", "little")
    for add in ((), ("--add",)):
        lode("rec", "put", *add, "i.lode", "--", "-5", stdin=b"minus five")
        lode("rec", "put", *add, "i.lode", "12", stdin=b"twelve")
        assert lode.out("rec", "get", "i.lode", "--", "12", "-5", first) == b"twelveminus fivefirst"
    assert {r["key"] for r in listed(lode, "i.lode")} == {first, "-5", "12"}
    assert b"whole number" in lode("rec", "put", "i.lode", "x", stdin=b"", status=2).stderr
    lode("rec", "rm", "i.lode", "--", "-5")
    assert b"-5" in lode("rec", "get", "i.lode", "--", "-5", status=3).stderr
    lode("verify", "i.lode")

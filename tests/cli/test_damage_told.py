"""What is said of a file that cannot be opened: by what it is, as far as that can be seen."""

from pathlib import Path

import pytest

HEADER, DIRECTORY = 64, 64 + 6 * 64


@pytest.fixture
def store(lode, work):
    (work / "a").write_bytes(b"abc" * 50_000)
    lode("rec", "import", "s.lode", "a")
    return work / "s.lode"


@pytest.fixture
def index(lode, work):
    (work / "g.fa").write_bytes(b">c\nACGT\n")
    lode("index", "g.fa")
    return work / "g.fa.lode"


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def spoil(path, at):
    image = bytearray(path.read_bytes())
    image[at] ^= 1
    path.write_bytes(image)


def told(lode, words, status=4):
    said = lode(*words, status=status).stderr.decode()
    assert "holds records and no sequence" not in said
    return said


READ_STORE = [("verify", "s.lode"), ("verify", "s.lode", "--json"), ("stat", "s.lode"),
              ("rec", "ls", "s.lode"), ("rec", "put", "s.lode", "k", "a"), ("ls", "s.lode")]
READ_INDEX = [("verify", "g.fa"), ("stat", "g.fa.lode"), ("get", "g.fa", "c"),
              ("verify", "g.fa.lode", "--quick"), ("rec", "ls", "g.fa.lode")]


@pytest.mark.parametrize("words", READ_STORE)
@pytest.mark.parametrize("harm", [(cut, -1), (cut, 100_000), (cut, DIRECTORY - 1), (cut, 200),
                                  (spoil, 30), (spoil, DIRECTORY - 30)])
def test_store(lode, store, words, harm):
    harm[0](store, harm[1])
    said = told(lode, words)
    assert "s.lode: record store is " in said and "lode index" not in said
    assert "take it from a copy, or import it again" in said


@pytest.mark.parametrize("words", READ_INDEX)
@pytest.mark.parametrize("harm", [(cut, -1), (cut, 200), (spoil, 30)])
def test_index(lode, index, words, harm):
    harm[0](index, harm[1])
    said = told(lode, words)
    assert "g.fa.lode: index is " in said and "rebuild it with 'lode index --rescan'" in said


@pytest.mark.parametrize("words", READ_STORE)
@pytest.mark.parametrize("size", [8, HEADER - 1, HEADER])
def test_file_that_may_have_been_either(lode, store, words, size):
    cut(store, size)
    said = told(lode, words)
    assert "s.lode: file is cut short at offset" in said
    assert "take it from a copy, or make it again" in said


@pytest.mark.parametrize("words", READ_STORE)
@pytest.mark.parametrize("size", [0, 4])
def test_what_is_left_is_no_lode_file(lode, store, words, size):
    cut(store, size)
    assert "s.lode: not a lode " in told(lode, words)


def test_damaged_dictionary(lode, work):
    """Which is proven when the store is opened."""
    rows = "".join(f'{{"id": {i}, "text": "some text {i * i} again"}}\n' for i in range(3000))
    Path(work / "x.jsonl").write_text(rows)
    lode("rec", "train", "x.jsonl", "-o", "d", "--dict-size", "4096")
    lode("rec", "import", "s.lode", "x.jsonl", "--dict", "d")
    dictionary = (work / "d").read_bytes()
    spoil(work / "s.lode", (work / "s.lode").read_bytes().index(dictionary[:64]) + 9)
    for words in [("verify", "s.lode"), ("stat", "s.lode"), ("rec", "ls", "s.lode")]:
        assert "s.lode: record store is damaged: the page at" in told(lode, words)

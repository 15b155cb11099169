"""A FASTA that changes after it was indexed: right bases or an error, never other bases."""
import os
import random

import pytest

import gen
import oracle

STALE, DAMAGED, GONE = 5, 1, 1
NAME = b"c"


class Indexed:
    """A file of one contig of 300,000 bases, its index, and its exact answers."""

    def __init__(self, lode, work, writer, size=65280):
        self.rng = random.Random(90)
        self.lode, self.writer, self.size = lode, writer, size
        self.seq = gen.real_like(self.rng, 300000)
        self.file = work / ("g" + gen.suffix(writer))
        self.text = gen.Record(NAME, self.seq, 60).text()
        self.data = self.make(self.text)
        self.file.write_bytes(self.data)
        lode("index", "-q", self.file)

    def make(self, text):
        """Stored blocks have one size whatever they hold."""
        return text if self.writer == "plain" else gen.bgzf(text, self.size, level=0)

    def where(self, base):
        return 3 + base // 60 * 61 + base % 60

    def edited(self, base, letter=b"@"):
        """The text with another letter at this base."""
        at = self.where(base)
        return self.text[:at] + letter + self.text[at + 1:]

    def get(self, begin, end, status=0):
        done = self.lode("get", self.file, f"c:{begin + 1}-{end}", "-n", "0", status=status)
        got = b"".join(done.stdout.splitlines()[1:])
        assert self.seq[begin:end].startswith(got)
        assert status or got == self.seq[begin:end]
        assert not status or (done.stderr and len(got) < end - begin)
        return done

    def right_everywhere(self):
        self.get(0, 300000)
        for _ in range(3):
            begin = self.rng.randrange(299000)
            self.get(begin, begin + 1000)


@pytest.fixture(name="g", params=["plain", "bgzf"])
def make_indexed(request, lode, work):
    return Indexed(lode, work, request.param)


def verify(g, quick, index, full):
    assert [g.lode.run("verify", "-q", *how, g.file).returncode
            for how in (["--quick"], [], ["--full"])] == [quick, index, full]


def test_unchanged(g):
    g.right_everywhere()
    verify(g, 0, 0, 0)


def test_trap_touched_older_and_newer_still_answers(g):
    for when in (1, 2_000_000_000, os.stat(g.file.with_name(g.file.name + ".lode")).st_mtime):
        os.utime(g.file, (when, when))
        g.right_everywhere()
        verify(g, 0, 0, 0)


def test_replaced_by_the_same_bytes_still_answers(g):
    g.file.rename(g.file.with_name("old"))
    g.file.write_bytes(g.data)
    g.right_everywhere()
    verify(g, 0, 0, 0)


def test_renamed_or_removed(g):
    g.file.rename(g.file.with_name("away.fa"))
    index = str(g.file) + ".lode"
    for command in (["get", g.file, "c"], ["get", index, "c"], ["verify", index]):
        done = g.lode(*command, status=GONE)
        assert g.file.name.encode() in done.stderr and b"--root" in done.stderr
    g.lode("ls", index)
    g.file.with_name("away.fa").rename(g.file)
    g.right_everywhere()


def test_root_names_where_the_sources_went(g):
    (g.file.parent / "new").mkdir()
    g.file.rename(g.file.parent / "new" / g.file.name)
    index = str(g.file) + ".lode"
    got = g.lode.out("get", index, "c:5-9", "--root", g.file.parent / "new", "--tab")
    assert got == b"c:5-9\t" + g.seq[4:9] + b"\n"
    g.lode("verify", "-q", "--full", index, "--root", g.file.parent / "new")


@pytest.mark.parametrize("change", ["truncated_by_one", "truncated_to_half", "emptied",
                                    "appended", "prepended", "longer_header"])
def test_size_changed(g, change):
    data = {"truncated_by_one": g.data[:-1], "truncated_to_half": g.data[:len(g.data) // 2],
            "emptied": b"", "appended": g.data + g.make(b">d\nACGT\n"),
            "prepended": g.make(b">d\nACGT\n") + g.data,
            "longer_header": g.make(b">c ver\n" + g.text[3:])}[change]
    g.file.write_bytes(data)
    for begin, end in (0, 60), (150000, 150100), (299990, 300000), (0, 300000):
        done = g.get(begin, end, STALE)
        assert b"lode index" in done.stderr and g.file.name.encode() in done.stderr
    verify(g, STALE, STALE, STALE)
    if change != "emptied":
        lengths = [len(s) for _, s in oracle.parse(oracle.read_text(g.file))] if (
            g.writer == "plain" or not change.startswith("trunc")) else None
        done = g.lode.run("index", "-q", g.file)
        assert done.returncode == (1 if lengths is None else 0)
        if lengths:
            assert sum(lengths) == sum(
                int(row.split(b"\t")[1]) for row in g.lode.out("ls", g.file, "g").splitlines())


@pytest.mark.parametrize("base", [0, 2000, 299999 - 100, 299999])
def test_same_size_other_content_at_the_head_or_tail(g, base):
    g.file.write_bytes(g.make(g.edited(base)))
    assert len(g.file.read_bytes()) == len(g.data)
    g.get(base, base + 1, STALE)
    g.get(150000, 150010, STALE)
    g.get(0, 300000, STALE)
    verify(g, STALE, STALE, STALE)


def test_same_size_other_content_in_the_middle(g):
    """Size, head and tail are as they were: the piece that changed tells."""
    base = 150000
    g.file.write_bytes(g.make(g.edited(base)))
    status = DAMAGED if g.writer == "plain" else STALE  # a block's CRC is another one
    done = g.get(base, base + 1, status)
    assert g.file.name.encode() in done.stderr
    g.get(base - 500, base + 500, status)
    g.get(0, 300000, status)
    g.get(0, 60000)
    g.get(250000, 300000)
    verify(g, 0, 0, status)
    g.lode("index", "-q", "--rescan", g.file)
    assert g.lode.out("get", g.file, f"c:{base + 1}-{base + 1}", "--tab").endswith(b"\t@\n")


def test_every_base_of_a_changed_piece_is_refused_and_every_other_answers(lode, work):
    """4,096 bytes of text are one piece. (In BGZF the CRC of the block tells as well.)"""
    g = Indexed(lode, work, "plain")
    at = g.where(150000)
    g.file.write_bytes(g.edited(150000))
    first = next(b for b in range(140000, 150001) if g.where(b) // 4096 == at // 4096)
    last = next(b for b in range(160000, 149999, -1) if g.where(b) // 4096 == at // 4096)
    for base in first, (first + last) // 2, last:
        g.get(base, base + 1, DAMAGED)
    g.get(first - 1, first)
    g.get(last + 1, last + 2)
    g.get(first - 1, last + 2, DAMAGED)


def test_same_text_compressed_again(lode, work):
    """The bases are the same, but not where the index says."""
    g = Indexed(lode, work, "bgzf")
    for data in gen.by_bgzip(g.text), gen.bgzf(g.text, 65280, level=1), gen.bgzf(g.text, 4096):
        g.file.write_bytes(data)
        g.get(0, 60, STALE)
        g.get(0, 300000, STALE)
        verify(g, STALE, STALE, STALE)
    lode("index", "-q", g.file)
    g.right_everywhere()


def test_same_text_in_blocks_of_other_sizes_but_one_file_size(lode, work):
    """Only the chain of blocks differs, in the middle of the file."""
    g = Indexed(lode, work, "bgzf", 30000)
    cuts = [0, 30000, 60000, 90000, 120500, 150000, *range(180000, len(g.text), 30000)]
    blocks = [gen.block(g.text[i:j], level=0) for i, j in zip(cuts, [*cuts[1:], None])]
    data = b"".join(blocks) + gen.EOF_BLOCK
    assert len(data) == len(g.data) and data[:4096] == g.data[:4096]
    assert data[-4096:] == g.data[-4096:] and data != g.data
    g.file.write_bytes(data)
    g.get(0, 80000)
    g.get(0, 300000, STALE)
    g.get(120000, 130000, STALE)
    g.get(160000, 300000)
    verify(g, 0, 0, STALE)


def test_a_block_whose_deflate_data_is_damaged(lode, work):
    g = Indexed(lode, work, "bgzf")
    data = bytearray(g.data)
    data[200000] ^= 0x20  # the case of one base; the trailer still says what it was
    g.file.write_bytes(data)
    g.get(150000, 220000, DAMAGED)
    g.get(0, 30000)
    g.get(280000, 300000)
    verify(g, 0, 0, DAMAGED)


@pytest.mark.parametrize("kind", ["directory", "pipe", "broken_link", "loop"])
def test_source_that_is_no_regular_file_any_more(g, kind):
    g.file.unlink()
    if kind == "directory":
        g.file.mkdir()
    elif kind == "pipe":
        os.mkfifo(g.file)
    else:
        g.file.symlink_to("nowhere" if kind == "broken_link" else g.file.name)
    done = g.lode("get", str(g.file) + ".lode", "c", status=1)
    assert oracle.records_of(done.stdout) in ([], [(b"c", b"")])


def test_other_files_of_the_index_still_answer(lode, work):
    """One stale file stops the records of that file alone."""
    (work / "d").mkdir()
    for name in "abc":
        (work / f"d/{name}.fa").write_bytes(f">{name}\nACGT{name * 3}\n".encode())
    lode("index", "-q", "d")
    (work / "d/b.fa").write_bytes(b">b\nNNNNNNNNNNNN\n")
    done = lode("get", "d", "a", "b", "c", "--tab", status=STALE)
    rows = [line.split(b"\t") for line in done.stdout.splitlines()]
    assert [row for row in rows if row[0] != b"b"] == [[b"a", b"ACGTaaa"], [b"c", b"ACGTccc"]]
    assert all(row[1] == b"" for row in rows if row[0] == b"b")
    assert done.stderr.count(b"b.fa") == 1


@pytest.mark.parametrize("writer", ["plain", "bgzip", "bgzf"])
def test_random_changes_never_give_wrong_bases(lode, work, writer):
    """Bytes flipped, cut out, doubled, appended: a list of regions each time."""
    rng = random.Random(f"stale {writer}")
    genome = gen.genome(rng, widths=(60, 61, 1000), scale=30000)
    text = genome.text()
    data = {"plain": text, "bgzip": gen.by_bgzip(text), "bgzf": gen.bgzf(text, 4096)}[writer]
    file = work / ("g" + gen.suffix(writer))
    file.write_bytes(data)
    lode("index", "-q", file)
    failures = 0
    for _ in range(120):
        file.write_bytes(change(rng, data))
        regions = dict(oracle.random_regions(rng, genome.bases, 40, 5000))
        listed = oracle.write_regions(work / "r", regions.items())
        done = lode.run("get", file, "-r", listed, "-n", "0")
        assert done.returncode in (0, 1, 5), done.stderr
        got = dict(oracle.records_of(done.stdout))
        assert all(regions[title].startswith(seq) for title, seq in got.items())
        assert done.returncode or got == regions
        failures += done.returncode != 0
    assert failures > 60


def change(rng, data):
    at, n = rng.randrange(len(data)), rng.randint(1, 300)
    kind = rng.randrange(7)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data + data[at:at + n]
    if kind == 2:
        return data[:at] + data[at + n:]
    if kind == 3:
        return data[:at] + data[at:at + n] + data[at:]
    if kind == 4:
        return data[:at] + bytes(len(data[at:at + n])) + data[at + n:]
    if kind == 5:
        return data[:at] + data[at:at + n][::-1] + data[at + n:]
    flipped = bytes([data[at] ^ 1 << rng.randrange(8)])
    return data[:at] + flipped + data[at + 1:]

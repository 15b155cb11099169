"""What the first blocks of a BGZF file tell of its layout, and reads of files that mix layouts."""
import gzip
import random

import pytest
import spec_reader

import gen
import oracle
from test_layouts import GENOME, RNG, TEXT, blocks, layout_of, windows


def check_everything(lode, work, file, genome, rng):
    """Reads, the second reader's too, verification and the way back."""
    regions = oracle.random_regions(rng, genome.bases, 150)
    listed = oracle.write_regions(work / "r.txt", regions)
    assert lode.out("get", file, "-r", listed) == oracle.expected(regions)
    lode("verify", "-q", "--full", file)
    assert lode.out("export", file, "--fasta") == genome.text()
    reader = spec_reader.Index(f"{file}.lode", pages=True)
    for _ in range(20):
        name = rng.choice([n for n, s in genome.bases.items() if s])
        begin = rng.randrange(len(genome.bases[name]))
        end = min(begin + rng.randrange(1, 3000), len(genome.bases[name]))
        assert reader.fetch(name, begin, end) == genome.bases[name][begin:end]


def damage_block(data, number):
    """Flips bits of the deflate data of one block near its begin; its length stays."""
    at, _, _ = blocks(data)[number]
    return data[:at + 200] + bytes(b ^ 0x55 for b in data[at + 200:at + 208]) + data[at + 208:]


BEFORE = {
    "header": ([b">first of them\n"], []),
    "empty_and_header": ([b"", b">first of them\n"], []),
    "n": ([b">n\n" + b"N" * 60000 + b"\n"], [gen.Record(b"n", b"N" * 60000, 60000)]),
    "ordinary": ([b">o\n" + b"ACGTTGCA" * 8000 + b"\n"],
                 [gen.Record(b"o", b"ACGTTGCA" * 8000, 64000)]),
    "seven": ([b">o%d\n" % i + b"ACGTTGCA" * 3000 + b"\n" for i in range(7)],
              [gen.Record(b"o%d" % i, b"ACGTTGCA" * 3000, 24000) for i in range(7)]),
}


@pytest.mark.parametrize("eof", [b"", gen.EOF_BLOCK], ids=["joined", "concatenated"])
@pytest.mark.parametrize("case", BEFORE)
def test_restart_blocks_behind_other_blocks(lode, work, case, eof):
    """As `cat` makes them. That they are read from their starts shows when the begin of a block is
    damaged: what lies behind can be read all the same."""
    texts, records = BEFORE[case]
    rng = random.Random(f"before {case}")
    seq = gen.dna(rng, 300000)
    if records:
        rest = gen.Record(b"c", seq, 60)
        genome = gen.Genome(records + [rest])
        rest = rest.text()
    else:
        genome = gen.Genome([gen.Record(b"first", seq, 60, b" of them")])
        rest = genome.text().split(b"\n", 1)[1]
    file = work / "g.fa.gz"
    data = b"".join(gen.block(text) + eof for text in texts)
    data += lode.out("compress", "-", "--layout", "restart", stdin=rest)
    file.write_bytes(data)
    assert gzip.decompress(data) == genome.text()
    lode("index", "-q", file)
    assert layout_of(lode, file) == "restart"
    check_everything(lode, work, file, genome, rng)
    number = [text for _, _, text in blocks(data)].index(65280) + 2
    file.write_bytes(damage_block(data, number))
    met = [windows(lode, file, seq[begin:begin + 5000], {0, 1}, genome.records[-1].name, begin)
           for begin in range(0, 300000, 5000)]
    assert 1 <= met.count({1}) <= 2


def test_ninth_block_is_not_looked_at(lode, work):
    rng = random.Random(151)
    head = [gen.Record(b"o%d" % i, gen.dna(rng, 20000), 20000) for i in range(8)]
    rest = gen.Record(b"c", gen.dna(rng, 200000), 60)
    packed = lode.out("compress", "-", "--layout", "restart", stdin=rest.text())
    file = work / "g.fa.gz"
    for count, layout in (7, "restart"), (8, "ordinary"):
        file.write_bytes(b"".join(gen.block(r.text()) for r in head[:count]) + packed)
        lode("index", "-q", file)
        assert layout_of(lode, file) == layout
        check_everything(lode, work, file, gen.Genome(head[:count] + [rest]), rng)


def test_two_codes_before_each_other(lode, work):
    """The first code is the source's; blocks of the other are inflated."""
    rng = random.Random(152)
    records = [gen.Record(b"a", gen.dna(rng, 100000), 60),
               gen.Record(b"b", bytes(rng.choices(b"ACGTNacgtn", k=150000)), 60)]
    packed = [lode.out("compress", "-", "--layout", "restart", stdin=r.text()) for r in records]
    for order in (0, 1), (1, 0):
        file = work / "g.fa.gz"
        file.write_bytes(gen.block(b"\n") + b"".join(packed[i] for i in order))
        genome = gen.Genome([records[i] for i in order])
        lode("index", "-q", file)
        assert layout_of(lode, file) == "restart"
        genome.text = lambda order=order: b"\n" + b"".join(records[i].text() for i in order)
        check_everything(lode, work, file, genome, rng)


@pytest.mark.parametrize("size", [512, 1023, 1024, 1025, 8192, 16383, 16384, 16385, 65280])
def test_block_sizes_that_are_small(lode, work, size):
    file = work / "g.fa.gz"
    lode("compress", "-q", "-", "-o", file, "--index", "--block-size", str(size), stdin=TEXT)
    assert layout_of(lode, file) == ("small" if size <= 16384 else "ordinary")
    lode("index", "-q", file, "--rescan", "-o", "other.lode")
    assert (work / "other.lode").read_bytes() == (work / "g.fa.gz.lode").read_bytes()
    check_everything(lode, work, file, GENOME, random.Random(size))


@pytest.mark.parametrize("sizes, layout", [
    ([16384], "small"), ([16385], "ordinary"), ([0, 1], "small"), ([], "ordinary"),
    ([0, 0], "ordinary"),
    ([1] * 8 + [65536], "small"), ([1] * 7 + [16385], "ordinary"), ([0] * 9 + [16384], "small"),
    ([16384, 0] * 7 + [16384, 65536, 30000, 1, 65280], "small"),
    ([16384, 0] * 7 + [16385, 100], "ordinary")])
def test_first_blocks_alone_tell_small_ones(lode, work, sizes, layout):
    """Large blocks behind small ones have 64 small pieces; empty blocks are not counted."""
    rng = random.Random(153)
    text = (b">c\n" + gen.dna(rng, 300000))[:sum(sizes)]
    at, data = 0, b""
    for size in sizes:
        data += gen.block(text[at:at + size])
        at += size
    file = work / "g.fa.gz"
    file.write_bytes(data + gen.EOF_BLOCK)
    if len(text) < 2:  # no name
        text = b""
        file.write_bytes(gen.block(b"\n" * sum(sizes)) + gen.EOF_BLOCK)
    lode("index", "-q", file)
    assert layout_of(lode, file) == layout
    lode("verify", "-q", "--full", file)
    if len(text) > 3:
        seq = text[3:]
        for _ in range(60):
            begin = rng.randrange(len(seq))
            end = min(begin + rng.choice([1, 60, 2000, 70000]), len(seq))
            got = lode.out("get", file, f"c:{begin + 1}-{end}", "-n", "0").splitlines()[1]
            assert got == seq[begin:end]
            assert spec_reader.Index(f"{file}.lode").fetch("c", begin, end) == seq[begin:end]


def test_damage_of_small_pieces_is_found(lode, work):
    """A letter changed under the block's trailer of before: the pieces before it are right."""
    seq = gen.dna(random.Random(154), 100000)
    text = gen.Record(b"c", seq, 60).text()
    file = work / "g.fa.gz"
    good = lode.out("compress", "-", "--layout", "small", "-l", "0", stdin=text)
    file.write_bytes(good)
    lode("index", "-q", file)
    assert layout_of(lode, file) == "small"
    at, size, _ = blocks(good)[6]
    where = at + size - 8 - 4000  # in the piece of text [4096, 5120) of the block
    file.write_bytes(good[:where] + bytes([good[where] ^ 2]) + good[where + 1:])
    begin = 6 * 8192 // 61 * 60
    for off, status in (3900, 0), (4200, 1):
        done = lode.run("get", file, f"c:{begin + off}-{begin + off + 50}", "-n", "0")
        assert done.returncode == status
    assert lode.run("verify", "-q", "--full", file).returncode == 1


def test_restart_blocks_with_other_gzip_headers(lode, work):
    """Starts count from the block's first byte, whatever stands before the deflate data."""
    def rewrap(data):
        out = b""
        for at, size, _ in blocks(data):
            extra = gen.subfield(b"XX", RNG.randbytes(RNG.randrange(40)))
            field = extra + gen.subfield(b"BC", (size + len(extra) - 1).to_bytes(2, "little"))
            out += data[at:at + 10] + len(field).to_bytes(2, "little") + field
            out += data[at + 18:at + size]
        return out
    file = work / "g.fa.gz"
    file.write_bytes(rewrap(lode.out("compress", "-", "--layout", "restart", stdin=TEXT)))
    assert gzip.decompress(file.read_bytes()) == TEXT
    lode("index", "-q", file)
    assert layout_of(lode, file) == "restart"
    regions = oracle.random_regions(random.Random(135), GENOME.bases, 200)
    listed = oracle.write_regions(work / "r.txt", regions)
    assert lode.out("get", file, "-r", listed) == oracle.expected(regions)
    lode("verify", "-q", "--full", file)


def test_sources_of_all_layouts_in_one_index(lode, work):
    """Built at once, built one by one, and with one left out: the bytes are those of a new index."""
    (work / "d").mkdir()
    for i, layout in enumerate(["restart", "ordinary", "restart", "small"]):
        genome = gen.genome(random.Random(i), widths=(60,), scale=40000, names=b"g%d_%%d" % i)
        (work / f"d/{i}.fa.gz").write_bytes(
            lode.out("compress", "-", "--layout", layout, stdin=genome.text()))
        lode("index", "-q", "d")
    step_by_step = (work / "d/index.lode").read_bytes()
    lode("index", "-q", "--rescan", "d")
    assert (work / "d/index.lode").read_bytes() == step_by_step
    lode("verify", "-q", "--full", "d")
    (work / "d/0.fa.gz").unlink()
    lode("index", "-q", "d")
    kept = (work / "d/index.lode").read_bytes()
    lode("index", "-q", "--rescan", "d")
    assert (work / "d/index.lode").read_bytes() == kept
    for i in 1, 2, 3:
        genome = gen.genome(random.Random(i), widths=(60,), scale=40000, names=b"g%d_%%d" % i)
        name = b"g%d_0" % i
        assert oracle.records_of(lode.out("get", "d", name)) == [(name, genome.bases[name])]

"""What lode verify finds, names and counts."""
import json
import random
import struct

import pytest

import gen
import sealing

PIECE = 4096
NAMED = 16


def verify(lode, *args, status):
    done = lode("verify", "--json", *args, status=status)
    *findings, whole = map(json.loads, done.stdout.decode().splitlines())
    assert whole["named"] == len(findings) <= whole["findings"] == sum(whole["kinds"].values())
    assert whole["ok"] is False
    return findings, whole


def contig_at(text, offset):
    """Name of the record that a place of the text lies in."""
    begin = text.rfind(b">", 0, offset + 1)
    return text[begin + 1:].split(None, 1)[0].decode()


@pytest.fixture(name="text")
def make_text():
    rng = random.Random(3)
    records = [gen.Record(b"c%d" % i, gen.dna(rng, 90000 + 7000 * i), 70) for i in range(12)]
    return b"".join(record.text() for record in records)


def pieces_damaged(text, places):
    return sorted({place // PIECE for place in places})


@pytest.mark.parametrize("count", [1, 5, 60])
def test_every_damaged_piece_of_a_plain_fasta_is_counted(lode, work, text, count):
    (work / "g.fa").write_bytes(text)
    lode("index", "-q", "g.fa")
    rng, data = random.Random(count), bytearray(text)
    # not the ends: they would make it another file
    places = [p for p in rng.sample(range(5000, len(text) - 5000), count) if text[p] in b"ACGT"]
    for place in places:
        data[place] = ord("N")
    (work / "g.fa").write_bytes(data)
    findings, whole = verify(lode, "--full", "g.fa", status=1)
    wanted = pieces_damaged(text, places)
    assert whole["findings"] == len(wanted) and whole["kinds"] == {"LODE_E_DAMAGED": len(wanted)}
    assert [f["offset"] // PIECE for f in findings] == wanted[:NAMED]
    for found in findings:
        ends = found["offset"], min(found["offset"] + PIECE, len(text)) - 1
        assert found["rule"] == "T-3" and found["contigs"] == [contig_at(text, at) for at in ends]


def blocks_of(data):
    """[(offset, size)] of the blocks of a BGZF file, by their BSIZE."""
    at, blocks = 0, []
    while at < len(data):
        size = struct.unpack_from("<H", data, at + 16)[0] + 1
        blocks.append((at, size))
        at += size
    return blocks


@pytest.mark.parametrize("part", ["header", "data", "mixed"])
@pytest.mark.parametrize("count", [1, 4, 40])
def test_every_damaged_bgzf_block_is_counted(lode, work, text, part, count):
    packed = gen.bgzf(text, 9000)
    (work / "g.fa.gz").write_bytes(packed)
    lode("index", "-q", "g.fa.gz")
    rng, data = random.Random(f"{part}{count}"), bytearray(packed)
    blocks = blocks_of(packed)
    inner = [i for i, (at, size) in enumerate(blocks) if 4096 < at and at + size < len(data) - 4096]
    hit = sorted(rng.sample(inner, count))
    for i in hit:
        at, size = blocks[i]
        if part == "header" or (part == "mixed" and i % 2):
            data[at + 1] ^= 0xFF  # no gzip magic: the chain of blocks breaks here
        else:
            data[at + size // 2:at + size // 2 + 4] = b"\0\xff\0\xff"
    (work / "g.fa.gz").write_bytes(data)
    broken = part == "header" or (part == "mixed" and any(i % 2 for i in hit))
    findings, whole = verify(lode, "--full", "g.fa.gz", status=5 if broken else 1)
    assert whole["findings"] == count
    assert [f["offset"] for f in findings] == [blocks[i][0] for i in hit][:NAMED]
    assert {f["rule"] for f in findings} <= {"B-5", "Z-5"}
    for found, i in zip(findings, hit):
        ends = i * 9000, min((i + 1) * 9000, len(text)) - 1
        assert found["contigs"] == [contig_at(text, at) for at in ends]


def test_person_is_told_the_first_and_how_many(lode, work, text):
    (work / "g.fa").write_bytes(text)
    lode("index", "-q", "g.fa")
    data = bytearray(text)
    data[100000:600000] = b"N" * 500000
    (work / "g.fa").write_bytes(data)
    lines = lode("verify", "--full", "g.fa", status=1).stderr.decode().splitlines()
    pieces = 600000 // PIECE - 100000 // PIECE + 1
    assert "offset 98304 (rule T-3)" in lines[0] and lines[0].endswith("[contig c1]")
    assert len(lines) == NAMED + 2
    assert lines[-2].endswith(f"{pieces} findings, {NAMED} of them named above")
    assert lines[-1].split()[1] == str(pieces)


def test_damaged_pages_are_counted(lode, work):
    rng = random.Random(9)
    (work / "g.fa").write_bytes(b"".join(
        gen.Record(b"contig%d" % i, gen.dna(rng, 30)).text() for i in range(30000)))
    lode("index", "-q", "g.fa")
    data = bytearray((work / "g.fa.lode").read_bytes())
    off, length = sealing.section(data, b"CTIG")
    pages = range(-(-off // 65536), (off + length) // 65536)
    assert len(pages) > NAMED
    for page in pages:
        data[page * 65536 + 77] ^= 0x10
    (work / "g.fa.lode").write_bytes(data)
    findings, whole = verify(lode, "g.fa", status=4)
    assert whole["kinds"]["LODE_E_PAGE_SUM"] == len(pages)
    named = [f for f in findings if f["kind"] == "LODE_E_PAGE_SUM"]
    assert [f["offset"] for f in named] == [page * 65536 for page in pages][:NAMED]
    width = struct.unpack_from("<I", data, next(
        at for at in sealing.directory(data) if data[at:at + 4] == b"CTIG") + 40)[0]
    for found, page in zip(named, pages):
        first = (page * 65536 - off) // width
        assert found["contigs"][0] == f"#{first}"  # names of a damaged page are not believed


# ------------------------------------------------------------------------------------- rows --

CONTIGS = 40
BASES = 70000  # more than a bin of 65,536


@pytest.fixture(name="rows")
def make_rows(lode, work):
    """An index of two files whose rows of every table are easy to find. Contig numbers go on from
    file to file."""
    rng = random.Random(12)
    (work / "d").mkdir()
    for name in "ab":
        records = []
        for i in range(CONTIGS // 2):
            seq = bytearray(gen.dna(rng, BASES))
            seq[1000:1010] = b"N" * 10
            seq[2000:2040] = seq[2000:2040].lower()
            records.append(gen.Record(b"%s%d" % (name.encode(), i), bytes(seq), 60, b" told").text())
        (work / f"d/{name}.fa.gz").write_bytes(gen.bgzf(b"\n".join(records), 20000))
    lode("index", "-q", "d")
    return work / "d/index.lode"


def name_of(contig):
    return f"{'ab'[contig // (CONTIGS // 2)]}{contig % (CONTIGS // 2)}"


def harm(path, table, row, change):
    data = bytearray(path.read_bytes())
    off, _ = sealing.section(data, table)
    at = next(at for at in sealing.directory(data) if data[at:at + 4] == table)
    width = struct.unpack_from("<I", data, at + 40)[0]
    change(data, off + row * width)
    path.write_bytes(sealing.reseal(data))


def flip(place, value=0x5A):
    def change(data, at):
        data[at + place] ^= value
    return change


def bin_of(contig):
    """The first bin that begins in a contig; each file has a row behind its last one."""
    file, i = divmod(contig, CONTIGS // 2)
    in_file = -(-CONTIGS // 2 * BASES // 65536)
    return file * (in_file + 1) + -(-i * BASES // 65536)


CHANGES = {  # table: row of a contig, what is changed of it, what the contig is then called
    b"CTIG": (lambda i: i, flip(12), "#{number}"),  # such a row is not believed: a number
    b"NAME": (lambda i: sum(len(name_of(k)) + 1 for k in range(i)), flip(0, 0x40), "{mirrored}"),
    b"GAPS": (lambda i: i - (i >= CONTIGS // 2), flip(16, 0xFF), "{name}"),
    b"BINS": (bin_of, flip(24), "{name}"),
}


@pytest.mark.parametrize("table", CHANGES, ids=lambda table: table.decode())
@pytest.mark.parametrize("contig", [1, 17, 25, 38])
def test_row_that_breaks_a_rule_names_section_offset_and_contig(lode, rows, table, contig):
    row, change, called = CHANGES[table]
    off, length = sealing.section(rows.read_bytes(), table)
    harm(rows, table, row(contig), change)
    findings, _ = verify(lode, rows, "--full", status=4)
    found = next(f for f in findings if f["section"] == table.decode())
    assert found["rule"] and off <= found["offset"] < off + length
    name = name_of(contig)
    mirrored = chr(ord(name[0]) ^ 0x40) + name[1:]
    wanted = called.format(number=contig, name=name, mirrored=mirrored)
    assert found["contigs"][0] == wanted

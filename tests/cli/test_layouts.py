"""lode compress --layout: BGZF of one text for every tool, and reads of it that are right, proven and
the same whatever the layout."""
import gzip
import json
import os
import random
import shutil
import subprocess

import pytest
import spec_reader

import gen
import oracle

LAYOUTS = ("ordinary", "small", "restart")
RNG = random.Random(130)
GENOME = gen.genome(RNG, widths=(60, 61, 5000), scale=150000)
TEXT = GENOME.text()
INPUTS = {"plain": TEXT, "gzip": gen.plain_gzip(TEXT, 3), "bgzf": gen.by_bgzip(TEXT)}


def blocks(data):
    """[(offset, bytes in the file, bytes of text)] of each block."""
    at, found = 0, []
    while at < len(data):
        assert data[at:at + 4] == b"\x1f\x8b\x08\x04" and data[at + 10:at + 16] == b"\x06\0BC\x02\0"
        size = int.from_bytes(data[at + 16:at + 18], "little") + 1
        found.append((at, size, int.from_bytes(data[at + size - 4:at + size], "little")))
        at += size
    return found


def read_back(path, text):
    """By samtools' library, by gzip's and Python's zlib."""
    for command in ["bgzip", "-dc", path], ["gzip", "-dc", path]:
        assert subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout == text
    assert gzip.decompress(path.read_bytes()) == text
    subprocess.run(["bgzip", "-t", path], check=True)


def layout_of(lode, file):
    return json.loads(lode.out("ls", "--json", file).splitlines()[0])["layout"]


def made(lode, work, text, layout, *options):
    """An indexed file of the text."""
    file = work / f"g.{layout}.fa.gz"
    file.write_bytes(lode.out("compress", "-", "--layout", layout, *options, stdin=text))
    lode("index", "-q", file)
    return file


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", INPUTS)
def test_any_input_becomes_the_same_file_that_every_tool_reads(lode, work, layout, case):
    (work / "in").write_bytes(INPUTS[case])
    out = work / "o.fa.gz"
    lode("compress", "-q", "in", "-o", out, "--layout", layout)
    read_back(out, TEXT)
    wanted = out.read_bytes()
    for threads in "123":
        assert lode.out("compress", "-", "--layout", layout, "-@", threads,
                        stdin=INPUTS[case]) == wanted
    lode("compress", "-q", "in", "-o", "again.gz", "--layout", layout, "-l", "1")
    assert layout != "restart" or (work / "again.gz").read_bytes() == wanted
    (work / "plain.fa").write_bytes(TEXT)
    regions = "c0:5-500", "c1:65000-66000", "c2"
    assert oracle.samtools(out, *regions) == oracle.samtools(work / "plain.fa", *regions)


def test_block_sizes(lode, work):
    sizes = {}
    for layout in LAYOUTS:
        for own in None, 1000:
            options = [] if own is None else ["--block-size", str(own)]
            data = lode.out("compress", "-", "--layout", layout, *options, stdin=TEXT)
            found = {text for _, _, text in blocks(data)[:-2]}
            assert len(found) == 1
            sizes[layout, own] = found.pop()
    assert sizes == {(layout, own): own or (8192 if layout == "small" else 65280)
                     for layout in LAYOUTS for own in (None, 1000)}


@pytest.mark.parametrize("text", [b"", b"\n", b">x\n", b">x\nA", b">n\n" + b"N" * 300000,
                                  b">n\n" + b"N" * 65277 + b"ACGT" * 50000],
                         ids=["empty", "line", "header", "short", "n", "n_first"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_texts_of_few_letters(lode, work, layout, text):
    file = made(lode, work, text, layout)
    read_back(file, text)
    lode("verify", "-q", "--full", file)
    assert lode.out("export", file, "--fasta") == text
    worth_it = text.count(b"ACGT") > 1  # else each block is smaller stored, or with matches
    small = 0 < min(len(text), 8192 if layout == "small" else 65280) <= 16384
    assert layout_of(lode, file) == ("restart" if layout == "restart" and worth_it else
                                     "small" if small else "ordinary")


def test_bytes_that_no_genome_has_and_runs_of_n(lode, work):
    """Noise is stored, runs shrink: such blocks are not restart blocks, and those between are."""
    noise = random.Random(131).randbytes(200000)
    assert gzip.decompress(lode.out("compress", "-", "--layout", "restart", stdin=noise)) == noise
    seq = gen.dna(RNG, 200000) + b"N" * 400000 + gen.dna(RNG, 200000)
    text = b">c\n" + seq + b"\n"
    file = made(lode, work, text, "restart")
    sizes = [size for _, size, full in blocks(file.read_bytes()) if full == 65280]
    assert sum(size < 1000 for size in sizes) == 5 and sum(size > 15000 for size in sizes) >= 6
    for begin in range(1, 790000, 9973):
        got = lode.out("get", file, f"c:{begin}-{begin + 4999}", "-n", "0").splitlines()[1]
        assert got == seq[begin - 1:begin + 4999]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_random_regions(lode, work, layout):
    file = made(lode, work, TEXT, layout)
    assert layout_of(lode, file) == layout
    regions = oracle.random_regions(random.Random(132), GENOME.bases, 600)
    listed = oracle.write_regions(work / "r.txt", regions)
    assert lode.out("get", file, "-r", listed) == oracle.expected(regions)
    assert lode.out("get", file, "-r", listed, "-@", "3") == oracle.expected(regions)
    assert oracle.samtools(file, "-r", listed) == oracle.expected(regions)
    reader = spec_reader.Index(f"{file}.lode", pages=True)
    rng = random.Random(133)
    for _ in range(60):
        name = rng.choice([n for n, s in GENOME.bases.items() if s])
        begin = rng.randrange(len(GENOME.bases[name]))
        end = min(begin + rng.randrange(1, 3000), len(GENOME.bases[name]))
        assert reader.fetch(name, begin, end) == GENOME.bases[name][begin:end]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_index_and_exports(lode, work, layout):
    file = made(lode, work, TEXT, layout)
    index = (work / f"{file.name}.lode").read_bytes()
    for threads in "13":
        lode("index", "-q", file, "--rescan", "-@", threads, "-o", "other.lode")
        assert (work / "other.lode").read_bytes() == index
    lode("verify", "-q", "--full", file)
    assert lode.out("export", file, "--fasta") == TEXT
    subprocess.run(["bgzip", "-r", file], check=True)
    assert lode.out("export", file, "--gzi") == (work / f"{file.name}.gzi").read_bytes()
    oracle.samtools(file)
    assert lode.out("export", file, "--fai") == (work / f"{file.name}.fai").read_bytes()


def test_mixed_concatenations(lode, work):
    """Any layout first, the others behind it: the first blocks decide, all are read."""
    parts = [TEXT[:200001], TEXT[200001:260000], TEXT[260000:]]
    rng = random.Random(134)
    for first in LAYOUTS:
        order = [first] + [other for other in LAYOUTS if other != first]
        size = {"ordinary": ("--block-size", "20000")}  # more than eight blocks in each part
        packed = [lode.out("compress", "-", "--layout", how, *size.get(how, ()), stdin=part)
                  for how, part in zip(order, parts)]
        for data in (b"".join(packed), gen.EOF_BLOCK * 3 + b"".join(packed),
                     packed[0] + gen.bgzf_odd(parts[1], rng) + packed[2]):
            file = work / "mixed.fa.gz"
            file.write_bytes(data)
            lode("index", "-q", file)
            assert layout_of(lode, file) == first
            regions = oracle.random_regions(rng, GENOME.bases, 200)
            listed = oracle.write_regions(work / "r.txt", regions)
            assert lode.out("get", file, "-r", listed) == oracle.expected(regions)
            lode("verify", "-q", "--full", file)
            assert lode.out("export", file, "--fasta") == TEXT


# ------------------------------------------------------------- what the first blocks tell --

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


def test_refused_layouts(lode, work):
    (work / "in").write_bytes(TEXT)
    for name in "", "Restart", "small|restart", "1":
        lode("compress", "in", "-o", "o.gz", "--layout", name, status=2)
    assert [p.name for p in work.iterdir()] == ["in"]


# ----------------------------------------------------------------------------------- damage --

def windows(lode, file, seq, status, name=b"c", off=0):
    """Reads seq, which is in the contig from off on, in pieces; the exit statuses met. What is printed
    is right."""
    met = set()
    for begin in range(0, len(seq), 5000):
        region = f"{name.decode()}:{off + begin + 1}-{off + begin + 5000}"
        done = lode.run("get", file, region, "-n", "0")
        got = b"".join(done.stdout.splitlines()[1:])
        assert got == (seq[begin:begin + 5000] if done.returncode == 0 else b"")
        met.add(done.returncode)
    assert met <= status
    return met


def test_flipped_bits_are_found(lode, work):
    seq = gen.dna(random.Random(136), 300000)
    file = made(lode, work, gen.Record(b"c", seq, 60).text(), "restart")
    good, rng = file.read_bytes(), random.Random(137)
    for _ in range(12):
        at = rng.randrange(5000, len(good) - 5000)
        file.write_bytes(good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:])
        windows(lode, file, seq, {0, 1, 5})
        assert lode.run("verify", "-q", "--full", file).returncode in (1, 5)


def test_edited_text_is_damaged_or_stale(lode, work):
    """Another letter in the middle, packed with the same code into the same size."""
    seq = gen.dna(random.Random(138), 300000)
    text = gen.Record(b"c", seq, 60).text()
    file = made(lode, work, text, "restart")
    good = file.read_bytes()
    edited = bytearray(text)
    for at in range(150003, 150063):  # swaps letters, so that nothing else moves
        if edited[at] == ord("A") and edited[at + 1] == ord("C"):
            edited[at], edited[at + 1] = edited[at + 1], edited[at]
            break
    new = lode.out("compress", "-", "--layout", "restart", stdin=bytes(edited))
    assert len(new) == len(good) and new != good
    file.write_bytes(new)
    assert windows(lode, file, seq, {0, 5}) == {0, 5}  # the trailer's CRC is another one
    assert lode.run("verify", "-q", "--full", file).returncode == 5
    both = bytearray(new)
    for at, size, _ in blocks(good):  # with the trailer that was indexed: damage
        both[at + size - 8:at + size] = good[at + size - 8:at + size]
    file.write_bytes(both)
    assert windows(lode, file, seq, {0, 1}) == {0, 1}
    assert lode.run("verify", "-q", "--full", file).returncode == 1


def test_compressed_again_in_another_layout_is_stale(lode, work):
    seq = gen.dna(random.Random(139), 300000)
    text = gen.Record(b"c", seq, 60).text()
    for before, after in ("restart", "ordinary"), ("ordinary", "restart"), ("small", "restart"):
        file = made(lode, work, text, before)
        file.write_bytes(lode.out("compress", "-", "--layout", after, stdin=text))
        assert windows(lode, file, seq, {5}) == {5}
        assert lode.run("verify", "-q", "--full", file).returncode == 5


def test_truncated_while_open_is_stale_or_right(lode, work):
    seq = gen.dna(random.Random(140), 300000)
    file = made(lode, work, gen.Record(b"c", seq, 60).text(), "restart")
    os.truncate(file, file.stat().st_size // 2)
    assert windows(lode, file, seq, {5}) == {5}


# -------------------------------------------------------------------------------- real data --

@pytest.mark.parametrize("name", ["yeast_R64-1-1", "human_chr22_3Mb", "hg19_chrM_softmask"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_real_genomes(lode, work, data, layout, name):
    text = gzip.decompress((data / f"genomes/{name}.fa.gz").read_bytes())
    file = made(lode, work, text, layout)
    assert gzip.decompress(file.read_bytes()) == text
    assert lode.out("export", file, "--fasta") == text
    lode("verify", "-q", "--full", file)
    (work / "plain.fa").write_bytes(text)
    regions = oracle.random_regions(random.Random(141), dict(oracle.parse(text)), 500)
    listed = oracle.write_regions(work / "r.txt", regions)
    wanted = oracle.samtools(work / "plain.fa", "-r", listed)
    assert lode.out("get", file, "-r", listed) == wanted
    assert oracle.samtools(file, "-r", listed) == wanted


def test_odd_files(lode, work, data):
    """What can be indexed as it is can be as a restart layout, with the same bases."""
    compared = 0
    for path in sorted((data / "odd").glob("*.fa*")):
        plain = work / path.name.replace(".gz", "")
        shutil.copyfile(path, work / "in")
        done = lode.run("compress", "-q", "in", "-o", "o.fa.gz", "--layout", "restart")
        assert done.returncode == 0
        plain.write_bytes(oracle.read_text(path))
        assert gzip.decompress((work / "o.fa.gz").read_bytes()) == plain.read_bytes()
        ours = lode.run("index", "-q", "o.fa.gz", "--duplicates", "first")
        theirs = lode.run("index", "-q", plain, "--duplicates", "first")
        assert ours.returncode == theirs.returncode
        if ours.returncode == 0:
            assert lode.out("export", "o.fa.gz", "--fasta") == plain.read_bytes()
            assert lode.out("export", "o.fa.gz", "--fai").split(b"\n")[0] == (
                lode.out("export", plain, "--fai").split(b"\n")[0])
            lode("verify", "-q", "--full", "o.fa.gz")
            compared += 1
    assert compared > 15

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

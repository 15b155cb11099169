"""lode compress: BGZF that bgzip, samtools and gzip accept, of the same text, for every input."""
import gzip
import os
import random
import subprocess

import pytest

import gen
import oracle

TEXT = gen.genome(random.Random(100), widths=(60, 61, 100000), scale=200000).text()
INPUTS = {"plain": TEXT, "gzip": gen.plain_gzip(TEXT), "members": gen.plain_gzip(TEXT, 5),
          "bgzf": gen.by_bgzip(TEXT), "odd_bgzf": gen.bgzf_odd(TEXT, random.Random(1)),
          "no_eof": gen.bgzf(TEXT, eof=False)}


def accepted(path, text):
    for command in ["bgzip", "-t", path], ["gzip", "-t", path]:
        subprocess.run(command, check=True)
    for command in ["gzip", "-dc", path], ["bgzip", "-dc", path]:
        assert subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout == text
    assert path.read_bytes().endswith(gen.EOF_BLOCK)


def blocks(data):
    """[(bytes in the file, bytes of text)] of each block; every one has BC alone."""
    at, found = 0, []
    while at < len(data):
        assert data[at:at + 4] == b"\x1f\x8b\x08\x04" and data[at + 10:at + 16] == b"\x06\0BC\x02\0"
        size = int.from_bytes(data[at + 16:at + 18], "little") + 1
        found.append((size, int.from_bytes(data[at + size - 4:at + size], "little")))
        at += size
    return found


@pytest.mark.parametrize("case", INPUTS)
def test_any_input_becomes_bgzf_of_the_same_text(lode, work, case):
    (work / "in").write_bytes(INPUTS[case])
    lode("compress", "in", "-o", "out.fa.gz")
    accepted(work / "out.fa.gz", TEXT)
    wanted = (work / "out.fa.gz").read_bytes()
    assert lode.out("compress", "in") == wanted
    assert lode.out("compress", "-", stdin=INPUTS[case]) == wanted
    (work / "plain.fa").write_bytes(TEXT)
    regions = "c0:5-500", "c2:65000-66000", "c1"
    assert oracle.samtools(work / "out.fa.gz", *regions) == (
        oracle.samtools(work / "plain.fa", *regions))


@pytest.mark.parametrize("level", range(13))
def test_levels(lode, work, level):
    (work / "in").write_bytes(TEXT)
    lode("compress", "-q", "in", "-o", "o.gz", "-l", str(level))
    accepted(work / "o.gz", TEXT)
    if level in (0, 12):
        assert (len((work / "o.gz").read_bytes()) > len(TEXT)) == (level == 0)


@pytest.mark.parametrize("size", [512, 513, 4096, 8192, 65279, 65280])
@pytest.mark.parametrize("level", [0, 1, 6])
def test_block_sizes_of_dna_and_of_noise(lode, work, size, level):
    """Noise does not compress: even then a block and its text stay within their limits."""
    for name, text in ("dna", TEXT), ("noise", random.Random(2).randbytes(300000)):
        (work / name).write_bytes(text)
        lode("compress", "-q", name, "-o", "o.gz", "-l", str(level), "--block-size", str(size))
        accepted(work / "o.gz", text)
        found = blocks((work / "o.gz").read_bytes())
        assert all(text_size <= size for _, text_size in found)
        assert max(text_size for _, text_size in found) > size * 0.9
        assert len(found) < len(text) / size * 1.2 + 3


def test_bytes_do_not_depend_on_threads_or_on_how_input_arrives(lode, work):
    big = TEXT * 8
    (work / "in").write_bytes(big)
    (work / "in.gz").write_bytes(gzip.compress(big, 1))
    made = {lode.out("compress", name, "-@", n) for name in ("in", "in.gz") for n in "1234"}
    made.add(lode.out("compress", "-", stdin=big))
    with lode.start("compress", "-", stdout=subprocess.PIPE) as refused:  # stdin is /dev/null
        assert refused.stdout.read() == gen.EOF_BLOCK
    assert len(made) == 1 and gzip.decompress(made.pop()) == big


@pytest.mark.parametrize("text", [b"", b"x", b"\n", b"x" * 65280, b"x" * 65281])
def test_small_inputs(lode, work, text):
    (work / "in").write_bytes(text)
    lode("compress", "in", "-o", "o.gz")
    accepted(work / "o.gz", text)


@pytest.mark.parametrize("options", [("-l", "-1"), ("-l", "13"), ("-l", "x"),
                                     ("--block-size", "511"), ("--block-size", "65281"),
                                     ("--block-size", "0"), ("-@", "-1"), ("-@", "x"), ()])
def test_refused_options(lode, work, options):
    (work / "in").write_bytes(TEXT)
    command = ["compress", "in", "-o", "o.gz", *options] if options else ["compress"]
    assert lode(*command, status=2).stdout == b""
    assert [p.name for p in work.iterdir()] == ["in"]


@pytest.mark.parametrize("case", ["cut", "crc", "isize", "junk", "body"])
def test_damaged_gzip_leaves_no_output(lode, work, case):
    data = bytearray(gen.plain_gzip(TEXT))
    if case == "cut":
        del data[-1000:]
    elif case == "junk":
        data += b"junk after the end"
    else:
        data[{"crc": -8, "isize": -4, "body": len(data) // 2}[case]] ^= 1
    (work / "in.gz").write_bytes(data)
    (work / "o.gz").write_bytes(b"old")
    assert b"in.gz" in lode("compress", "in.gz", "-o", "o.gz", status=1).stderr
    assert (work / "o.gz").read_bytes() == b"old"
    assert sorted(p.name for p in work.iterdir()) == ["in.gz", "o.gz"]


def test_output_is_replaced_in_one_step_and_never_the_input(lode, work):
    (work / "in.fa").write_bytes(TEXT)
    os.link(work / "in.fa", work / "same.fa")
    for target in "in.fa", "./in.fa", "same.fa":
        assert lode.run("compress", "in.fa", "-o", target).returncode != 0
    assert (work / "in.fa").read_bytes() == TEXT
    lode("compress", "-q", "missing.fa", "-o", "o.gz", status=1)
    lode("compress", "-q", "in.fa", "-o", "no/such/o.gz", status=1)
    assert sorted(p.name for p in work.iterdir()) == ["in.fa", "same.fa"]


def test_what_compress_writes_is_indexed_without_a_warning(lode, work):
    (work / "g.fa.gz").write_bytes(lode.out("compress", "-", stdin=TEXT))
    assert b"warning" not in lode("index", "g.fa.gz").stderr
    lode("verify", "-q", "--full", "g.fa.gz")

"""BGZF as others write it, and BGZF that is damaged."""
import os
import random
import re
import struct

import pytest

import gen
import oracle

TEXT = gen.genome(random.Random(70), widths=(60, 61, 5000), scale=90000).text()
BASES = dict(oracle.parse(TEXT))


def check_regions(lode, file, count=300, seed=71):
    regions = oracle.random_regions(random.Random(seed), BASES, count)
    listed = oracle.write_regions(file.parent / "regions.txt", regions)
    assert lode.out("get", file, "-r", listed) == oracle.expected(regions)


def stored(work, data):
    (work / "g.fa.gz").write_bytes(data)
    return work / "g.fa.gz"


ACCEPTED = {
    "trap_blocks_of_65536": gen.bgzf(TEXT, 65536),
    "blocks_of_one_byte": b"".join(gen.block(TEXT[i:i + 1]) for i in range(3000)) + gen.bgzf(
        TEXT[3000:]),
    "stored_blocks": gen.bgzf(TEXT, 65280, level=0),
    "trap_empty_block_mid_file": gen.bgzf(TEXT[:70000], eof=False) + gen.block(b"") * 3 + gen.bgzf(
        TEXT[70000:]),
    "trap_empty_blocks_first_and_last": gen.block(b"") * 2 + gen.bgzf(TEXT) + gen.block(b"") * 2
    + gen.EOF_BLOCK,
    "trap_concatenated_files": gen.bgzf(TEXT[:50001]) + gen.bgzf(TEXT[50001:50002]) + gen.bgzf(
        TEXT[50002:]),
    "trap_concatenated_bgzip_files": gen.by_bgzip(TEXT[:77777]) + gen.by_bgzip(TEXT[77777:]),
    "trap_extra_field_before_bc": gen.bgzf(TEXT, before=gen.subfield(b"XX", b"abcde")),
    "trap_extra_field_after_bc": gen.bgzf(TEXT, after=gen.subfield(b"RA", bytes(300))),
    "trap_other_bc_of_another_length": gen.bgzf(TEXT, before=gen.subfield(b"BC", b"abc")),
    "extra_field_that_holds_bc_bytes": gen.bgzf(TEXT, before=gen.subfield(
        b"ZZ", b"BC\x02\x00\x05\x00")),
    "file_name": gen.bgzf(TEXT, name=b"g.fa"),
    "file_name_and_comment_and_header_crc": gen.bgzf(TEXT, name=b"g.fa", comment=b"hello",
                                                     header_crc=True),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(lode, work, case):
    file = stored(work, ACCEPTED[case])
    done = lode("index", file)
    assert b"warning" not in done.stderr
    check_regions(lode, file)
    lode("verify", "-q", "--full", file)


@pytest.mark.parametrize("tail", [b"", gen.block(b""), gen.block(b"", level=0)],
                         ids=["nothing", "other_empty_block", "empty_stored_block"])
def test_trap_missing_eof_block_is_a_warning(lode, work, tail):
    file = stored(work, gen.bgzf(TEXT, eof=False) + (tail if tail != gen.EOF_BLOCK else b""))
    done = lode("index", file)
    if file.read_bytes().endswith(gen.EOF_BLOCK):
        assert b"end-of-file" not in done.stderr
    else:
        assert b"warning" in done.stderr and b"end-of-file" in done.stderr
    check_regions(lode, file)
    lode("verify", "-q", "--full", file)


def test_missing_eof_block_is_warned_of_again_when_rows_are_reused(lode, work):
    file = stored(work, gen.bgzf(TEXT, eof=False))
    for _ in range(2):
        assert b"end-of-file" in lode("index", file).stderr


# --------------------------------------------------------------------------------- damaged --

def refused(lode, file):
    """One error, one line, no index; with an old index, that one stays."""
    done = lode("index", file, status=1)
    message = done.stderr.decode()
    assert file.name in message and message.count("\n") == 1, message
    assert not (file.parent / (file.name + ".lode")).exists()
    return message


def starts(data):
    """Offsets of the blocks of a file whose blocks have no subfield but BC."""
    at, found = 0, []
    while at < len(data):
        found.append(at)
        at += struct.unpack_from("<H", data, at + 16)[0] + 1
    return found


@pytest.mark.parametrize("cut", [1, 5, 17, 18, 19, 27, 28, 29, 36, 100, 5000, 30000])
def test_trap_truncated_block(lode, work, cut):
    data = gen.bgzf(TEXT)
    file = stored(work, data[:-cut])
    if len(data) - cut in starts(data):
        assert b"end-of-file" in lode("index", file).stderr
    else:
        assert "cut short" in refused(lode, file) or "damaged" in refused(lode, file)


def test_cut_at_every_byte_of_a_small_file(lode, work):
    """Never a crash, never an index of a torn block."""
    data = gen.bgzf(b">a\nACGTACGT\nACGTACGT\nACG\n", 9)
    whole = starts(data)
    for keep in range(1, len(data)):
        done = lode.run("index", stored(work, data[:keep]))
        assert done.returncode == (0 if keep in whole else 1), (keep, done.stderr)
        assert (work / "g.fa.gz.lode").exists() == (keep in whole)
        (work / "g.fa.gz.lode").unlink(missing_ok=True)


FLIPS = {"trap_flipped_crc": -8, "trap_flipped_isize": -4, "trap_flipped_isize_high": -1,
         "trap_flipped_bsize": 16, "trap_flipped_bsize_high": 17, "magic": 0, "method": 2,
         "reserved_flag": 3, "no_bc": 12, "bc_length": 14, "extra_length": 10}


@pytest.mark.parametrize("which", ["first", "middle", "last", "eof"])
@pytest.mark.parametrize("case", FLIPS)
def test_one_flipped_bit(lode, work, case, which):
    data = bytearray(gen.bgzf(TEXT))
    begins = starts(data)
    n = {"first": 0, "middle": len(begins) // 2, "last": -2, "eof": -1}[which]
    ends = [*begins[1:], len(data)]
    at = (begins[n] if FLIPS[case] >= 0 else ends[n]) + FLIPS[case]
    data[at] ^= 0x80 if case == "reserved_flag" else 0x10 if case.endswith("high") else 1
    file = stored(work, bytes(data))
    done = lode.run("index", file)
    assert done.returncode in (1, 2) and not (work / "g.fa.gz.lode").exists()
    message = done.stderr.decode()
    assert "g.fa.gz" in message and message.count("\n") == 1
    if which != "first" and case not in ("no_bc", "bc_length"):
        offset = int(re.search(r"offset (\d+)", message)[1])  # a wrong size shows at the next one
        assert begins[n] <= offset < begins[n] + ("bsize" in case) * 65536 + 1, message


def test_random_bytes_changed_in_bgzf_are_always_found(lode, work):
    """Whatever is accepted says the same text: only fields that gzip ignores may differ."""
    rng, good = random.Random(72), gen.bgzf(TEXT[:30000], 4000)
    accepted = 0
    for _ in range(150):
        data = bytearray(good)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        file = stored(work, bytes(data))
        done = lode.run("index", file)
        if done.returncode == 0:
            accepted += 1
            assert oracle.read_text(file) == TEXT[:30000]
            (work / "g.fa.gz.lode").unlink()
    assert accepted < 30


def test_bytes_after_the_last_block(lode, work):
    for junk in b"x", b"\0" * 30, b">c\nACGT\n", gen.EOF_BLOCK[:20]:
        refused(lode, stored(work, gen.bgzf(TEXT) + junk))


def test_bgzf_followed_by_plain_gzip(lode, work):
    done = lode("index", stored(work, gen.bgzf(TEXT) + gen.plain_gzip(b">z\nAC\n")), status=1)
    assert b"lode compress" in done.stderr


@pytest.mark.parametrize("members", [1, 3])
def test_plain_gzip_names_the_command_that_helps(lode, work, members):
    file = stored(work, gen.plain_gzip(TEXT, members))
    assert f"lode compress {file}" in refused(lode, file)
    lode("compress", "-q", file, "-o", work / "b.fa.gz")
    lode("index", "-q", "b.fa.gz")
    check_regions(lode, work / "b.fa.gz")


def test_more_text_in_a_block_than_65536(lode, work):
    deflated = gen.block(b"A" * 65536)
    refused(lode, stored(work, gen.bgzf(b">a\n") + deflated[:-4] + struct.pack("<I", 65537)))


def test_failed_build_leaves_the_old_index(lode, work):
    file = stored(work, gen.bgzf(TEXT))
    lode("index", "-q", file)
    before = (work / "g.fa.gz.lode").read_bytes()
    file.write_bytes(gen.bgzf(TEXT)[:-300])
    lode("index", "-q", file, status=1)
    assert (work / "g.fa.gz.lode").read_bytes() == before
    assert sorted(p.name for p in work.iterdir()) == ["g.fa.gz", "g.fa.gz.lode"]


# ------------------------------------------------------------------------------- side files --

@pytest.mark.parametrize("case", ["absent", "short", "of_another_file", "older", "edited"])
def test_trap_fai_and_gzi_are_never_input(lode, work, case):
    """Whatever stands beside the FASTA, the answers are those of its text."""
    file = stored(work, gen.by_bgzip(TEXT))
    oracle.samtools(file, "c0:1-2")
    fai, gzi = work / "g.fa.gz.fai", work / "g.fa.gz.gzi"
    if case == "absent":
        fai.unlink()
        gzi.unlink()
    elif case == "short":
        fai.write_bytes(fai.read_bytes()[:10])
        gzi.write_bytes(gzi.read_bytes()[:13])
    elif case == "of_another_file":
        other = work / "o.fa.gz"
        other.write_bytes(gen.by_bgzip(b">c0\nAC\n" + TEXT))
        oracle.samtools(other, "c0:1-2")
        (work / "o.fa.gz.fai").rename(fai)
        (work / "o.fa.gz.gzi").rename(gzi)
    elif case == "edited":
        fai.write_bytes(fai.read_bytes().replace(b"60\t61", b"59\t61"))
    else:
        os.utime(fai, (1, 1))
    lode("index", "-q", file)
    check_regions(lode, file)

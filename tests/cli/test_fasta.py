"""Which FASTA lode index accepts, what it makes of it, and the line it names where it refuses."""
import random
import re

import pytest

import gen
import oracle

REFUSED = {  # text, line that the message names
    "ragged_line_in_the_middle": (b">a\nACGT\nAC\nACGT\n", 3),
    "line_longer_than_the_first": (b">a\nACGT\nACGTA\n", 3),
    "last_line_longer": (b">a\nACGT\nACGT\n>b\nAC\nAC\nACG\n", 7),
    "blank_in_sequence": (b">a\nACGT\nAC T\n", 3),
    "tab_in_sequence": (b">a\nAC\tT\n", 2),
    "blank_at_end_of_sequence": (b">a\nACGT \n", 2),
    "line_of_blanks": (b">a\nACGT\n  \n>b\nAC\n", 3),
    "line_of_blanks_at_the_end": (b">a\nACGT\n \n", 3),
    "greater_than_inside_sequence": (b">a\nACGT\nA>b\n", 3),
    "trap_empty_name": (b">a\nAC\n>\nACGT\n", 3),
    "trap_empty_name_at_the_end": (b">a\nAC\n>", 3),
    "name_of_blanks": (b"> \t\nACGT\n", 1),
    "trap_blank_line_inside": (b">a\nACGT\nACGT\n\nAC\n", 5),
    "trap_blank_crlf_line_inside": (b">a\r\nACGT\r\n\r\nAC\r\n", 4),
    "text_before_first_record": (b"ACGT\n>a\nAC\n", 1),
    "text_after_blank_lines": (b"\n\nACGT\n>a\nAC\n", 3),
    "comment_before_first_record": (b";comment\n>a\nAC\n", 1),
    "no_record_at_all": (b"hello\n", 1),
    "trap_lone_cr_in_sequence": (b">a\nACGT\nAC\rGT\n", 3),
    "trap_lone_cr_at_the_end": (b">a\nACGT\nACG\r", 3),
    "two_crs_before_lf": (b">a\nACGT\r\r\n", 2),
    "nul_in_sequence": (b">a\nACGT\nA\0GT\n", 3),
    "nul_in_name": (b">a\nAC\n>b\0c\nACGT\n", 3),
    "control_in_sequence": (b">a\nAC\x01T\n", 2),
    "control_in_name": (b">a\x02b\nACGT\n", 1),
    "delete_in_sequence": (b">a\nAC\x7fT\n", 2),
    "byte_above_7e_in_sequence": (b">a\nAC\xc3\xa4T\n", 2),
    "lf_then_crlf": (b">a\nACGT\nACGT\r\nACGT\n", 3),
    "crlf_then_lf": (b">a\nACGT\r\nACGT\nAC\n", 3),
}


@pytest.mark.parametrize("writer", ["plain", "python-513"])
@pytest.mark.parametrize("case", REFUSED)
def test_refused(lode, work, case, writer):
    text, line = REFUSED[case]
    file = gen.write_file(work / ("g" + gen.suffix(writer)), text, writer)
    done = lode("index", file, status=1)
    assert re.search(rf"line {line}\b", done.stderr.decode()), done.stderr
    assert file.name.encode() in done.stderr and done.stdout == b""
    assert list(work.iterdir()) == [file]


@pytest.mark.parametrize("writer", ["plain", "bgzip", "lode-512"])
def test_line_number_deep_in_a_large_file(lode, work, writer):
    """The line is counted over all the pieces that threads scan."""
    rng = random.Random(60)
    lines = gen.genome(rng, widths=(60, 61, 7), scale=400000).text().split(b"\n")
    full = [i for i in range(len(lines) - 9) if len({len(x) for x in lines[i:i + 3]}) == 1
            and not lines[i].startswith(b">")]
    for at in (full[5], full[len(full) // 2], full[-1]):
        bad = list(lines)
        bad[at] = bad[at][:-1]
        file = gen.write_file(work / ("g" + gen.suffix(writer)), b"\n".join(bad), writer, lode)
        for threads in "1", "2":
            done = lode("index", "-q", file, "-@", threads, status=1)
            assert f"line {at + 1} " in done.stderr.decode(), done.stderr


def get_all(lode, file, *names):
    return oracle.records_of(lode.out("get", file, "-n", "0", *names))


@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_trap_empty_contig_kept(lode, work, writer):
    file = gen.write_file(work / ("g" + gen.suffix(writer)),
                          b">e1\n>e2 x\nAC\n>e3\n\n\n>e4\nG\n>e5", writer)
    lode("index", "-q", file)
    assert lode.out("ls", file, "g") == b"e1\t0\ne2\t2\ne3\t0\ne4\t1\ne5\t0\n"
    assert get_all(lode, file, "e1", "e2", "e3:1-5", "e4", "e5") == [
        (b"e1", b""), (b"e2", b"AC"), (b"e3:1-5", b""), (b"e4", b"G"), (b"e5", b"")]
    lode("verify", "-q", "--full", file)


def test_trap_duplicate_names(lode, work):
    (work / "g.fa").write_bytes(b">a 1\nAC\n>b\nGG\n\n>a 2\nTTTT\n>a 3\nC\n")
    message = lode("index", "g.fa", status=1).stderr.decode()
    assert "'a'" in message and "1" in message and "6" in message
    assert not (work / "g.fa.lode").exists()
    lode("index", "-q", "g.fa", "--duplicates", "first")
    assert lode.out("ls", "g.fa", "g") == b"a\t2\nb\t2\na\t4\na\t1\n"
    assert get_all(lode, "g.fa", "a", "b") == [(b"a", b"AC"), (b"b", b"GG")]
    lode("verify", "-q", "--full", "g.fa")


def test_trap_duplicate_names_far_apart_and_in_collections(lode, work):
    """Lines are named for a pair in the middle of many; other files may hold the name again."""
    (work / "d").mkdir()
    text = b"".join(b">n%d\nAC\n" % i for i in range(20000))
    (work / "d/x.fa").write_bytes(text + b">n7\nGG\n")
    (work / "d/y.fa").write_bytes(b">n7\nTT\n")
    message = lode("index", "d", status=1).stderr.decode()
    assert "x.fa" in message and "15" in message and "40001" in message
    done = lode("index", "d", "--lenient", status=1)
    assert b"x.fa" in done.stderr
    assert lode.out("get", "d", "n7") == b">n7\nTT\n"


@pytest.mark.parametrize("text, bases", [
    (b">a\nACGT\nAC", b"ACGTAC"), (b">a\nACGT", b"ACGT"), (b">a\r\nACGT\r\nAC", b"ACGTAC"),
    (b">a\r\nACGT", b"ACGT"), (b">a\nACGT\nACGT", b"ACGTACGT"), (b">a\nA", b"A")])
@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_trap_last_line_without_end(lode, work, text, bases, writer):
    file = gen.write_file(work / ("g" + gen.suffix(writer)), text, writer)
    lode("index", "-q", file)
    assert get_all(lode, file, "a", "a:2-", "a:1-1") == [
        (b"a", bases), (b"a:2-", bases[1:]), (b"a:1-1", bases[:1])]
    lode("verify", "-q", "--full", file)


@pytest.mark.parametrize("text", [
    b">a\r\nACGT\r\nAC\r\n>b\r\nGG\r\n", b">a\nACGT\r\nAC\r\n>b\r\nGG\n",
    b">a\r\nACGT\nAC\r\n>b\nGG\r\n", b">a\r\nACGT\nAC\n>b\nGG"])
def test_trap_crlf_in_any_mixture_a_record_can_have(lode, work, text):
    (work / "g.fa").write_bytes(text)
    lode("index", "-q", "g.fa")
    assert get_all(lode, "g.fa", "a", "a:4-5", "b") == [
        (b"a", b"ACGTAC"), (b"a:4-5", b"TA"), (b"b", b"GG")]
    lode("verify", "-q", "--full", "g.fa")


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_trap_blank_lines_before_between_and_at_the_end(lode, work, eol):
    lines = [b"", b"", b">a", b"ACGT", b"AC", b"", b"", b">b", b"", b">c", b"GG", b"", b"", b""]
    (work / "g.fa").write_bytes(eol.join(lines))
    lode("index", "-q", "g.fa")
    assert get_all(lode, "g.fa", "a", "b", "c") == [(b"a", b"ACGTAC"), (b"b", b""), (b"c", b"GG")]
    lode("verify", "-q", "--full", "g.fa")


def test_trap_u_star_dash_and_digits_in_sequence(lode, work):
    seq = bytes(b for b in range(0x21, 0x7F) if b != ord(">"))
    (work / "g.fa").write_bytes(gen.Record(b"p", seq, 10).text() + b">u\nACGUacgu\n>s\nMK*-X.\n")
    lode("index", "-q", "g.fa")
    assert get_all(lode, "g.fa", "p", "p:11-20", "u", "s") == [
        (b"p", seq), (b"p:11-20", seq[10:20]), (b"u", b"ACGUacgu"), (b"s", b"MK*-X.")]
    assert lode.out("get", "g.fa", "p", "u", "s") == oracle.samtools(work / "g.fa", "p", "u", "s")
    lode("verify", "-q", "--full", "g.fa")


# ------------------------------------------------------------------------------------ names --

ODD_NAMES = [b"chr1:1-10", b"HLA-A*01:01", b"a,b", b"{x}", b"gi|1|ref|N_1|", b"..", b"-r", b"a/b",
             b"'q'", b'"r"', b"na\xc3\xafve", b"\xff\xfe", b"p%20q", b"x::y", b"::", b"a>b", b"\\",
             b"*?[", b";=", b"c:", b":5", b"{", b"}", b"{a}:1-2"]


@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_trap_odd_names(lode, work, writer):
    rng = random.Random(61)
    records = [gen.Record(name, gen.dna(rng, 40 + i), 30) for i, name in enumerate(ODD_NAMES)]
    file = gen.write_file(work / ("g" + gen.suffix(writer)), gen.Genome(records).text(), writer)
    lode("index", "-q", file)
    (work / "whole").write_bytes(b"".join(b"%s\n" % r.name for r in records))
    assert get_all(lode, file, "-r", "whole") == [(r.name, r.seq) for r in records]
    quoted = [b"{%s}:5-30" % r.name for r in records]
    (work / "parts").write_bytes(b"\n".join(quoted))
    assert get_all(lode, file, "-r", "parts") == [
        (q, r.seq[4:30]) for q, r in zip(quoted, records)]
    (work / "bed").write_bytes(b"".join(b"%s\t4\t30\n" % r.name for r in records))
    assert [s for _, s in get_all(lode, file, "-b", "bed")] == [r.seq[4:30] for r in records]
    lode("verify", "-q", "--full", file)


def test_trap_name_ends_at_space_or_tab(lode, work):
    (work / "g.fa").write_bytes(
        b">a b\nAC\n>c\td\nGG\n> e f\nTT\n>\t g\nA\n>h \r\nCC\n>i\x0bj\nTG\n")
    lode("index", "-q", "g.fa")
    assert lode.out("ls", "g.fa", "g") == b"a\t2\nc\t2\ne\t2\ng\t1\nh\t2\ni\t2\n"
    assert get_all(lode, "g.fa", "e", "h") == [(b"e", b"TT"), (b"h", b"CC")]


@pytest.mark.parametrize("length", [255, 4095, 65535, 65536, 65537, 100000, 300000])
@pytest.mark.parametrize("writer", ["plain", "bgzip"])
def test_trap_name_of_100_kb(lode, work, length, writer):
    name, other = b"n" * length, b"n" * (length - 1)
    file = gen.write_file(work / ("g" + gen.suffix(writer)),
                          b">%s desc\nACGT\nAC\n>%s\nGGGG\n" % (name, other), writer)
    lode("index", "-q", file)
    (work / "r").write_bytes(b"%s:4-5\n%s\n" % (name, other))
    assert lode.out("get", file, "-r", "r") == b">%s:4-5\nTA\n>%s\nGGGG\n" % (name, other)
    assert lode.out("ls", file, "g") == b"%s\t6\n%s\t4\n" % (name, other)
    lode("verify", "-q", "--full", file)


def test_trap_name_of_100_kb_in_bed(lode, work):
    for length in 65000, 65536, 100000:
        name = b"n" * length
        (work / "g.fa").write_bytes(b">%s\nACGT\nAC\n" % name)
        lode("index", "-q", "g.fa")
        got = lode.out("get", "g.fa", "-b", "-", "--tab", stdin=b"%s\t3\t5\n" % name)
        assert got == b"%s:4-5\tTA\n" % name


def test_a_long_header_line_and_many_of_them(lode, work):
    text = b">a " + b"x" * 5_000_000 + b"\nACGT\n" + b"".join(
        b">n%d %s\nAC\n" % (i, b"d" * (i % 500)) for i in range(5000))
    gen.write_file(work / "g.fa.gz", text, "bgzip")
    lode("index", "-q", "g.fa.gz")
    assert get_all(lode, "g.fa.gz", "a", "n4999:2") == [(b"a", b"ACGT"), (b"n4999:2", b"C")]
    lode("verify", "-q", "--full", "g.fa.gz")


# ------------------------------------------------------------------------- no FASTA, or none --

@pytest.mark.parametrize("name, data", [
    ("empty.fa", b""), ("blank.fa", b"\n\r\n\n"), ("eof.fa.gz", gen.EOF_BLOCK),
    ("eofs.fa.gz", gen.EOF_BLOCK * 3), ("blank.fa.gz", gen.bgzf(b"\n\n"))])
def test_file_without_records_is_a_source_without_contigs(lode, work, name, data):
    (work / "d").mkdir()
    (work / "d" / name).write_bytes(data)
    done = lode("index", work / "d" / name)
    assert name.encode() in done.stderr and b"0 contigs" in done.stderr
    lode("get", work / "d" / name, "c", status=3)
    (work / "d/z.fa").write_bytes(b">c\nAC\n")
    lode("index", "-q", "d")
    assert lode.out("get", "d", "c") == b">c\nAC\n"
    lode("verify", "-q", "--full", "d")


FOREIGN = {
    "fastq.fa": b"@r\nACGT\n+\nIIII\n", "fastq.fa.gz": gen.bgzf(b"@r\nACGT\n+\nIIII\n"),
    "sam.fa": b"@HD\tVN:1.6\n", "bam.fa.gz": gen.bgzf(b"BAM\1\0\0\0\0\0\0\0\0"),
    "cram.fa": b"CRAM\3\0" + bytes(100), "zstd.fa": b"\x28\xb5\x2f\xfd" + bytes(20),
    "x.fastq": b"@r\nACGT\n+\nIIII\n", "x.fq.gz": gen.bgzf(b"@r\nACGT\n+\nIIII\n"),
    "x.bam": gen.bgzf(b"BAM\1"), "x.cram": b"CRAM\3\0",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_kinds_of_files_are_not_supported_never_corrupt(lode, work, name):
    (work / name).write_bytes(FOREIGN[name])
    message = lode("index", name, status=2).stderr.decode()
    assert "not supported" in message and name in message and "corrupt" not in message
    assert [p.name for p in work.iterdir()] == [name]


@pytest.mark.parametrize("url", ["https://example.org/g.fa.gz", "s3://bucket/g.fa", "ftp://x/g.fa"])
def test_urls_are_not_supported(lode, work, url):
    for command in (["index", url], ["get", url, "c"], ["ls", url], ["verify", url]):
        assert b"not supported" in lode(*command, status=2).stderr
    assert list(work.iterdir()) == []

"""lode get against samtools faidx and bedtools getfasta: forms of regions, options, BED."""
import gzip
import random
import resource
import shutil

import pytest

import gen
import oracle

COMMON = [b"c", b"c:5", b"c:5-", b"c:-5", b"c:5-10", b"c:1,0-1,2", b"c:,5-10", b"{c}:1-5", b"{c}",
          b"c:1k-1001", b"c:1e3-1005", b"c:1e3", b"c:1.5e3-1510", b"c:1.5k-1510", b"c:1K-1,005",
          b"c:0-3", b"c:0", b"c:", b"c:-", b"c:5-5", b"c: 5-6", b"c:+5-6", b"c:05-07",
          b"c:1999-2000", b"c:1999-2001", b"c:2000", b"c:2000-", b"c:2001", b"c:2001-2002",
          b"c:2000-99999999999", b"c:5000-6000", b"c:1-9223372036854775807",
          b"c:9223372036854775806-9223372036854775807", b"c:10.9-12.9", b"c:1-2000", b"d:1-1",
          b"HLA-A*01:01:01", b"HLA-A*01:01:01:1-60", b"{HLA-A*01:01:01}:5-9",
          b"HLA-A*01:01:01:100", b"a,b", b"a,b:2-4", b"a-b:2-4", b"a|b|:2-4", b"x:y:z:2-3",
          b"{x:y:z}:2-3", b"x:y:z"]
NAMES = [b"c", b"d", b"HLA-A*01:01:01", b"a,b", b"a-b", b"a|b|", b"x:y:z"]


@pytest.fixture(name="sample")
def make_sample(lode, work):
    """A file with a contig of 2,000 bases and others of 100; indexed."""
    rng = random.Random(20)
    records = [gen.Record(name, gen.real_like(rng, 2000 if name == b"c" else 100), width)
               for name, width in zip(NAMES, (60, 7, 100, 10, 3, 60, 33))]
    genome = gen.Genome(records)
    genome.file = work / "g.fa"
    genome.file.write_bytes(genome.text())
    lode("index", "-q", genome.file)
    return genome


def same_as_samtools(lode, genome, *options, regions=None):
    listed = genome.file.parent / "list.txt"
    listed.write_bytes(b"\n".join(regions or COMMON) + b"\n")
    got = lode.out("get", genome.file, "-r", listed, *options)
    want = oracle.samtools(genome.file, "-r", listed, *options)
    assert got.count(b">") == want.count(b">")
    assert dict(zip(regions or COMMON, got.split(b">")[1:])) == dict(
        zip(regions or COMMON, want.split(b">")[1:]))
    assert got == want
    return got


# ---------------------------------------------------------------------- regions and options --

def test_every_form_of_region_that_samtools_accepts(lode, sample):
    same_as_samtools(lode, sample)


@pytest.mark.parametrize("region", COMMON)
def test_region_as_an_argument(lode, sample, region):
    assert lode.out("get", sample.file, region) == oracle.samtools(sample.file, region)


@pytest.mark.parametrize("mark", ["rc", "no", "sign", "custom,+,-", "custom, plus, minus",
                                  "custom,,", "custom,/f,/r"])
@pytest.mark.parametrize("reverse", [(), ("-i",)], ids=["forward", "reverse"])
def test_mark_strand(lode, sample, mark, reverse):
    same_as_samtools(lode, sample, "--mark-strand", mark, *reverse)


@pytest.mark.parametrize("width", ["1", "7", "59", "60", "100", "2000", "1000000"])
def test_line_length(lode, sample, width):
    same_as_samtools(lode, sample, "-n", width)
    same_as_samtools(lode, sample, "-n", width, "-i")


def test_line_length_0_is_one_line(lode, sample):
    assert lode.out("get", sample.file, "c", "d", "-n", "0") == (
        oracle.record(b"c", sample.bases[b"c"], 0) + oracle.record(b"d", sample.bases[b"d"], 0))


def test_reverse_complement_of_iupac(lode, work):
    letters = b"ACGTUNRYKMSWBDHVacgtunrykmswbdhvXxEe*-.5"
    (work / "i.fa").write_bytes(b">i\n" + letters + b"\n")
    lode("index", "-q", "i.fa")
    got = lode.out("get", "i.fa", "i", "-i")
    assert got == oracle.samtools(work / "i.fa", "i", "-i")
    assert got.splitlines()[1][-32:] == oracle.reverse_complement(letters[:32])


def test_region_file_from_stdin(lode, sample):
    listed = b"c:5-10\r\n\nd\nc:-5"
    got = lode.out("get", sample.file, "-r", "-", stdin=listed)
    c, d = sample.bases[b"c"], sample.bases[b"d"]
    assert got == (oracle.record(b"c:5-10", c[4:10]) + oracle.record(b"d", d)
                   + oracle.record(b"c:-5", c[:5]))


def test_region_file_may_be_gzip(lode, sample, work):
    (work / "r.gz").write_bytes(gzip.compress(b"d:2-3\n"))
    assert lode.out("get", sample.file, "-r", "r.gz") == (
        b">d:2-3\n" + sample.bases[b"d"][1:3] + b"\n")


def test_region_file_comes_before_regions_and_bed_last(lode, sample, work):
    (work / "r").write_bytes(b"d:1-2\n")
    (work / "b").write_bytes(b"c\t4\t6\n")
    got = lode.out("get", sample.file, "a-b:2-4", "-b", "b", "-r", "r")
    assert [t for t, _ in oracle.records_of(got)] == [b"d:1-2", b"a-b:2-4", b"c:5-6"]


def test_output_file_is_what_stdout_would_be(lode, sample, work):
    wanted = lode.out("get", sample.file, *COMMON)
    (work / "out.fa").write_bytes(b"old and longer" * 1000)
    assert lode.out("get", sample.file, *COMMON, "-o", "out.fa") == b""
    assert (work / "out.fa").read_bytes() == wanted


@pytest.mark.parametrize("target", ["g.fa", "g.fa.lode"])
def test_output_must_not_be_the_index_or_its_fasta(lode, sample, work, target):
    before = (work / target).read_bytes()
    assert lode.run("get", sample.file, "c", "-o", target).returncode != 0
    assert (work / target).read_bytes() == before


def test_region_clash_between_a_name_and_a_range(data, lode, work):
    file = work / "region_clash.fa"
    shutil.copyfile(data / "odd/region_clash.fa", file)
    lode("index", "-q", file)
    clear = ["chr1", "chr1:1-10", "{chr1:100-200}:1-5", "{chr1}:100-200", "{chr1:100-200}",
             "chr1:100-200:5-9", "chr1:1,000:5-9"]
    assert lode.out("get", file, *clear) == oracle.samtools(file, *clear)


def test_trap_name_that_reads_as_a_region_is_ambiguous(lode, work):
    (work / "g.fa").write_bytes(b">chr1\n" + b"A" * 300 + b"\n>chr1:100-200\nCCCC\n")
    lode("index", "-q", "g.fa")
    done = lode("get", "g.fa", "chr1:100-200", status=2)
    assert done.stdout == b""
    assert b"{chr1}:100-200" in done.stderr and b"{chr1:100-200}" in done.stderr


# ------------------------------------------------------------- where samtools does otherwise --

@pytest.mark.parametrize("region, status", [
    ("nope", 3), ("nope:1-5", 3), ("{nope}", 3), ("g::nope", 3), ("", 3), ("c:5-3", 2),
    ("c:x", 2), ("c:1-2-3", 2), ("c:3-x", 2), ("c:1x-5", 2)])
def test_bad_region_prints_nothing_and_the_others_are_printed(lode, sample, region, status):
    assert oracle.samtools(sample.file, "-c", "d:1-2", "d:3-4") == lode.out(
        "get", sample.file, "-c", "d:1-2", "d:3-4")
    done = lode("get", sample.file, "d:1-2", region, "d:3-4", status=status)
    assert done.stdout == lode.out("get", sample.file, "d:1-2", "d:3-4")
    assert region.encode() in done.stderr and b"lode" in done.stderr


def test_worst_status_wins(lode, sample):
    lode("get", sample.file, "c:5-3", "nope", "d", status=3)
    lode("get", sample.file, "nope", "d", "c:5-3", status=3)


def test_source_name_before_the_contig(lode, sample):
    wanted = lode.out("get", sample.file, "x:y:z:2-3").splitlines()[1]
    for region in "g::x:y:z:2-3", "{g}::{x:y:z}:2-3", "g::{x:y:z}:2-3", "{g}::x:y:z:2-3":
        assert lode.out("get", sample.file, region) == b">%s\n%s\n" % (region.encode(), wanted)


def test_contig_of_several_sources_needs_its_source(lode, work):
    (work / "d").mkdir()
    for i in range(5):
        (work / f"d/s{i}.fa").write_bytes(b">chr\nACGT%s\n>only%d\nCC\n" % (b"A" * i, i))
    lode("index", "-q", "d")
    done = lode("get", "d", "chr", "only3", status=2)
    assert done.stdout == b">only3\nCC\n"
    assert b"5" in done.stderr and done.stderr.count(b"::chr") == 3
    assert lode.out("get", "d", "s4::chr", "s0::chr:2-3") == (
        b">s4::chr\nACGTAAAA\n>s0::chr:2-3\nCG\n")


# --------------------------------------------------------------------------------- bounds --

def test_past_the_end_is_noted_on_stderr(lode, sample):
    done = lode("get", sample.file, "d:99-200")
    assert b"d:99-200" in done.stderr and oracle.records_of(done.stdout)[0][1] == (
        sample.bases[b"d"][98:])


@pytest.mark.parametrize("region, left, right", [
    ("d:99-105", 0, 5), ("d:101-104", 0, 4), ("d:0-3", 1, 0), ("d:0-102", 1, 2), ("d", 0, 0),
    ("d:200-203", 0, 4), ("d:50", 0, 0)])
def test_pad_fills_what_lies_outside(lode, sample, region, left, right):
    name, _, numbers = region.partition(":")
    begin, _, end = numbers.partition("-")
    begin, end = int(begin or 1) - 1, int(end or 100)
    seq = sample.bases[name.encode()]
    inside = seq[max(0, begin):end]
    want = (b"." * left + inside + b"." * right)[:end - begin]
    for options in ((), ("-i",)):
        got = oracle.records_of(lode.out("get", sample.file, region, "--pad", ".", *options))
        assert got[0][1] == (want if not options else oracle.reverse_complement(want))


def test_strict_refuses_what_leaves_the_contig(lode, sample):
    for region in "d:99-101", "d:0-5", "d:101", "d:101-102", "d:200-300":
        done = lode("get", sample.file, "--strict", "d:1-2", region, "d:99-100", status=1)
        assert done.stdout == lode.out("get", sample.file, "d:1-2", "d:99-100")
        assert region.encode() in done.stderr


def test_upper_and_tab(lode, sample):
    seq = sample.bases[b"c"]
    assert seq != seq.upper()
    assert lode.out("get", sample.file, "c", "c:5-9", "--upper", "--tab") == (
        b"c\t%s\nc:5-9\t%s\n" % (seq.upper(), seq[4:9].upper()))
    assert lode.out("get", sample.file, "c", "--upper") == oracle.record(b"c", seq.upper())


TRAP_BOUNDS = [(b"c", 2000, 2000), (b"c", 2000, 2001), (b"c", 2001, 2100), (b"c", 0, 0),
               (b"c", 7, 7), (b"c", 1 << 31, 1 << 32), (b"c", 0, (1 << 63) - 1),
               (b"c", (1 << 63) - 2, (1 << 63) - 1)]


def test_trap_start_at_or_past_the_end_and_lengths_0_and_2_to_63(lode, sample, work):
    (work / "b.bed").write_bytes(b"".join(b"%s\t%d\t%d\n" % row for row in TRAP_BOUNDS))
    got = lode.out("get", sample.file, "-b", "b.bed", "--tab").splitlines()
    assert [line.split(b"\t")[1] for line in got] == [
        sample.bases[name][begin:end] for name, begin, end in TRAP_BOUNDS]


def test_trap_end_before_start(lode, sample, work):
    (work / "b.bed").write_bytes(b"c\t1\t2\nc\t9\t3\nc\t3\t4\n")
    done = lode("get", sample.file, "-b", "b.bed", status=2)
    assert b"b.bed:2" in done.stderr and done.stdout.count(b">") == 2
    lode("get", sample.file, "c:9-3", status=2)


def test_trap_padding_of_2_to_63_bases_stops_with_the_reader_of_the_pipe(lode, sample, work):
    """No memory is asked for in advance; the pipe's end ends it."""
    (work / "b.bed").write_bytes(b"d\t0\t9223372036854775806\n")
    with lode.start("get", sample.file, "-b", "b.bed", "--pad", "N", "-n", "0",
                    stdout=-1) as running:
        head = running.stdout.read(200)
        running.stdout.close()
        stderr = running.stderr.read()
        assert running.wait(60) != 0
    assert stderr == b""
    assert head.splitlines()[1].startswith(sample.bases[b"d"] + b"N")


def test_trap_an_end_of_2_to_63_minus_1_is_an_end_like_others(lode, sample, work):
    """Not the same as an end left out."""
    lode("get", sample.file, "--strict", "d:5-", "d:5-9223372036854775806", status=1)
    lode("get", sample.file, "--strict", "d:5-9223372036854775807", status=1)
    (work / "b.bed").write_bytes(b"d\t4\t9223372036854775807\n")
    lode("get", sample.file, "--strict", "-b", "b.bed", status=1)


# -------------------------------------------------------------------------------------- BED --

def random_bed(rng, bases, count, columns):
    rows = []
    for _ in range(count):
        name = rng.choice(list(bases))
        begin = rng.randrange(len(bases[name]))
        end = rng.randint(begin + 1, len(bases[name]))
        row = [name.decode(), str(begin), str(end), "n", "0", rng.choice("+-")]
        rows.append(row[:columns])
    return rows


def test_bed_sequences_equal_bedtools(lode, sample, work):
    rng = random.Random(30)
    for columns, stranded in ((3, False), (4, False), (5, False), (6, False), (6, True)):
        rows = random_bed(rng, sample.bases, 500, columns)
        bed = work / "x.bed"
        bed.write_text("".join("\t".join(row) + "\n" for row in rows))
        options = ("-s",) if stranded else ()
        got = lode.out("get", sample.file, "-b", bed, "--tab", *options).splitlines()
        want = oracle.bedtools(sample.file, bed, *options)
        assert [line.split(b"\t")[1] for line in got] == [seq for _, seq in want]
        assert len(got) == 500


def test_bed_titles_are_regions_that_get_understands(lode, sample, work):
    (work / "x.bed").write_bytes(b"c\t4\t10\n")
    assert lode.out("get", sample.file, "-b", "x.bed") == lode.out("get", sample.file, "c:5-10")


@pytest.mark.parametrize("mark, plus, minus", [
    ("rc", b"", b"/rc"), ("no", b"", b""), ("sign", b"(+)", b"(-)"),
    ("custom,/f,/r", b"/f", b"/r")])
def test_bed_strand_marks_the_record_it_turns(lode, sample, mark, plus, minus):
    bed = b"c\t4\t10\tn\t0\t%s\n"
    seq = sample.bases[b"c"][4:10]
    for strand, tail, bases in ((b"+", plus, seq), (b".", plus, seq),
                                (b"-", minus, oracle.reverse_complement(seq))):
        got = lode.out("get", sample.file, "-s", "-b", "-", "--mark-strand", mark,
                       stdin=bed % strand)
        assert got == b">c:5-10" + tail + b"\n" + bases + b"\n"
        assert lode.out("get", sample.file, "-b", "-", stdin=bed % strand) == (
            b">c:5-10\n" + seq + b"\n")  # the column counts only where -s asks for it


def test_bed_is_read_plain_gzip_bgzf_and_from_stdin(lode, sample, work):
    bed = b"".join(b"c\t%d\t%d\n" % (i, i + 70) for i in range(0, 1900, 3))
    (work / "x.bed").write_bytes(bed)
    (work / "x.bed.gz").write_bytes(gzip.compress(bed))
    (work / "b.bed.gz").write_bytes(gen.by_bgzip(bed))
    (work / "two.bed.gz").write_bytes(gen.plain_gzip(bed, 3))
    wanted = lode.out("get", sample.file, "-b", "x.bed")
    assert [seq for _, seq in oracle.records_of(wanted)] == [
        sample.bases[b"c"][i:i + 70] for i in range(0, 1900, 3)]
    for name in "x.bed.gz", "b.bed.gz", "two.bed.gz":
        assert lode.out("get", sample.file, "-b", name) == wanted
        assert lode.out("get", sample.file, "-b", "-", stdin=(work / name).read_bytes()) == wanted
    assert lode.out("get", sample.file, "-b", "-", stdin=bed) == wanted


def test_bed_lines(lode, sample):
    plain = b">c:5-10\n%s\n>d:1-3\n%s\n" % (sample.bases[b"c"][4:10], sample.bases[b"d"][:3])
    for bed in (b"c\t4\t10\r\nd\t0\t3\r\n", b"c\t4\t10\nd\t0\t3", b"#x\n\nc\t4\t10\n \nd\t0\t3\n\n",
                b"track name=x\nbrowser position\nc 4 10\nd 0 3\n",
                b"c\t4\t10\tname with blanks\t0\t+\t1\t2\t3\nd\t0\t3\tn\t0\t.\n"):
        assert lode.out("get", sample.file, "-b", "-", stdin=bed) == plain, bed
        assert lode.out("get", sample.file, "-s", "-b", "-", stdin=bed) == plain, bed


@pytest.mark.parametrize("line", [b"c\t4", b"c", b"c\tx\t5", b"c\t1\t5x", b"c\t-3\t5", b"\t1\t5",
                                  b"c\t1\t99999999999999999999", b"c\t5\t4", b"c\t1.5\t4"])
def test_bad_bed_line_is_named_and_the_others_are_printed(lode, sample, line):
    done = lode("get", sample.file, "-b", "-", stdin=b"c\t0\t2\n%s\nd\t0\t3\n" % line, status=2)
    assert b":2:" in done.stderr
    assert done.stdout == lode.out("get", sample.file, "c:1-2", "d:1-3")


def test_bed_unknown_contig_and_damaged_gzip(lode, sample, work):
    done = lode("get", sample.file, "-b", "-", stdin=b"c\t0\t2\nnope\t1\t2\nd\t0\t3\n", status=3)
    assert b":2:" in done.stderr and done.stdout.count(b">") == 2
    (work / "cut.gz").write_bytes(gzip.compress(b"c\t0\t2\n" * 20000)[:-40])
    assert b"cut.gz" in lode("get", sample.file, "-b", "cut.gz", status=1).stderr
    lode("get", sample.file, "-b", "missing.bed", status=1)


# ---------------------------------------------------------------------------- bounded memory --

def test_whole_chromosome_in_bounded_memory(lode, work):
    rng, mib = random.Random(40), 1 << 20
    seq = gen.real_like(rng, 20 * mib) * 3
    genome = gen.Genome([gen.Record(b"big", seq)])
    (work / "g.fa").write_bytes(genome.text())
    lode("compress", "-q", "-l", "1", "g.fa", "-o", "g.fa.gz")
    for file in "g.fa.gz", "g.fa":
        lode("index", "-q", file)
        for options in ((), ("-i",), ("-i", "-@", "2")):
            with open(work / "out", "wb") as out:
                with lode.start("get", file, "big", *options, stdout=out, preexec_fn=lambda:
                                resource.setrlimit(resource.RLIMIT_AS, (200 * mib,) * 2)) as done:
                    assert done.wait(300) == 0, done.stderr.read()
            want = oracle.reverse_complement(seq) if options else seq
            title = b"big/rc" if options else b"big"
            assert (work / "out").read_bytes() == oracle.record(title, want), (file, options)

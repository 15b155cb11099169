"""lode get --bedtools and --split against bedtools getfasta, byte for byte."""
import random
import shutil
import subprocess

import pytest

import gen
import oracle

FORMS = {"": (), "coords": (), "name": ("-name",), "name+": ("-name+",), "nameOnly": ("-nameOnly",)}


def asked(form):
    return f"--bedtools={form}" if form else "--bedtools"
NAMES = [b"c", b"d", b"HLA-A*01:01:01", b"x:y:z"]

pytestmark = pytest.mark.skipif(not shutil.which("bedtools"), reason="needs bedtools")


@pytest.fixture(name="sample")
def make_sample(lode, work):
    rng = random.Random(40)
    lengths = (5000, 100, 700, 61)
    genome = gen.Genome([gen.Record(name, gen.spots(
        rng, gen.real_like(rng, length), 40, 1, lambda s: bytes([rng.choice(b"URYKMSWBDHVuryk")])))
        for name, length in zip(NAMES, lengths)])
    genome.file = work / "g.fa"
    genome.file.write_bytes(genome.text())
    lode("index", "-q", genome.file)
    return genome


def blocks_of(rng, length):
    """Sizes and starts of blocks inside an interval: ascending, the first at 0."""
    cuts = sorted(rng.sample(range(1, length), min(length - 1, 2 * rng.randint(0, 4))))
    ends = [0] + cuts + ([length] if len(cuts) % 2 == 0 else [])
    pairs = list(zip(ends[::2], ends[1::2]))
    comma = rng.choice([b"", b","])
    sizes = b",".join(b"%d" % (e - b) for b, e in pairs) + comma
    return b"%d\t%s\t%s" % (len(pairs), sizes, b",".join(b"%d" % b for b, _ in pairs) + comma)


def random_line(rng, genome, columns):
    name = rng.choice(NAMES)
    length = len(genome.bases[name])
    begin = rng.randrange(length)
    end = min(length, begin + int(2 ** rng.uniform(0, 12)))
    kind = rng.random()
    if kind < 0.05:
        end = length + rng.randint(1, 50)  # leaves the contig: bedtools skips it
    elif kind < 0.08:
        end = begin  # no bases: the same
    fields = [name, b"%d" % begin, b"%d" % end, rng.choice([b"gene", b"a b", b"x::y", b"."]),
              b"%d" % rng.randrange(1000), rng.choice([b"+", b"-", b"."])]
    if columns == 12:
        fields += [fields[1], fields[2], b"0,0,0", blocks_of(rng, max(1, end - begin))]
    return b"\t".join(fields[:columns] if columns < 12 else fields)


def write_bed(work, genome, columns, count=300):
    rng = random.Random(columns)
    path = work / f"b{columns}.bed"
    path.write_bytes(b"".join(random_line(rng, genome, columns) + b"\n" for _ in range(count)))
    return path


def by_bedtools(genome, bed, *options):
    return subprocess.run(["bedtools", "getfasta", "-fi", genome.file, "-bed", bed, *options],
                          capture_output=True, check=True).stdout


@pytest.mark.parametrize("columns", [3, 4, 6, 12])
@pytest.mark.parametrize("form", FORMS)
def test_output_is_that_of_bedtools(lode, sample, work, columns, form):
    bed = write_bed(work, sample, columns)
    for ours, theirs in ((), ()), (("-s",), ("-s",)), (("--tab",), ("-tab",)), (
            ("-s", "--tab"), ("-s", "-tab")):
        wanted = by_bedtools(sample, bed, *FORMS[form], *theirs)
        assert wanted.count(b"\n") > 200
        assert lode.out("get", sample.file, "-b", bed, asked(form), *ours) == wanted


@pytest.mark.parametrize("columns", [6, 12])
@pytest.mark.parametrize("strand", [(), ("-s",)], ids=["forward", "stranded"])
def test_split_is_that_of_bedtools(lode, sample, work, columns, strand):
    bed = write_bed(work, sample, columns)
    for form, theirs in FORMS.items():
        wanted = by_bedtools(sample, bed, *theirs, *strand, "-split")
        assert lode.out("get", sample.file, "-b", bed, asked(form), *strand,
                        "--split") == wanted


def test_what_bedtools_leaves_out_is_named(lode, sample, work):
    (work / "b.bed").write_bytes(b"c\t0\t9\nd\t90\t101\nc\t5\t5\nnope\t1\t2\n")
    done = lode("get", sample.file, "-b", "b.bed", "--bedtools=coords", status=3)
    assert done.stdout == b">c:0-9\n" + sample.bases[b"c"][:9] + b"\n"
    for place in b"b.bed:2: ", b"b.bed:3: ", b"b.bed:4: ":
        assert place in done.stderr
    (work / "b.bed").write_bytes(b"d\t90\t101\n")
    assert lode.out("get", sample.file, "-b", "b.bed", "--bedtools=coords") == b""


def test_split_without_bedtools_joins_blocks_in_lines_of_60(lode, sample, work):
    line = b"c\t100\t900\tg\t0\t%s\t100\t900\t0\t3\t100,1,250\t0,300,550\n"
    seq = sample.bases[b"c"]
    joined = seq[100:200] + seq[400:401] + seq[650:900]
    (work / "f.bed").write_bytes(line % b"+")
    (work / "r.bed").write_bytes(line % b"-")
    assert lode.out("get", sample.file, "-b", "f.bed", "--split", "-s") == oracle.record(
        b"c:101-900", joined)
    turned = oracle.record(b"c:101-900/rc", oracle.reverse_complement(joined))
    assert lode.out("get", sample.file, "-b", "r.bed", "--split", "-s") == turned
    assert lode.out("get", sample.file, "-b", "f.bed", "--split", "-i") == turned


def test_split_cuts_and_pads_blocks_that_leave_the_contig(lode, sample, work):
    seq = sample.bases[b"d"]
    (work / "b.bed").write_bytes(b"d\t80\t120\tg\t0\t+\t80\t120\t0\t3\t5,15,5\t0,10,35\n")
    assert oracle.records_of(lode.out("get", sample.file, "-b", "b.bed", "--split")) == [
        (b"d:81-120", seq[80:85] + seq[90:100])]
    got = lode.out("get", sample.file, "-b", "b.bed", "--split", "--pad", "x")
    assert oracle.records_of(got) == [(b"d:81-120", seq[80:85] + seq[90:100] + b"x" * 10)]
    lode("get", sample.file, "-b", "b.bed", "--split", "--strict", status=1)


def test_blocks_across_many_pieces(lode, work):
    """More bases and more blocks than are read at once, turned and not."""
    seq = gen.dna(random.Random(41), 6_000_000)
    (work / "l.fa").write_bytes(gen.Record(b"l", seq, 100).text())
    lode("index", "-q", "l.fa")
    pairs = [(i * 300, i * 300 + 7) for i in range(9000)] + [(2_800_000, 5_900_000)]
    (work / "l.bed").write_bytes(b"l\t0\t6000000\tn\t0\t-\t0\t0\t0\t%d\t%s\t%s\n" % (
        len(pairs), b",".join(b"%d" % (e - b) for b, e in pairs),
        b",".join(b"%d" % b for b, _ in pairs)))
    joined = b"".join(seq[b:e] for b, e in pairs)
    for options in (), ("-@", "2"):
        assert lode.out("get", "l.fa", "-b", "l.bed", "--split", "--bedtools=nameOnly",
                        *options) == b">n\n" + joined + b"\n"
        assert lode.out("get", "l.fa", "-b", "l.bed", "--split", "-s", "--bedtools=nameOnly",
                        *options) == b">n(-)\n" + oracle.reverse_complement(joined) + b"\n"


@pytest.mark.parametrize("blocks", [
    b"2\t5,5\t0,60", b"3\t5,5\t0,6", b"1\t5,5\t0,6", b"0\t5\t0", b"-1\t5\t0", b"1\t\t", b"x\t5\t0",
    b"1\tx\t0", b"1\t5\t-1", b"1\t-5\t5", b"9223372036854775807\t5\t0",
    b"1\t9223372036854775807\t1", b"1\t5\t0,,", b"1\t5.\t0"])
def test_malformed_blocks_are_named_and_other_lines_go_on(lode, sample, blocks):
    bed = (b"c\t2\t30\tt\t0\t-\t2\t30\t0\t%s\n" % blocks) + b"c\t0\t3\n"
    done = lode("get", sample.file, "-b", "-", "--split", stdin=bed, status=2)
    assert b"stdin:1: " in done.stderr or b"-:1: " in done.stderr
    assert done.stdout == oracle.record(b"c:1-3", sample.bases[b"c"][:3])
    assert lode.out("get", sample.file, "-b", "-", stdin=bed).count(b">") == 2


@pytest.mark.parametrize("args", [
    ["c", "--bedtools=coords"], ["-b", "x", "c", "--bedtools=coords"], ["c", "--split"],
    ["-b", "x", "--bedtools=other"], ["-b", "x", "--bedtools=name", "-i"],
    ["-b", "x", "--bedtools=name", "--strict"], ["-b", "x", "--bedtools=name", "--pad", "N"]])
def test_usage(lode, sample, args):
    lode("get", sample.file, *args, status=2)


def test_bed_contig_of_several_sources_gives_a_count_and_three_candidates(lode, work):
    (work / "d").mkdir()
    for i in range(5):
        (work / f"d/s{i}.fa").write_bytes(b">chr\nACGT\n")
    lode("index", "-q", "d")
    for form in (), ("--bedtools=coords",):
        done = lode("get", "d", "-b", "-", *form, stdin=b"chr\t0\t3\ns4::chr\t1\t3\n", status=2)
        assert b"5" in done.stderr and done.stderr.count(b"::chr") == 3
        assert oracle.records_of(done.stdout)[0][1] == b"CG"

"""Sizes past 32 bits, in files that are small because they repeat."""
import gen

STEP = 60000  # does not divide 2^32: an offset that lost its high bits meets other bases


def pattern(letters):
    """Four stretches of one letter each, of lengths that share no divisor with the others."""
    lengths = 13001, 16001, 14003, STEP - 13001 - 16001 - 14003
    return b"".join(bytes([letter]) * n for letter, n in zip(letters, lengths))


def expect(seq, begin, end):
    """Bases [begin, end) of a contig that repeats seq."""
    first = begin % len(seq)
    return (seq * ((end - begin) // len(seq) + 2))[first:first + end - begin]


def test_trap_contig_and_single_line_longer_than_2_to_32(lode, work):
    """A line of 4.3 GB; then a contig of as many bases in short lines, past 8.6 GB of text."""
    one_line = pattern(b"ACGT")
    lined = pattern(b"GATC")[:59 * 1000]
    full_blocks = (1 << 32) // 59000 + 20
    repeat_one = gen.block(one_line, level=9)
    repeat_two = gen.block(b"".join(lined[i:i + 59] + b"\n" for i in range(0, 59000, 59)), level=9)
    length_one, length_two = full_blocks * STEP, full_blocks * 59000
    with open(work / "g.fa.gz", "wb") as out:
        out.write(gen.block(b">one\n") + repeat_one * full_blocks)
        out.write(gen.block(b"\n>two\n") + repeat_two * full_blocks)
        out.write(gen.block(b">end\nACGTA\nCC") + gen.EOF_BLOCK)
    lode("index", "-q", "g.fa.gz")
    assert lode.out("ls", "g.fa.gz", "g") == (
        b"one\t%d\ntwo\t%d\nend\t7\n" % (length_one, length_two))
    spots = [0, 12990, (1 << 31) - 30, (1 << 32) - 30, (1 << 32) - 30000, length_two - 59000,
             length_two - 1000]
    regions = [(name, at, at + span) for at in spots for span in (60, 999)
               for name in ("one", "two")]
    got = lode.out("get", "g.fa.gz", "--tab", *[f"{n}:{b + 1}-{e}" for n, b, e in regions])
    assert [line.split(b"\t")[1] for line in got.splitlines()] == [
        expect(one_line if name == "one" else lined, begin, end) for name, begin, end in regions]
    tail = lode.out("get", "g.fa.gz", f"one:{length_one - 9}-{length_one + 5}",
                    f"two:{length_two - 9}", "end:5-", "--tab").splitlines()
    assert [line.split(b"\t")[1] for line in tail] == [one_line[-10:], lined[-10:], b"ACC"]

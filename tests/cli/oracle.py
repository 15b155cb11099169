"""What others say: a naive reader of the text, samtools, bedtools."""
import gzip
import subprocess

COMPLEMENT = bytes.maketrans(b"ACGTUNRYKMSWBDHVacgtunrykmswbdhv",
                             b"TGCAANYRMKSWVHDBtgcaanyrmkswvhdb")


def read_text(path):
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def parse(text):
    """[(name, sequence)] in order, nothing clever: lines, stripped of their ends."""
    records = []
    for line in text.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line.startswith(b">"):
            records.append((line[1:].split()[0], []))
        elif line:
            records[-1][1].append(line)
    return [(name, b"".join(lines)) for name, lines in records]


def wrap(seq, width=60):
    if width <= 0:
        return seq + b"\n" if seq else b""
    return b"".join(seq[i:i + width] + b"\n" for i in range(0, len(seq), width))


def record(title, seq, width=60):
    return b">" + title + b"\n" + wrap(seq, width)


def reverse_complement(seq):
    return seq[::-1].translate(COMPLEMENT)


def samtools(path, *args, stdin=None, status=0):
    done = subprocess.run(["samtools", "faidx", path, *args], input=stdin,
                          capture_output=True, check=False)
    assert done.returncode == status, done.stderr.decode(errors="replace")
    return done.stdout


def bedtools(path, bed, *options):
    """[(title, sequence)] of bedtools getfasta -tab; path must be plain."""
    done = subprocess.run(["bedtools", "getfasta", "-fi", path, "-bed", bed, "-tab", *options],
                          capture_output=True, check=True)
    return [tuple(line.split(b"\t")) for line in done.stdout.splitlines()]


def records_of(output):
    """[(title, sequence)] of FASTA that a command printed."""
    found = []
    for line in output.splitlines():
        if line.startswith(b">"):
            found.append((line[1:], []))
        else:
            found[-1][1].append(line)
    return [(title, b"".join(lines)) for title, lines in found]


# --------------------------------------------------------------------------------- regions --

def random_regions(rng, bases, count, longest=20000):
    """[(region, sequence)]: all forms that samtools and SPEC 9 share, by the naive reader."""
    names = [n for n, s in bases.items() if s]
    weights = [len(bases[n]) ** 0.5 for n in names]
    regions = []
    for name in rng.choices(names, weights, k=count):
        regions.append(random_region(rng, name, bases[name], longest))
    return regions


def random_region(rng, name, seq, longest):
    span = min(len(seq), int(2 ** rng.uniform(0, longest.bit_length())))
    begin = rng.randrange(len(seq) - span + 1)
    form, end = rng.random(), begin + span
    quoted = b"{%s}" % name if b":" in name or form < 0.02 else name
    if form < 0.70:
        return b"%s:%d-%d" % (quoted, begin + 1, end), seq[begin:end]
    if form < 0.75:
        return quoted + f":{begin + 1:,}-{end:,}".encode(), seq[begin:end]
    if form < 0.80:  # the end of the contig, and past it
        return b"%s:%d-%d" % (quoted, len(seq) - span + 1, len(seq)), seq[-span:]
    if form < 0.85:
        return b"%s:%d-%d" % (quoted, len(seq) - span + 1, len(seq) + span), seq[-span:]
    if form < 0.90:
        return b"%s:%d" % (quoted, len(seq) - span + 1), seq[-span:]
    if form < 0.93:
        return b"%s:%d-" % (quoted, len(seq) - span + 1), seq[-span:]
    if form < 0.96:
        return b"%s:-%d" % (quoted, span), seq[:span]
    if form < 0.98 and len(seq) <= longest:
        return name if quoted == name else quoted, seq
    return b"%s:%d-%d" % (quoted, begin + 1, begin + 1), seq[begin:begin + 1]


def write_regions(path, regions):
    path.write_bytes(b"".join(region + b"\n" for region, _ in regions))
    return path


def expected(regions, width=60):
    return b"".join(record(region, seq, width) for region, seq in regions)

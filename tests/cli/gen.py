"""Seeded generator of FASTA texts, and the writers that make files of them."""
import gzip
import importlib.util
import random
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass, field

EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
ACGT = bytes(b"ACGT"[i & 3] for i in range(256))
IUPAC = b"RYKMSWBDHVrykmswbdhv"
WIDTHS = (1, 2, 7, 59, 60, 61, 80, 100, 4095, 4096, 5000, 65536, 100000)


@dataclass
class Record:
    name: bytes
    seq: bytes
    width: int = 60
    desc: bytes = b""

    def text(self, eol=b"\n"):
        lines = [b">" + self.name + self.desc]
        lines += [self.seq[i:i + self.width] for i in range(0, len(self.seq), self.width)]
        return eol.join(lines) + eol


@dataclass
class Genome:
    records: list
    eol: bytes = b"\n"
    final_newline: bool = True
    bases: dict = field(init=False)

    def __post_init__(self):
        self.bases = {r.name: r.seq for r in self.records}

    def text(self):
        text = b"".join(r.text(self.eol) for r in self.records)
        if not self.final_newline and self.records and self.records[-1].seq:
            text = text[:-len(self.eol)]
        return text


def dna(rng, length):
    return rng.randbytes(length).translate(ACGT)


def spots(rng, seq, count, longest, change):
    """Rewrites up to `count` random stretches."""
    out = bytearray(seq)
    for _ in range(count if seq else 0):
        begin = rng.randrange(len(seq))
        end = min(len(seq), begin + rng.randint(1, longest))
        out[begin:end] = change(bytes(out[begin:end]))
    return bytes(out)


def real_like(rng, length):
    """DNA with soft-masked stretches, N runs and a few IUPAC letters."""
    seq = dna(rng, length)
    seq = spots(rng, seq, length // 900, 600, bytes.lower)
    seq = spots(rng, seq, length // 40000 + (length > 50), 3000, lambda s: b"N" * len(s))
    return spots(rng, seq, length // 3000, 1, lambda s: bytes([rng.choice(IUPAC)]))


def genome(rng, eol=b"\n", widths=WIDTHS, scale=20000, final_newline=True, names=b"c%d"):
    """One contig of each width, some of a whole number of lines, and empty ones between them."""
    records = []
    for i, width in enumerate(widths):
        lines = max(2, scale // width)
        length = lines * width - (rng.randrange(width) if i % 3 else 0)
        desc = rng.choice([b"", b" some text", b"\ttabbed > here"])
        records.append(Record(names % i, real_like(rng, length), width, desc))
        if i % 5 == 2 and i + 1 < len(widths):  # samtools wants none at the end
            records.append(Record(b"empty%d" % i, b""))
    return Genome(records, eol, final_newline)


# ------------------------------------------------------------------------------ BGZF by hand --

def block(data, before=b"", after=b"", level=6, name=None, comment=None, header_crc=False):
    """One BGZF block, with extra subfields around BC and optional gzip header fields."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    flags = 4 | (8 if name else 0) | (16 if comment else 0) | (2 if header_crc else 0)
    extra_len = len(before) + 6 + len(after)
    tail = (name + b"\0" if name else b"") + (comment + b"\0" if comment else b"")
    size = 12 + extra_len + len(tail) + (2 if header_crc else 0) + len(body) + 8
    assert size <= 65536
    head = struct.pack("<4BI2BH", 31, 139, 8, flags, 0, 0, 255, extra_len)
    head += before + struct.pack("<2sHH", b"BC", 2, size - 1) + after + tail
    if header_crc:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def subfield(tag, data):
    return struct.pack("<2sH", tag, len(data)) + data


def bgzf(text, size=65280, eof=True, **how):
    pieces = [block(text[i:i + size], **how) for i in range(0, len(text), size)]
    return b"".join(pieces) + (EOF_BLOCK if eof else b"")


def bgzf_odd(text, rng):
    """Blocks of random sizes, empty ones among them, subfields before and after BC, and end-of-file
    markers in the middle as concatenation leaves them."""
    out, at = [], 0
    while at < len(text):
        size = rng.choice([1, 511, 4095, 4096, 4097, 20000, 65280, 65535, 65536])
        out.append(block(text[at:at + size], before=rng.choice([b"", subfield(b"XX", b"12345")]),
                         after=rng.choice([b"", subfield(b"RA", b"")])))
        out.append(rng.choice([b"", b"", EOF_BLOCK, block(b"", before=subfield(b"ZZ", b"z"))]))
        at += size
    return b"".join(out) + EOF_BLOCK


# --------------------------------------------------------------------------------- writers --

def by_bgzip(text):
    return subprocess.run(["bgzip", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout


def by_biopython(text):
    """In a process of its own: where this interpreter lacks Biopython, the system's may have it."""
    python = sys.executable if importlib.util.find_spec("Bio") else "/usr/bin/python3"
    code = ("import sys\nfrom Bio import bgzf\nw = bgzf.BgzfWriter(sys.argv[1])\n"
            "w.write(sys.stdin.buffer.read())\nw.close()\n")
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([python, "-c", code, out.name], input=text, check=True)
        return out.read()


def by_lode(size, level=6):
    def write(text, lode):
        return lode.out("compress", "-", "--block-size", str(size), "-l", str(level), stdin=text)
    return write


def by_lode_layout(layout):
    def write(text, lode):
        return lode.out("compress", "-", "--layout", layout, stdin=text)
    return write


def write_file(path, text, writer, lode=None, rng=None):
    """Stores the text as this writer does: a name of WRITERS."""
    how = WRITERS[writer]
    path.write_bytes(how(text, lode, rng or random.Random(1)))
    return path


WRITERS = {
    "plain": lambda text, lode, rng: text,
    "bgzip": lambda text, lode, rng: by_bgzip(text),
    "biopython": lambda text, lode, rng: by_biopython(text),
    "lode-512": lambda text, lode, rng: by_lode(512)(text, lode),
    "lode-4096": lambda text, lode, rng: by_lode(4096, 1)(text, lode),
    "lode-8000": lambda text, lode, rng: by_lode(8000, 9)(text, lode),
    "lode-65280": lambda text, lode, rng: by_lode(65280)(text, lode),
    "lode-restart": lambda text, lode, rng: by_lode_layout("restart")(text, lode),
    "lode-small": lambda text, lode, rng: by_lode_layout("small")(text, lode),
    "python-513": lambda text, lode, rng: bgzf(text, 513),
    "python-65536": lambda text, lode, rng: bgzf(text, 65536),
    "python-odd": lambda text, lode, rng: bgzf_odd(text, rng),
}
SAMTOOLS_REFUSES = {"python-odd"}  # subfields other than BC


def suffix(writer):
    return ".fa" if writer == "plain" else ".fa.gz"


def plain_gzip(text, members=1):
    step = len(text) // members + 1
    return b"".join(gzip.compress(text[i:i + step], mtime=0) for i in range(0, len(text), step))

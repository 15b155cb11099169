#!/usr/bin/env python3
"""A second reader of lode indexes, from SPEC.md alone, with Python's standard library alone.

    spec_reader.py [--pages] INDEX CONTIG BEGIN END [NAME]    prints bases [BEGIN, END), 0-based
"""
import struct
import sys
import zlib
from pathlib import Path

P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5, U64, U48 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5, 2**64 - 1, 2**48 - 1
TABLES = ("SRCE", "SNAM", "SSTR", "OPTS", "CTIG", "TNAM", "GNAM", "NAME", "BLOK", "SUMS", "BINS",
          "CASE", "EXCP", "GAPS", "DIGS", "DESC", "BASE", "PSUM", "MSET", "MSTR", "MDED",
          "RINF", "RTYP", "RSTR", "RDIC", "RBLK", "ROFF", "RSLT", "RKEY", "RHEP")


class LodeError(Exception):
    """Status (SPEC appendix C) and what was found."""


def check(holds, status, what=""):
    if not holds:
        raise LodeError(f"{status} {what}".strip())


def xxh64(data, seed=0):
    """SPEC 2.4."""
    def rotate(v, n):
        return (v << n | v >> (64 - n)) & U64

    def mix(lane, word):
        return rotate((lane + word * P2) & U64, 31) * P1 & U64

    size, at = len(data), len(data) & ~31
    h = seed + P5
    if at:
        lanes = [(seed + v) & U64 for v in (P1 + P2, P2, 0, -P1)]
        for words in struct.iter_unpack("<4Q", data[:at]):
            lanes = [mix(lane, word) for lane, word in zip(lanes, words)]
        h = sum(rotate(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18))) & U64
        for lane in lanes:
            h = ((h ^ mix(0, lane)) * P1 + P4) & U64
    h = (h + size) & U64
    while at + 8 <= size:
        word, at = int.from_bytes(data[at:at + 8], "little"), at + 8
        h = (rotate(h ^ mix(0, word), 27) * P1 + P4) & U64
    if at + 4 <= size:
        word, at = int.from_bytes(data[at:at + 4], "little"), at + 4
        h = (rotate(h ^ word * P1 & U64, 23) * P2 + P3) & U64
    for byte in data[at:]:
        h = rotate(h ^ byte * P5 & U64, 11) * P1 & U64
    h = (h ^ h >> 33) * P2 & U64
    h = (h ^ h >> 29) * P3 & U64
    return h ^ h >> 32


class Bits:
    """The bits of a deflate stream, and Huffman codes in it (RFC 1951, 3.2)."""

    def __init__(self, data, at=0):
        self.value, self.at, self.end = int.from_bytes(data, "little"), at, 8 * len(data)

    def take(self, count):
        check(self.at + count <= self.end, "DAMAGED", "V-8")
        self.at += count
        return self.value >> self.at - count & (1 << count) - 1

    def symbol(self, code):
        length, word = 0, 0
        while (length, word) not in code:
            check(length < 15, "DAMAGED", "code")
            length, word = length + 1, word << 1 | self.take(1)
        return code[length, word]


def huffman(lengths):
    """{(length, code): symbol}"""
    code, word = {}, 0
    for length in range(1, 16):
        for symbol, own in enumerate(lengths):
            if own == length:
                code[length, word], word = symbol, word + 1
        word <<= 1
    return code


def literal_code(deflate):
    """The code of a restart block (SPEC 7.1)."""
    bits = Bits(deflate[:400])
    check(bits.take(3) == 5 and bits.take(5) == 0, "DAMAGED", "no restart block")
    distances, used, own, lengths = bits.take(5) + 1, bits.take(4) + 4, [0] * 19, []
    for k in (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)[:used]:
        own[k] = bits.take(3)
    own = huffman(own)
    while len(lengths) < 257 + distances:
        symbol = bits.symbol(own)
        lengths += (lengths[-1:] * (3 + bits.take(2)) if symbol == 16 else
                    [0] * (3 + bits.take(3)) if symbol == 17 else
                    [0] * (11 + bits.take(7)) if symbol == 18 else [symbol])
    check(0 not in lengths[:257], "DAMAGED", "no restart block")
    return huffman(lengths[:257])


class Container:
    """A lode file in memory, and the sections of one group; pages=True checks every byte of it."""

    def __init__(self, path, pages=False, group=0):
        self.path, self.data = Path(path).resolve(), Path(path).read_bytes()
        data, self.sections, self.groups = self.data, {}, {}
        check(data[:8] == b"\x89LODE\r\n\x1a", "NOT_LODE")
        check(len(data) >= 64, "TRUNCATED")
        major, _, header, incompat, _, count, width, size, content = self.unpack("2H5I2Q", 8)
        self.dir_end = header + count * width
        check(header >= 64 and width >= 64, "LAYOUT")
        check(self.dir_end <= len(data), "TRUNCATED")
        check(xxh64(data[:56] + bytes(8) + data[64:self.dir_end]) == self.unpack("Q", 56)[0],
              "HEADER_SUM")
        check(major <= 1, "VERSION")
        check(incompat == 0, "FEATURE")
        check(size == len(data), "TRUNCATED" if size > len(data) else "LAYOUT")
        for at in range(header, self.dir_end, width):
            name, flags, of, _, off, length, rows, stride, param, total = \
                self.unpack("4s3I3Q2IQ", at)
            check(not flags & 1 or name.decode("latin1") in TABLES, "FEATURE", name)
            check(off + length <= size and rows * stride == length, "LAYOUT", name)
            self.groups.setdefault(of, {})[name.decode("latin1")] = off, rows, param
        self.sections, self.content_id = self.groups.get(group, {}), content
        check(total == content == xxh64(data[off:]), "PAGE_SUM", "PSUM")
        for i in range(rows if pages else 0):
            page = self.dir_end // 65536 + i
            span = data[max(self.dir_end, page * 65536):min(off, (page + 1) * 65536)]
            check(xxh64(span) == self.unpack("Q", off + 8 * i)[0], "PAGE_SUM", page)

    def unpack(self, form, at):
        check(0 <= at and at + struct.calcsize("<" + form) <= len(self.data), "CORRUPT")
        return struct.unpack_from("<" + form, self.data, at)

    def table(self, name):
        return self.sections.get(name, (0, 0, 0))

    def string(self, table, off, size):
        at = self.table(table)[0] + off
        check(off + size < self.table(table)[1] and self.data[at + size] == 0, "CORRUPT", table)
        return self.data[at:at + size]

    def probe(self, table, name, names, bits, first, slots):
        """Entries whose hash bits agree (SPEC 5.6)."""
        at, _, param = self.table(table)
        digest = xxh64(name, param & 255)
        home = digest * (names + names // 3 + 1) >> 64
        for i in range(home, min(home + (param >> 8) + 1, slots)):
            word, = self.unpack("Q", at + (first + i) * 8)
            if word == 0:
                return
            if word >> 40 == digest & 0xFFFFFF:
                yield (word & (1 << bits) - 1) - 1, word


class Index(Container):
    """An index in memory."""

    def __init__(self, path, pages=False):
        super().__init__(path, pages)
        check(all(s in self.sections for s in ("SRCE", "SNAM", "SSTR", "OPTS")), "LAYOUT", "S-1")
        self.source_count = self.sections["SRCE"][1] - 1
        self.contig_count = self.table("CTIG")[1]

    def source(self, i):
        """The fields of row i of SRCE, and the begins of the next row (SPEC 5.1)."""
        at = self.table("SRCE")[0] + 128 * i
        names = "path_off path_len name_len file_size fingerprint text_len crc kind flags".split()
        row = dict(zip(names, self.unpack("Q2I3QI2H", at)))
        begins = "contig block sum slot name desc base bin toggle run".split()
        row.update(zip(begins, self.unpack("10Q", at + 48)))
        row.update(zip((name + "_end" for name in begins), self.unpack("10Q", at + 128 + 48)))
        return row

    def contig(self, i):
        """(text_off, length, line_bases, bytes of a line end, source number, name) of row i."""
        check(i < self.contig_count, "CORRUPT", "N-1")
        text, length, line, _, name, size, _, source, flags = \
            self.unpack("5Q3IH", self.table("CTIG")[0] + 64 * i)
        check(source < self.source_count and line <= length, "CORRUPT", "CTIG")
        name = self.string("NAME", self.source(source)["name"] + name, size)
        return text, length, line, flags >> 2 & 3, source, name

    def find(self, name, source=None):
        """Number of a contig, by NAME of its source and name, or by name alone."""
        if source is not None:
            slots = self.table("SNAM")[1]
            for i, _ in self.probe("SNAM", source, self.source_count, 40, 0, slots):
                row = self.source(i)
                if self.string("SSTR", row["path_off"] + row["path_len"] + 1,
                               row["name_len"]) == source:
                    break
            else:
                raise LodeError("NOT_FOUND source")
        if source is None and self.source_count > 1:
            off, rows, _ = self.table("GNAM")
            known, = self.unpack("Q", off + 8 * (rows - 1))
            found = self.probe("GNAM", name, known, 39, 0, rows - 1)
            first = 0
        else:
            row = self.source(0) if source is None else row
            first = row["contig"]
            found = self.probe("TNAM", name, row["contig_end"] - first, 40, row["slot"],
                               row["slot_end"] - row["slot"])
        for i, word in found:
            if self.contig(first + i)[5] == name:
                alone = source is None and self.source_count > 1
                check(not (alone and word >> 39 & 1), "AMBIGUOUS")
                return first + i
        raise LodeError("NOT_FOUND contig")

    def block(self, row, t):
        """(number, text_off, file_off, text_end, file_end) of the block of text offset t."""
        at, low, high = self.table("BLOK")[0] + 16 * row["block"], 0, \
            row["block_end"] - row["block"] - 1
        while high - low > 1:  # the rightmost row that begins at or before t (SPEC 6.2)
            middle = (low + high) // 2
            low, high = (middle, high) if self.unpack("Q", at + 16 * middle)[0] & U48 <= t \
                else (low, middle)
        text, where, end, stop = (v & U48 for v in self.unpack("4Q", at + 16 * low))
        check(text <= t < end, "CORRUPT", "B-2")
        return low, text, where, end, stop

    def text(self, row, file, t, end):
        """Proven text [t, end) or its beginning: up to the end of the block of t (SPEC 6)."""
        number, text, where, stop, file_end = 0, 0, 0, row["text_len"], row["file_size"]
        if row["flags"] & 4:
            return self.restart_text(row, file, t, end)
        if row["kind"] == 1:
            number, text, where, stop, file_end = self.block(row, t)
        end = min(end, stop)
        piece = 1024 if row["flags"] & 8 else 4096
        first, last = (t - text) & -piece, min(stop - text, (end - text + piece - 1) & -piece)
        if row["kind"] == 1:
            out = self.inflate(file, where, file_end, last)[first:]
        else:
            file.seek(first)
            out = file.read(last - first)
        for k in range(0, last - first, piece):
            slot = row["sum"] + text // piece + number + (first + k) // piece
            want, = self.unpack("I", self.table("SUMS")[0] + 4 * slot)
            check(xxh64(out[k:k + piece]) & 0xFFFFFFFF == want, "DAMAGED", "V-6")
        return out[t - text - first:end - text - first]

    def changes(self, row, number):
        """State at the start of a bin, offsets of changes in it, its first run (SPEC 5.10, 5.11)."""
        toggle, run, = self.unpack("2Q", self.table("BINS")[0] + 32 * (row["bin"] + number))
        stop, = self.unpack("Q", self.table("BINS")[0] + 32 * (row["bin"] + number + 1))
        count = (stop & U48) - (toggle & U48)
        at = self.table("CASE")[0] + 2 * (row["toggle"] + (toggle & U48))
        check(count <= 4096, "CORRUPT", "K-6")
        entries = self.unpack(f"{count}H", at)
        if count == 4096:
            entries = [16 * i + k for i, bits in enumerate(entries) for k in range(16)
                       if bits >> k & 1]
        return toggle >> 63, entries, run

    def packed(self, row, base_off, encoding, begin, end):
        """Bases [begin, end) of a contig from BASE (SPEC 6.5)."""
        at = self.table("BASE")[0] + row["base"] + base_off
        check(base_off + (end if encoding == 2 else (end + 3) // 4) <= row["base_end"] - row["base"],
              "CORRUPT", "C-14")
        if encoding == 2:
            return self.data[at + begin:at + end]
        letters = b"ACGU" if encoding == 1 else b"ACGT"
        out = bytearray(letters[self.data[at + p // 4] >> 2 * (p & 3) & 3]
                        for p in range(begin, end))
        first, last = 4 * base_off + begin, 4 * base_off + end
        run = max(self.changes(row, first >> 16)[2] - 1, 0)
        while run < row["run_end"] - row["run"]:
            word, length = self.unpack("2Q", self.table("EXCP")[0] + 16 * (row["run"] + run))
            if word & U48 >= last:
                break
            for x in range(max(first, word & U48), min(last, (word & U48) + length)):
                out[x - first] = word >> 48 & 255
            run += 1
        for number in range(first >> 16, (last - 1 >> 16) + 1):
            lower, entries, _ = self.changes(row, number)
            borders = [number << 16] + [(number << 16) + e for e in entries] + [number + 1 << 16]
            for k, (low, high) in enumerate(zip(borders, borders[1:])):
                low, high = max(low, first) - first, min(high, last) - first
                if low < high and lower ^ k & 1:
                    out[low:high] = out[low:high].lower()
        return bytes(out)

    def restart_text(self, row, file, t, end):
        """The same of a source with the restart layout, piece by piece (SPEC 5.9, V-8)."""
        number, text, where, stop, file_end = self.block(row, t)
        first, end = (t - text) // 1024, min(end, stop)
        code, out = self.restart_code(row, file), b""
        for k in range(first, (end - text + 1023) // 1024):
            slot = self.table("SUMS")[0] + 4 * row["sum"] + 8 * ((text >> 10) + number + k)
            want, start = self.unpack("2I", slot)
            size = min(1024, stop - text - 1024 * k)
            if start == 0xFFFFFFFF or code is None:
                piece = self.inflate(file, where, file_end, 1024 * k + size)[1024 * k:]
            else:
                half, start = start >> 19, start & (1 << 19) - 1
                file.seek(where + start // 8)
                bits = Bits(file.read(min(2000, file_end - where - start // 8)), start % 8)
                symbols = [bits.symbol(code) for _ in range(size if size <= 512 else 512)]
                check(half == (bits.at - start % 8 if size > 512 else 0), "CORRUPT", "T-6")
                symbols += [bits.symbol(code) for _ in range(size - len(symbols))]
                check(256 not in symbols, "DAMAGED", "V-8")
                piece = bytes(symbols)
            check(xxh64(piece) & 0xFFFFFFFF == want, "DAMAGED", "V-6")
            out += piece
        return out[t - text - 1024 * first:end - text - 1024 * first]

    def restart_code(self, row, file):
        """The code of the source (SPEC 5.1, V-8): of the first of the first blocks with starts."""
        t = 0
        for _ in range(8):
            if t == row["text_len"]:
                break
            number, text, where, t, file_end = self.block(row, t)
            slot = self.table("SUMS")[0] + 4 * row["sum"] + 8 * ((text >> 10) + number)
            if self.unpack("I", slot + 4)[0] != 0xFFFFFFFF:
                file.seek(where)
                raw = file.read(file_end - where)
                return literal_code(raw[12 + struct.unpack_from("<H", raw, 10)[0]:-8])
        return None

    def inflate(self, file, where, file_end, size):
        """The first bytes of the text of a block."""
        file.seek(where)
        raw = file.read(file_end - where)
        check(raw[:4] == b"\x1f\x8b\x08\x04" and len(raw) == file_end - where, "STALE")
        head = 12 + struct.unpack_from("<H", raw, 10)[0]  # FNAME and the like: not here
        try:
            return zlib.decompressobj(-15).decompress(raw[head:-8], size)
        except zlib.error:
            return b""

    def fetch(self, contig, begin, end, source=None):
        """Bases [begin, end) of a contig, proven."""
        contig, source = (v.encode() if isinstance(v, str) else v for v in (contig, source))
        found = self.find(contig, source)
        text, length, line, eol, number, _ = self.contig(found)
        check(0 <= begin <= end <= length, "RANGE")
        if begin == end:
            return b""
        if self.table("BASE")[1]:
            at = self.table("CTIG")[0] + 64 * found
            return self.packed(self.source(number), *self.unpack("Q", at + 24),
                               *self.unpack("B", at + 54), begin, end)
        t, stop = (text + p // line * (line + eol) + p % line for p in (begin, end - 1))
        row, out = self.source(number), b""
        path = self.string("SSTR", row["path_off"], row["path_len"]).decode(
            "utf-8", "surrogateescape")
        with open(self.path.parent / path, "rb") as file:
            whole = file.read(4096), file.seek(0, 2)
            file.seek(max(0, whole[1] - 4096))
            ends = struct.pack("<Q", whole[1]) + whole[0] + file.read(4096)
            check(xxh64(ends) == row["fingerprint"], "STALE", path)
            while t + len(out) <= stop:
                out += self.text(row, file, t + len(out), stop + 1)
        at = begin % line
        return b"".join(out[max(0, k):k + line] for k in range(-at, len(out), line + eol))


def main():
    args = [a for a in sys.argv[1:] if a != "--pages"]
    contig, begin, end, *source = args[1:]
    index = Index(args[0], pages="--pages" in sys.argv)
    print(index.fetch(contig, int(begin), int(end), *source).decode("latin1"))


if __name__ == "__main__":
    main()

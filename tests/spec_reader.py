#!/usr/bin/env python3
"""A second reader of lode files, written from SPEC.md alone, with nothing but the standard library.

    spec_reader.py [--pages] [--anywhere] INDEX CONTIG BEGIN END [NAME]

prints bases [BEGIN, END) of a contig, 0-based. It is plain rather than fast: a yardstick for tests.
"""

import argparse
import mmap
import os
import stat
import struct
import sys
import zlib

STRIDES = dict(SRCE=128, SNAM=8, SSTR=1, OPTS=1, CTIG=64, TNAM=8, GNAM=8, NAME=1, BLOK=16, SUMS=4,
               BINS=32, CASE=2, EXCP=16, GAPS=24, DESC=1)
U48, U64 = (1 << 48) - 1, (1 << 64) - 1
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                      0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


class LodeError(Exception):
    """status is that of SPEC appendix C without LODE_E_, rule an id of appendix B."""

    def __init__(self, status, rule):
        super().__init__(f"{status} ({rule})")
        self.status, self.rule = status, rule


def check(holds, status, rule):
    if not holds:
        raise LodeError(status, rule)


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
        word = int.from_bytes(data[at:at + 8], "little")
        h, at = (rotate(h ^ mix(0, word), 27) * P1 + P4) & U64, at + 8
    if at + 4 <= size:
        word = int.from_bytes(data[at:at + 4], "little")
        h, at = (rotate(h ^ word * P1 & U64, 23) * P2 + P3) & U64, at + 4
    for byte in data[at:]:
        h = rotate(h ^ byte * P5 & U64, 11) * P1 & U64
    h = (h ^ h >> 33) * P2 & U64
    h = (h ^ h >> 29) * P3 & U64
    return h ^ h >> 32


class Source:
    """A row of SRCE with the begins of the next row as ends (SPEC 5.1)."""
    TABLES = "CTIG BLOK SUMS TNAM NAME DESC BASE BINS CASE EXCP".split()

    def __init__(self, index, i):
        at, _ = index.rows("SRCE")
        (self.path_off, self.path_len, self.name_len, self.file_size, self.fingerprint,
         self.text_len, self.crc, self.kind, self.flags, *begins) = index.unpack(
             "QIIQQQIHH10Q", at + i * 128)
        ends = index.unpack("10Q", at + (i + 1) * 128 + 48)
        self.part = dict(zip(self.TABLES, zip(begins, ends)))
        for table, (begin, end) in self.part.items():
            fits = table == "BASE" or end <= index.rows(table)[1]
            check(begin <= end and fits, "CORRUPT", "S-7")
        check(self.kind <= 2 and self.flags <= 3, "FEATURE", "S-8")
        check(max(self.file_size, self.text_len) <= U48, "CORRUPT", "S-9")
        blocks = self.count("BLOK")
        check(blocks >= 2 if self.kind == 1 else blocks == 0, "CORRUPT", "B-1")
        check(self.kind != 0 or self.text_len == self.file_size, "CORRUPT", "S-10")

    def count(self, table):
        return self.part[table][1] - self.part[table][0]

    def check_file(self, file):
        """SPEC 5.1, V-2."""
        info = os.fstat(file.fileno())
        check(stat.S_ISREG(info.st_mode), "REFUSED", "V-2")
        check(info.st_size == self.file_size, "STALE", "V-2")
        span = min(4096, self.file_size)
        ends = read_at(file, 0, span) + read_at(file, self.file_size - span, span)
        digest = xxh64(self.file_size.to_bytes(8, "little") + ends)
        check(digest == self.fingerprint, "STALE", "V-2")


def read_at(file, off, size):
    file.seek(off)
    data = file.read(size)
    check(len(data) == size, "STALE", "V-7")
    return data


def block_header(block):
    """Bytes before the deflate data of the BGZF block that these bytes are (SPEC 7)."""
    check(block[:3] == b"\x1f\x8b\x08" and len(block) >= 12, "STALE", "V-3")
    flags, end = block[3], 12 + int.from_bytes(block[10:12], "little")
    check(flags & 0xE4 == 4 and end <= len(block), "STALE", "V-3")
    at, size = 12, 0
    while not size and at + 4 <= end:
        tag, length = struct.unpack_from("<2sH", block, at)
        if at + 4 + length > end:
            break
        if tag == b"BC" and length == 2:
            size = int.from_bytes(block[at + 4:at + 6], "little") + 1
        at += 4 + length
    for flag in 8, 16:  # FNAME, FCOMMENT
        if flags & flag:
            end = block.find(b"\0", end) + 1
            check(end > 0, "STALE", "V-3")
    end += flags & 2  # FHCRC
    check(size == len(block) and end + 8 < size, "STALE", "V-3")
    return end


class Index:
    """A lode file opened for reading. Contigs and sources are numbered from 0 over the file."""

    def __init__(self, path, pages=False, anywhere=False):
        self.root, self.anywhere = os.path.dirname(os.path.realpath(path)), anywhere
        with open(path, "rb") as file:
            empty = os.fstat(file.fileno()).st_size == 0  # which cannot be mapped
            self.data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.sections, psum = self.open_container()
        if pages:
            self.check_pages(psum)
        self.open_tables()

    def unpack(self, form, at):
        return struct.unpack_from("<" + form, self.data, at)

    def rows(self, table):
        """Offset in the file and number of rows."""
        return self.sections.get(table, (0, 0))[:2]

    def open_container(self):
        """SPEC 8.1, steps 1 to 4."""
        data, size = self.data, len(self.data)
        check(data[:8] == b"\x89LODE\r\n\x1a", "NOT_LODE", "H-1")
        check(size >= 64, "TRUNCATED", "H-2")
        (major, _, header, incompat, _, count, entry, file_size, self.content_id, reserved,
         checksum) = self.unpack("HHIIIIIQQQQ", 8)
        check(64 <= header <= 4096 and header % 8 == 0, "LAYOUT", "H-3")
        check(64 <= entry <= 4096 and entry % 8 == 0, "LAYOUT", "H-4")
        check(1 <= count <= 4096, "LAYOUT", "H-5")
        self.dir_end = end = header + count * entry
        check(end <= size, "TRUNCATED", "H-6")
        check(xxh64(data[:56] + bytes(8) + data[64:end]) == checksum, "HEADER_SUM", "H-7")
        check(major == 0, "VERSION", "H-8")
        check(incompat == 0, "FEATURE", "H-9")
        check(reserved == 0, "LAYOUT", "H-10")
        check(file_size <= size, "TRUNCATED", "H-11")
        check(file_size >= size, "LAYOUT", "H-12")
        sections = {}
        for i in range(count):
            name, flags, group, zero0, off, length, rows, stride, param, digest, zero1 = (
                self.unpack("4sIIIQQQIIQQ", header + i * entry))
            key = name.decode("latin-1"), group
            last = i == count - 1
            check(zero0 == zero1 == 0, "LAYOUT", "D-1")
            check(not flags & 1 or key[0] in STRIDES or key[0] == "PSUM", "FEATURE", "D-2")
            check(off % 64 == 0 and off >= end, "LAYOUT", "D-3")
            check(off + length <= size, "LAYOUT", "D-4")
            check(stride > 0 and rows * stride == length, "LAYOUT", "D-5")
            check(key not in sections, "LAYOUT", "D-6")
            check(last == (key == ("PSUM", 0)), "LAYOUT", "D-7")
            check(last or digest == 0, "LAYOUT", "D-8")
            sections[key] = off, rows, stride, param
            end = off + length
        check(end == size, "LAYOUT", "D-9")
        check(stride == 8 and rows == len(self.pages(off)), "LAYOUT", "D-10")
        check(digest == self.content_id, "LAYOUT", "D-11")
        return {name: s for (name, group), s in sections.items() if group == 0}, off

    def pages(self, psum):
        """SPEC 4.3."""
        if psum <= self.dir_end:
            return []
        return [(max(self.dir_end, at), min(psum, at + 65536))
                for at in range(self.dir_end & ~65535, psum, 65536)]

    def check_pages(self, psum):
        sums = self.data[psum:]
        check(xxh64(sums) == self.content_id, "PAGE_SUM", "P-1")
        for (begin, end), (want,) in zip(self.pages(psum), struct.iter_unpack("<Q", sums)):
            check(xxh64(self.data[begin:end]) == want, "PAGE_SUM", "P-2")

    def open_tables(self):
        """SPEC 8.1, steps 5 and 6."""
        for table, want in STRIDES.items():
            check(table in self.sections or table not in ("SRCE", "SNAM", "OPTS"), "LAYOUT", "S-1")
            check(table not in self.sections or self.sections[table][2] == want, "LAYOUT", "S-2")
        check("SUMS" not in self.sections or self.sections["SUMS"][3] == 12, "FEATURE", "S-3")
        check(2 <= self.rows("SRCE")[1] < 1 << 32, "LAYOUT", "S-4")
        self.source_count, self.contig_count = self.rows("SRCE")[1] - 1, self.rows("CTIG")[1]
        check(self.contig_count <= (1 << 39) - 2, "LAYOUT", "S-5")
        if self.source_count > 1:
            at, rows = self.rows("GNAM")
            check(rows >= 2, "LAYOUT", "S-6")
            self.distinct, = self.unpack("Q", at + (rows - 1) * 8)
            check(self.distinct <= self.contig_count, "CORRUPT", "N-6")

    def string(self, table, off, size, limit, rule):
        at = self.rows(table)[0] + off
        check(off + size < limit and self.data[at + size] == 0, "CORRUPT", rule)
        return self.data[at:at + size]

    def source_strings(self, source):
        """Locator and NAME."""
        limit, name_off = self.rows("SSTR")[1], source.path_off + source.path_len + 1
        return (self.string("SSTR", source.path_off, source.path_len, limit, "S-11"),
                self.string("SSTR", name_off, source.name_len, limit, "S-11"))

    def contig(self, i):
        """(source, name, text_off, length, line_bases, width) of contig i (SPEC 5.4)."""
        (text_off, length, line, _, name_off, name_len, _, number, flags, encoding, _,
         _) = self.unpack("5QIIIHBBQ", self.rows("CTIG")[0] + i * 64)
        check(number < self.source_count, "CORRUPT", "C-1")
        source = Source(self, number)
        check(source.part["CTIG"][0] <= i < source.part["CTIG"][1], "CORRUPT", "C-2")
        check(flags < 128 and encoding <= 2, "FEATURE", "C-3")
        width = line + (flags >> 2 & 3)
        fits = text_off <= source.text_len and (length > 0 or line == 0)
        if fits and length:
            fits = 1 <= line <= length and text_off + (length - 1) // line * width + (
                length - 1) % line < source.text_len
        check(fits, "CORRUPT", "C-4")
        begin, end = source.part["NAME"]
        name = self.string("NAME", begin + name_off, name_len, end, "C-5")
        return source, name, text_off, length, line, width

    def probe(self, table, name, names, bits, first=0, slots=None):
        """(ordinal, slot) of each entry whose hash bits agree (SPEC 5.6)."""
        at, rows = self.rows(table)
        at, slots = at + first * 8, rows if slots is None else slots
        param = self.sections[table][3] if table in self.sections else 0
        digest = xxh64(name, param & 255)
        home = digest * (names + names // 3 + 1) >> 64
        for i in range(home, min(home + (param >> 8) + 1, slots)):
            word, = self.unpack("Q", at + i * 8)
            if word == 0:
                return
            ordinal = word & (1 << bits) - 1
            if word >> 40 == digest & 0xFFFFFF and ordinal:
                yield ordinal - 1, word

    def find_source(self, name):
        for i, _ in self.probe("SNAM", name, self.source_count, 40):
            check(i < self.source_count, "CORRUPT", "N-1")
            if self.source_strings(Source(self, i))[1] == name:
                return i
        raise LodeError("NOT_FOUND", "N-8")

    def find(self, name, source=None):
        """Number of the contig of this name, in the source of this NAME."""
        if source is None and self.source_count > 1:
            for i, word in self.probe("GNAM", name, self.distinct, 39,
                                      slots=self.rows("GNAM")[1] - 1):
                check(i < self.contig_count, "CORRUPT", "N-1")
                if self.contig(i)[1] == name:
                    check(not word >> 39 & 1, "AMBIGUOUS", "R-5")
                    return i
            raise LodeError("NOT_FOUND", "N-8")
        src = Source(self, 0 if source is None else self.find_source(source))
        contigs = src.count("CTIG")
        for i, _ in self.probe("TNAM", name, contigs, 40, src.part["TNAM"][0], src.count("TNAM")):
            check(i < contigs, "CORRUPT", "N-1")
            if self.contig(src.part["CTIG"][0] + i)[1] == name:
                return src.part["CTIG"][0] + i
        raise LodeError("NOT_FOUND", "N-8")

    def open_source(self, source):
        path = self.source_strings(source)[0]
        inside = not path.startswith(b"/") and b".." not in path.split(b"/")
        check(inside or self.anywhere, "REFUSED", "S-14")
        try:
            fd = os.open(os.path.join(os.fsencode(self.root), path), os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            raise LodeError("MISSING", "S-14") from None
        return os.fdopen(fd, "rb")

    def block(self, source, i):
        """text_off, file_off, CRC of block i and the ends of its text and file bytes."""
        at = self.rows("BLOK")[0] + (source.part["BLOK"][0] + i) * 16
        text, where, text_end, where_end = self.unpack("4Q", at)
        crc = text >> 48 | where >> 48 << 16
        text, where, text_end, where_end = (v & U48 for v in (text, where, text_end, where_end))
        check(0 <= text_end - text <= 65536 and 0 < where_end - where <= 65536, "CORRUPT", "B-2")
        return text, where, crc, text_end, where_end

    def prove(self, source, file, pieces, slot):
        """Text whose 4 KiB pieces have the sums that begin at slot (SPEC 5.9, V-6, V-7)."""
        for k in range(0, len(pieces), 4096):
            i = slot + k // 4096
            check(i < source.count("SUMS"), "CORRUPT", "T-1")
            want, = self.unpack("I", self.rows("SUMS")[0] + (source.part["SUMS"][0] + i) * 4)
            if xxh64(pieces[k:k + 4096]) & 0xFFFFFFFF != want:
                source.check_file(file)
                raise LodeError("DAMAGED", "V-6")

    def read_block(self, source, file, t, end):
        """Proven text [t, end), or as much of it as the block of t holds."""
        low, high = 0, source.count("BLOK") - 1
        while high - low > 1:  # the rightmost row that begins at or before t (SPEC 6.2)
            middle = (low + high) // 2
            word, = self.unpack("Q", self.rows("BLOK")[0] + (source.part["BLOK"][0] + middle) * 16)
            low, high = (middle, high) if word & U48 <= t else (low, middle)
        text, where, crc, text_end, where_end = self.block(source, low)
        check(text <= t < text_end, "CORRUPT", "B-2")
        raw = read_at(file, where, where_end - where)
        header = block_header(raw)
        check(struct.unpack("<II", raw[-8:]) == (crc, text_end - text), "STALE", "V-4")
        size, end = text_end - text, min(end, text_end) - text
        need, first = min(size, (end + 4095) & ~4095), (t - text) & ~4095
        try:
            out = zlib.decompressobj(-15).decompress(raw[header:-8], need)
        except zlib.error:
            out = b""
        if len(out) < need:
            source.check_file(file)
            raise LodeError("DAMAGED", "V-5")
        self.prove(source, file, out[first:], (text >> 12) + low + first // 4096)
        return out[t - text:end]

    def read_plain(self, source, file, t, end):
        first = t & ~4095
        out = read_at(file, first, min(source.text_len, (end + 4095) & ~4095) - first)
        self.prove(source, file, out, first >> 12)
        return out[t - first:end - first]

    def fetch(self, contig, begin, end, source=None):
        """Proven bases [begin, end) of a contig, by name (bytes or str) or by number."""
        contig, source = (os.fsencode(v) if isinstance(v, str) else v for v in (contig, source))
        i = contig if isinstance(contig, int) else self.find(contig, source)
        check(0 <= i < self.contig_count, "NOT_FOUND", "C-2")
        src, _, text_off, length, line, width = self.contig(i)
        check(0 <= begin <= end <= length, "RANGE", "6.1")
        if begin == end:
            return b""
        check(src.kind != 2, "FEATURE", "5.1")
        t = text_off + begin // line * width + begin % line
        stop = text_off + (end - 1) // line * width + (end - 1) % line + 1
        text = bytearray()
        with self.open_source(src) as file:
            src.check_file(file)
            read = self.read_block if src.kind == 1 else self.read_plain
            while t < stop:
                part = read(src, file, t, stop)
                text, t = text + part, t + len(part)
        bases, at, left = bytearray(), 0, line - begin % line
        while at < len(text):  # a line, then its end
            bases += text[at:at + left]
            at, left = at + left + width - line, line
        return bytes(bases)


def main():
    parser = argparse.ArgumentParser(description="Read bases by SPEC.md alone.")
    parser.add_argument("index")
    parser.add_argument("contig")
    parser.add_argument("begin", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("name", nargs="?", help="NAME of the source")
    parser.add_argument("--pages", action="store_true", help="check every page sum first")
    parser.add_argument("--anywhere", action="store_true", help="follow locators that leave the "
                        "directory of the index")
    args = parser.parse_args()
    try:
        index = Index(args.index, args.pages, args.anywhere)
        bases = index.fetch(args.contig, args.begin, args.end, args.name)
    except LodeError as error:
        sys.exit(f"spec_reader: {args.index}: {error}")
    sys.stdout.buffer.write(bases + b"\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A second reader of record stores and sets, from SPEC.md 15 and 16 alone, with Python's standard
library and, for packed records, the zstd command.

    spec_sets.py STORE KEY                            prints a record
    spec_sets.py SET CONTIG BEGIN END [NAME]          prints bases [BEGIN, END), 0-based
"""
import subprocess
import sys
import tempfile

from spec_reader import U48, Container, Index, LodeError, check, xxh64


class Store(Container):
    """A record store in memory; group: of the store, where a file holds several (SPEC 15)."""

    def __init__(self, path, pages=False, group=None):
        super().__init__(path, pages)
        if group is None:
            group = next((g for g, s in sorted(self.groups.items()) if "RINF" in s), -1)
        self.sections = self.groups.get(group, {})
        check("RINF" in self.sections, "NOT_FOUND", "E-1")
        self.count, self.bytes, name, size, self.keys, self.codec, self.align, self.shuffle = \
            self.unpack("2Q2I4B", self.table("RINF")[0])
        check("ROFF" in self.sections and (self.keys == 0 or "RSLT" in self.sections), "LAYOUT",
              "E-1")
        check(self.table("ROFF")[1] == self.count + 1, "LAYOUT", "E-4")
        self.name = self.span("RSTR", name, size)

    def span(self, table, off, size):
        at, rows, _ = self.table(table)
        check(off + size <= rows, "CORRUPT", table)
        return self.data[at + off:at + off + size]

    def row(self, i):
        """(begin, flags, stored, key, type, length, sum) of record i (SPEC 15.2)."""
        begin, stored, key, length, total = self.unpack("3Q2I", self.table("ROFF")[0] + 32 * i)
        return (begin & U48, begin >> 48, stored & U48, self.span("RKEY", key & U48, stored >> 48),
                key >> 48, length, total)

    def number(self, key):
        """Number of the record with a key; None: there is none."""
        if self.keys == 0 or self.count == 0:
            return None
        slots = self.table("RSLT")[1]
        for i, _ in self.probe("RSLT", key, self.count, 40, 0, slots):
            check(i < self.count, "CORRUPT", "N-1")
            if self.row(i)[3] == key:
                return i
        return None

    def type(self, i):
        t = self.row(i)[4]
        check(t <= self.table("RTYP")[1], "CORRUPT", "E-9")
        return self.span("RSTR", *self.unpack("2I", self.table("RTYP")[0] + 8 * (t - 1))) \
            if t else None

    def frame(self, begin, stored, total, flags, length):
        """The content of a zstd frame of the heap (SPEC 15.3)."""
        frame = self.span("RHEP", begin, stored)
        check(xxh64(frame) & 0xFFFFFFFF == total, "CORRUPT", "E-17")
        with tempfile.NamedTemporaryFile() as dictionary:
            at, size, _ = self.table("RDIC")
            dictionary.write(self.data[at:at + size] if flags & 8 else b"")
            dictionary.flush()
            how = ["-D", dictionary.name] if flags & 8 else []
            done = subprocess.run(["zstd", "-dcq", *how], input=frame, capture_output=True)
        check(done.returncode == 0 and len(done.stdout) == length, "CORRUPT", "E-18")
        return done.stdout

    def record(self, i):
        """The bytes of record i, proven."""
        check(0 <= i < self.count, "RANGE")
        begin, flags, stored, _, _, length, total = self.row(i)
        check(flags & ~15 == 0, "FEATURE", "E-5")
        if flags & 4:
            at = self.table("RBLK")[0] + 24 * begin
            where, packed, size, own, how = self.unpack("Q4I", at)
            content = self.frame(where, packed, own, how, size)[stored:stored + length]
            check(len(content) == length, "CORRUPT", "E-10")
        elif flags & 1:
            return self.unshuffled(self.frame(begin, stored, total, flags, length), flags)
        else:
            content = self.span("RHEP", begin, stored)
        check(xxh64(content) & 0xFFFFFFFF == total, "CORRUPT", "E-17")
        return content

    def unshuffled(self, content, flags):
        if not flags & 2:
            return content
        m = len(content) // self.shuffle
        out = bytearray(content)
        for k in range(self.shuffle):
            out[k:m * self.shuffle:self.shuffle] = content[k * m:(k + 1) * m]
        return bytes(out)


class Set(Container):
    """The members of a set, opened (SPEC 16)."""

    def __init__(self, path, pages=False):
        super().__init__(path, pages)
        check("MSET" in self.sections, "NOT_FOUND", "M-1")
        at, rows, _ = self.table("MSET")
        check(2 <= rows <= 257, "LAYOUT", "M-3")
        self.rows = [self.unpack("Q2I4Q", at + 64 * i) for i in range(rows)]
        self.kind, self.members = self.rows[0][2], []
        check(self.rows[0][5:] == (0, 0), "CORRUPT", "M-6")
        for row, after in zip(self.rows, self.rows[1:]):
            self.members.append(self.member(row, after, pages))

    def member(self, row, after, pages):
        off, size, kind, content, file_size, first, source = row
        check(kind == self.kind and kind in (1, 2), "FEATURE", "M-4")
        name = self.string("MSTR", off, size).decode("utf-8", "surrogateescape")
        check(0 < len(name) and "/" not in name and name not in (".", ".."), "REFUSED", "M-5")
        path = self.path.parent / name
        check(path.is_file(), "MISSING", name)
        member = (Index if kind == 1 else Store)(path, pages)
        check((len(member.data), member.content_id) == (file_size, content), "STALE", name)
        held = (member.contig_count, member.source_count) if kind == 1 else (member.count, 0)
        check((first + held[0], source + held[1]) == after[5:7], "CORRUPT", "M-8")
        return member

    # ---- sequence indexes (SPEC 16.1)

    def names(self, member):
        rows = (member.source(i) for i in range(member.source_count))
        return {member.string("SSTR", r["path_off"] + r["path_len"] + 1, r["name_len"])
                for r in rows}

    def fetch(self, contig, begin, end, source=None):
        """Bases [begin, end) of a contig, proven."""
        holders = []
        for member in self.members:
            try:
                own = None
                if source is not None:
                    own = source.encode() if isinstance(source, str) else source
                    check(own in self.names(member), "NOT_FOUND")
                member.find(contig.encode() if isinstance(contig, str) else contig, own)
                holders.append(member)
            except LodeError as error:
                if "NOT_FOUND" not in str(error):
                    raise
        check(holders, "NOT_FOUND")
        check(len(holders) == 1, "AMBIGUOUS")
        return holders[0].fetch(contig, begin, end, source)

    # ---- record stores (SPEC 16.2)

    @property
    def dead(self):
        at, rows, _ = self.table("MDED")
        return self.unpack(f"{rows}Q", at)

    def places(self):
        """Places in use, in order: record n is at places()[n]."""
        dead = set(self.dead)
        return [p for p in range(self.rows[-1][5]) if p not in dead]

    def at(self, place):
        """(member, number in it)"""
        for row, member in zip(self.rows, self.members):
            if row[5] <= place < row[5] + member.count:
                return member, place - row[5]
        raise LodeError("RANGE")

    def place(self, key):
        """Where a key answers; None: it does not."""
        dead = set(self.dead)
        for row, member in reversed(list(zip(self.rows, self.members))):
            number = member.number(key)
            if number is not None:
                return None if row[5] + number in dead else row[5] + number
        return None


def open_any(path, pages=False):
    """A Store, or a Set."""
    box = Container(path)
    return (Set if "MSET" in box.sections else Store)(path, pages)


def main():
    found = open_any(sys.argv[1])
    if len(sys.argv) > 3:
        begin, end = map(int, sys.argv[3:5])
        print(found.fetch(sys.argv[2], begin, end, *sys.argv[5:]).decode("latin1"))
        return
    key = sys.argv[2].encode()
    if isinstance(found, Set):
        place = found.place(key)
        check(place is not None, "NOT_FOUND")
        store, number = found.at(place)
    else:
        store, number = found, found.number(key)
        check(number is not None, "NOT_FOUND")
    sys.stdout.buffer.write(store.record(number))


if __name__ == "__main__":
    main()

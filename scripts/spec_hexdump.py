#!/usr/bin/env python3
"""Annotates the bytes of a small index with the field names of SPEC.md's tables.

    spec_hexdump.py INDEX          print the annotated dump
    spec_hexdump.py INDEX --write  put it between the hexdump marks of SPEC.md

Fields of rows and entries that are zero are left out. Reads the byte tables out of SPEC.md, so the dump can name nothing that the text does not define.
"""
import re
import struct
import sys
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent / "SPEC.md"
BEGIN, END = "<!-- hexdump:begin -->", "<!-- hexdump:end -->"


def tables(text):
    """{name: [(offset, size, field, meaning)]} of the marked tables."""
    found = {}
    for name, body in re.findall(r"<!-- table: (\w+) -->\n((?:\|.*\n)+)", text):
        rows = [[c.strip() for c in line.strip("|\n").split("|")] for line in body.splitlines()[2:]]
        if rows and rows[0][0].isdigit():
            found[name] = [(int(r[0]), int(r[1]), r[2], r[3]) for r in rows]
    return found


def shown(data):
    """Bytes as hex, runs of zeros cut short."""
    return "zero" if len(data) > 8 and not any(data) else data.hex(" ")


def row(data, at, fields, what):
    yield f"{at:04x}  # {what}"
    for off, size, field, _ in fields:
        part = data[at + off:at + off + size]
        note = ""
        if not any(part) and what != "header":
            continue
        if field == "id":
            note = " " + part.decode()
        elif size in (1, 2, 4, 8) and any(part):
            note = f" = {int.from_bytes(part, 'little')}" if size < 8 or part[6:] == b"\0\0" else ""
        yield f"{at + off:04x}  {shown(part):<24} {field}{note}"


def section(data, fields, entry):
    name = entry["id"]
    at, length, stride = entry["offset"], entry["length"], entry["stride"]
    if name in fields:
        for i in range(entry["count"]):
            yield from row(data, at + i * stride, fields[name], f"{name} row {i}")
        return
    yield f"{at:04x}  # {name}"
    step = stride if stride > 1 else 16
    for k in range(at, at + length, step):
        part = data[k:min(k + step, at + length)]
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in part)
        yield f"{k:04x}  {part.hex(' '):<48}" + (f" {text}" if stride == 1 else "").rstrip()


def entries(data, fields):
    size, count, width = struct.unpack_from("<I", data, 12) + struct.unpack_from("<II", data, 24)
    for i in range(count):
        at = size + i * width
        entry = {f: int.from_bytes(data[at + o:at + o + s], "little")
                 for o, s, f, _ in fields["ENTRY"]}
        entry["id"] = data[at:at + 4].decode()
        yield at, entry


def dump(data, spec):
    fields = tables(spec)
    lines = list(row(data, 0, fields["HEADER"], "header"))
    found = list(entries(data, fields))
    for at, entry in found:
        lines += row(data, at, fields["ENTRY"], f"directory entry {entry['id']}")
    end = found[-1][0] + 64
    for _, entry in found:
        if entry["offset"] > end:
            lines.append(f"{end:04x}  zero" + " " * 21 + f"padding, {entry['offset'] - end} bytes")
        lines += section(data, fields, entry)
        end = entry["offset"] + entry["length"]
    return [line.rstrip() for line in lines]


def main():
    data = Path(sys.argv[1]).read_bytes()
    spec = SPEC.read_text()
    lines = dump(data, spec)
    if "--write" not in sys.argv:
        print("\n".join(lines))
        return
    head, rest = spec.split(BEGIN)
    tail = rest.split(END)[1]
    body = "\n".join("    " + line for line in lines)
    SPEC.write_text(f"{head}{BEGIN}\n\n{body}\n\n{END}{tail}")


if __name__ == "__main__":
    main()

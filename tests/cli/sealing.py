"""Damage that checksums do not tell of: bytes of an index are changed, its sums made right again."""
import struct

import spec_reader


def directory(data):
    header, width, count = (struct.unpack_from("<I", data, at)[0] for at in (12, 28, 24))
    return range(header, header + count * width, width)


def section(data, name):
    """(offset, length) of a section."""
    for at in directory(data):
        if data[at:at + 4] == name:
            return struct.unpack_from("<2Q", data, at + 16)
    raise KeyError(name)


def reseal(data):
    """Sums that hold again after a change of rows (SPEC 3, 4)."""
    data = bytearray(data)
    entries = directory(data)
    end, last = entries.stop, entries[-1]
    off, length = struct.unpack_from("<2Q", data, last + 16)
    for i in range(length // 8):
        begin = max(end, i * 65536)
        sum_of = spec_reader.xxh64(data[begin:min(off, (i + 1) * 65536)])
        struct.pack_into("<Q", data, off + 8 * i, sum_of)
    psum = spec_reader.xxh64(data[off:])
    struct.pack_into("<Q", data, last + 48, psum)
    struct.pack_into("<Q", data, 40, psum)
    head = data[:56] + bytes(8) + data[64:end]
    struct.pack_into("<Q", data, 56, spec_reader.xxh64(head))
    return bytes(data)


def section_entry(name, stride, rows):
    """An entry of the directory for a section of group 0, without its place (SPEC 3.2)."""
    entry = bytearray(64)
    struct.pack_into("<4s2I", entry, 0, name, 1, 0)
    struct.pack_into("<2QI", entry, 24, len(rows), len(rows) // stride, stride)
    return entry


def with_type(data, text, name=b""):
    """A store of this name whose records all have this type, both of any length."""
    tables = {bytes(data[at:at + 4]): (bytearray(data[at:at + 64]), bytearray(data[off:off + length]))
              for at in directory(data) for off, length in [struct.unpack_from("<2Q", data, at + 16)]}
    del tables[b"PSUM"]
    types, strings = struct.pack("<2I", len(name), len(text)), name + text
    tables = {b"RINF": tables.pop(b"RINF"), b"RTYP": (section_entry(b"RTYP", 8, types), types),
              b"RSTR": (section_entry(b"RSTR", 1, strings), strings), **tables}
    struct.pack_into("<I", tables[b"RINF"][1], 20, len(name))
    rows = tables[b"ROFF"][1]
    for at in range(0, len(rows) - 32, 32):
        struct.pack_into("<H", rows, at + 22, 1)
    return assemble(data[:64], tables)


def assemble(header, tables):
    """A file of these sections and their page sums."""
    end = 64 + 64 * (len(tables) + 1)
    out = bytearray(end)
    for i, (entry, rows) in enumerate(tables.values()):
        out += bytes(-len(out) % 64)
        struct.pack_into("<Q", entry, 16, len(out))
        out[64 + 64 * i:128 + 64 * i] = entry
        out += rows
    out += bytes(-len(out) % 64)
    sums = bytes(8 * (-(-len(out) // 65536) - end // 65536))
    entry = section_entry(b"PSUM", 8, sums)
    struct.pack_into("<Q", entry, 16, len(out))
    out[end - 64:end] = entry
    out += sums
    out[:64] = header
    struct.pack_into("<I", out, 24, len(tables) + 1)
    struct.pack_into("<Q", out, 32, len(out))
    return reseal(out)

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

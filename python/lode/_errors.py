"""Exceptions: what a status of the C library is in Python.

They are what users of pysam and pyfaidx expect: KeyError for names, ValueError for ranges and
arguments, OSError for files.
"""

from __future__ import annotations

import re
from errno import ENOENT

from . import _lode

# A file that is whole, but of the other kind; the library has a status of broken ones for it.
_OTHER_KIND = (
    "lode.records.open() reads them",
    "but an index of sequence, which lode.open() opens, or of tracks: lode.open_tracks()",
    "lode.open() opens it, or, where it is of tracks, lode.open_tracks()",
)
# What the library's sentences advise, which is for the command and for C, and what helps in Python.
_HINTS = {
    "run 'lode index' again": "index it again",
    "run 'lode index' on it": "index it",
    "'lode index --rescan'": "lode.index(..., rescan=True)",
    "'lode index --digest'": "lode.index(..., digest=True)",
    "check it with 'lode verify --full', restore it": "restore it",
    "with --rescan": "with rescan=True",
    "with --digest": "with digest=True",
    "(--digest)": "(digest=True)",
    "with --pack": "with pack=True",
    "with -o OUT.lode": "with out='OUT.lode'",
    "another -o": "another out=",
    "--names FILE": "names='FILE'",
    "--duplicates first": "duplicates='first'",
    "--allow-outside or name the directory with --root DIR": "sources='anywhere'",
    "put it back, index again, or name its directory with --root DIR": "put it back or index again",
    "; 'lode rec export' saves what is whole": "",
    "'lode ls INDEX'": "ix.sources",
    "'lode ls INDEX NAME'": "ix['NAME'].contigs",
    "write a file first: lode compress - -o OUT.fa.gz": "write a file first",
    "lode compress - -o ": "bgzip > ",
    "make a BGZF copy with 'lode compress ": "make a BGZF copy: gzip -dc ",
    " -o OUT.gz'": " | bgzip > OUT.gz",
    "with bgzip, or 'lode compress'": "with bgzip",
    "with 'lode compress'": "with bgzip",
    "run lode compress": "make it BGZF with bgzip",
    "lode_store_open and 'lode rec' read them": _OTHER_KIND[0],
    "(a sequence index is read by lode_open, 'lode get')": _OTHER_KIND[1],
    "lode_open and 'lode get' read them": _OTHER_KIND[2],
    "make the whole index anew ('lode index')": "make the whole index anew, without add",
    "'lode index --add' brings": "lode.index(..., add=True) brings",
    "make it anew from the sources ('lode index')": "make it anew from the sources",
    "can have no more: make one file of it": "can have no more: lode.index() of all inputs, without"
    " add, makes one file of it",
    "can have no more: compact it first": "can have no more: lode.records.compact() first",
    "'lode rec join OUT NAME=FILE' gives": "lode.records.join(out, {'NAME': path}) gives",
}
_HINT = re.compile("|".join(map(re.escape, _HINTS)))
_FUNCTION = re.compile(r"^lode_\w+: ")


class LodeError(Exception):
    """Base of all errors of lode. ``status``: the name of the C status, as ``LODE_E_STALE``."""

    status: str = ""


class NotFoundError(LodeError, KeyError):
    """No such contig or source, or one name for several."""

    def __str__(self) -> str:  # KeyError shows the repr
        return str(self.args[0]) if self.args else ""


class RangeError(LodeError, ValueError):
    """The range leaves the contig, or start is behind end."""


class ArgumentError(LodeError, ValueError):
    """An argument or a region is not allowed, or the file is of a kind that another call opens."""


class FileError(LodeError, OSError):
    """A file cannot be read or written, or is not what it should be."""


class BusyError(FileError, BlockingIOError):
    """Another writer is at work on the file: try again when it is done."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file."""


class StaleError(FileError):
    """The FASTA is not the file that was indexed, or the index not the one asked for."""


class DamagedError(FileError):
    """The FASTA looks the same, but its content fails its checksums."""


class CorruptIndexError(FileError):
    """The index is damaged, cut short or contradicts itself: build it again."""


class FormatError(LodeError, ValueError):
    """The input of a build is no FASTA that can be indexed."""


_CLASSES: dict[int, type[LodeError]] = {
    -1: ArgumentError,
    -2: RangeError,
    -3: NotFoundError,
    -4: NotFoundError,
    -5: ArgumentError,
    -6: ArgumentError,
    -8: ArgumentError,
    -12: MissingFileError,
    -14: BusyError,
    -20: CorruptIndexError,
    -40: StaleError,
    -41: DamagedError,
    -50: FormatError,
    -51: FormatError,
    -52: FormatError,
    -53: FormatError,
    -54: FormatError,
}
_NO_MEMORY = -11
_ARGUMENT = -1


def in_python(message: str) -> str:
    """A sentence of the library, with advice that helps in Python."""
    return _HINT.sub(lambda found: _HINTS[found[0]], _FUNCTION.sub("", message))


def make(status: int, message: str, errno: int = 0) -> BaseException:
    """The exception for a status. Called by the compiled module."""
    message = in_python(message)
    if message.endswith(_OTHER_KIND):
        status = _ARGUMENT
    if status == _NO_MEMORY:
        return MemoryError(message)
    if -39 <= status <= -30:
        kind: type[LodeError] = CorruptIndexError
    else:
        kind = _CLASSES.get(status, MissingFileError if errno == ENOENT else FileError)
    error = kind(message)
    error.status = _lode.status_name(status)
    if errno and isinstance(error, OSError):
        error.errno = errno
    return error

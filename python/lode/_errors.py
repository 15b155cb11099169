"""Exceptions: what a status of the C library is in Python.

They are what users of pysam and pyfaidx expect: KeyError for names, ValueError for ranges and
arguments, OSError for files.
"""

from __future__ import annotations

from errno import ENOENT

from . import _lode


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
    """An argument or a region is not allowed."""


class FileError(LodeError, OSError):
    """A file cannot be read or written, or is not what it should be."""


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


def make(status: int, message: str, errno: int = 0) -> BaseException:
    """The exception for a status. Called by the compiled module."""
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

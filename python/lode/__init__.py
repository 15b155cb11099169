"""lode: any stretch of any genome, at once and proven.

>>> import lode
>>> ix = lode.index("genome.fa.gz")          # once; makes genome.fa.gz.lode  # doctest: +SKIP
>>> ix = lode.open("genome.fa.gz")           # microseconds, in any process   # doctest: +SKIP
>>> ix.fetch("chr1", 0, 60, kind="str")      # 0-based half-open              # doctest: +SKIP

Every base that comes back was checked against the index. Positions are 0-based half-open int64,
except in region strings, which are samtools'.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Optional, Union

from . import _lode, records
from ._batch import Composition, Places, Ragged
from ._build import build
from ._dataset import Windows
from ._encode import Encoding, ids, onehot, preset
from ._errors import (
    ArgumentError,
    BusyError,
    CorruptIndexError,
    DamagedError,
    FileError,
    FormatError,
    LodeError,
    MissingFileError,
    NotFoundError,
    RangeError,
    StaleError,
)
from ._index import Index, Source, resolve_path
from ._intervals import Intervals, intervals
from ._show import Shown, show
from ._tracks import Tracks, index_tracks, open_tracks

__version__ = _lode.version()

_Path = Union[str, "os.PathLike[str]"]


def open(path: _Path, *, sources: str = "owner") -> Index:  # noqa: A001 - the verb of the field
    """Opens an index: a .lode file, a directory with an index.lode, or the FASTA beside it.

    sources: which FASTA files are followed: 'beneath' the index's directory only, 'owner' (also
    '..', when the index is yours or root's), or 'anywhere'. OSError; StaleError and
    CorruptIndexError are kinds of it.
    """
    return Index(resolve_path(path), sources=sources)


def index(
    inputs: Union[_Path, Sequence[_Path]],
    out: Optional[_Path] = None,
    *,
    pack: bool = False,
    digest: bool = False,
    threads: int = 0,
    lenient: bool = False,
    rescan: bool = False,
    duplicates: str = "error",
    names: Optional[_Path] = None,
    add: bool = False,
    progress: Union[bool, Callable[[int, int], None]] = False,
) -> Index:
    """Indexes FASTA files, plain or BGZF, and directories of them; opens the index.

    out: FILE.lode for one file, DIR/index.lode for one directory, else required. pack: holds the
    bases, too, so that reads leave the FASTA alone. threads: 0 = all usable. An index that is there
    already makes it faster; rescan trusts nothing of it. progress: True for a bar (tqdm), or a
    function of bytes (done, total), called on another thread. Warnings come as Python warnings;
    OSError and FormatError (a ValueError) say what is wrong, and leave an index as it was.

    add: the inputs are added to the index at out (required), of which nothing is written anew: it
    takes as long as indexing them alone. They get a file of their own beside it, and out becomes a
    set of files, which opens and answers as one index (``ix.members``); the files move together.
    Who has it open goes on with what it has; where there is none yet, it is made. Inputs that it
    has already, unchanged, are left out; one that changed, or another file of a source's name, is a
    FormatError: that needs index() without add, of all inputs, which makes one file of a set again.
    BusyError (an OSError) while another writer is at work on it; ValueError at 256 files.
    """
    return Index(
        build(
            inputs, out, pack=pack, digest=digest, threads=threads, lenient=lenient, rescan=rescan,
            duplicates=duplicates, names=names, add=add, progress=progress,
        )
    )  # fmt: skip


__all__ = [
    "ArgumentError",
    "BusyError",
    "Composition",
    "CorruptIndexError",
    "DamagedError",
    "Encoding",
    "FileError",
    "FormatError",
    "Index",
    "Intervals",
    "LodeError",
    "MissingFileError",
    "NotFoundError",
    "Places",
    "Ragged",
    "RangeError",
    "Shown",
    "Source",
    "StaleError",
    "Tracks",
    "Windows",
    "ids",
    "index",
    "index_tracks",
    "intervals",
    "onehot",
    "open",
    "open_tracks",
    "preset",
    "records",
    "show",
]

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
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Optional, Union

from . import _lode
from ._batch import Composition, Places, Ragged
from ._dataset import Windows
from ._encode import Encoding, ids, onehot, preset
from ._errors import (
    ArgumentError,
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

__version__ = _lode.version()

_Path = Union[str, "os.PathLike[str]"]


def open(path: _Path, *, sources: str = "owner") -> Index:  # noqa: A001 - the verb of the field
    """Opens an index: a .lode file, a directory with an index.lode, or the FASTA beside it.

    sources: which FASTA files are followed: 'beneath' the index's directory only, 'owner' (also
    '..', when the index is yours or root's), or 'anywhere'. OSError; StaleError and
    CorruptIndexError are kinds of it.
    """
    return Index(resolve_path(path), sources=sources)


def _bar(total: int) -> Any:
    from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]

    return tqdm(total=total, unit="B", unit_scale=True, desc="lode.index")


class _Progress:
    """A tqdm bar, made at the first call, when tqdm is there."""

    def __init__(self) -> None:
        self.bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = _bar(total)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _has_tqdm() -> bool:
    try:
        import tqdm.auto  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        return False
    return True


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
    progress: Union[bool, Callable[[int, int], None]] = False,
) -> Index:
    """Indexes FASTA files, plain or BGZF, and directories of them; opens the index.

    out: FILE.lode for one file, DIR/index.lode for one directory, else required. pack: holds the
    bases, too, so that reads leave the FASTA alone. threads: 0 = all usable. An index that is there
    already makes it faster; rescan trusts nothing of it. progress: True for a bar (tqdm), or a
    function of bytes (done, total), called on another thread. Warnings come as Python warnings;
    OSError and FormatError (a ValueError) say what is wrong, and leave an index as it was.
    """
    if duplicates not in ("error", "first"):
        raise ValueError("duplicates is 'error' or 'first'")
    many = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    if not many:
        raise ValueError("nothing to index: inputs is empty")
    bar = _Progress() if progress is True and _has_tqdm() else None
    told: list[str] = []
    try:
        path = _lode.build(
            [os.fsencode(p) for p in many],
            None if out is None else os.fsencode(out),
            threads,
            duplicates == "first",
            lenient,
            rescan,
            digest,
            None if names is None else os.fsencode(names),
            pack,
            bar if bar is not None else progress if callable(progress) else None,
            lambda severity, text: told.append(text) if severity > 0 else None,
        )
    finally:
        if bar is not None:
            bar.close()
        for text in told:
            warnings.warn(text, stacklevel=2)
    return Index(os.fsdecode(path))


__all__ = [
    "ArgumentError",
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
    "Windows",
    "ids",
    "index",
    "intervals",
    "onehot",
    "open",
    "preset",
    "show",
]

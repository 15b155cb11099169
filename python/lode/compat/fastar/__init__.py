"""fastar-loader's FastarLoader, TrackLoader and read_sequence on an index of lode.

    from lode.compat.fastar import FastarLoader, TrackLoader

Differences: a FASTA that is new, gone or changed is seen each time a loader is made (what did not
change is not read again), and one that changes under a loader gives OSError; positions outside a
contig are ValueError; every loader pickles. Index files of other tools (.fai, .gzi) are not needed.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from ... import Index, index
from ... import open as open_index
from ..._build import build
from . import util

_MAX = 2**63 - 1
_Path = Union[str, "os.PathLike[str]"]


def read_sequence(
    fasta_path: _Path,
    contig: str,
    start: int,
    length: int,
    gzi_path: Optional[_Path] = None,
    fai_path: Optional[_Path] = None,
) -> npt.NDArray[np.uint8]:
    """Bases [start, start + length) of a contig, as uint8. The index is made where there is none;
    gzi_path and fai_path are not used."""
    try:
        with open_index(fasta_path) as ix:
            return _read(ix, contig, start, length)
    except FileNotFoundError:
        if not os.path.exists(fasta_path):
            raise
    with index(fasta_path) as ix:
        return _read(ix, contig, start, length)


def _read(ix: Any, contig: Union[str, int], start: int, length: int) -> npt.NDArray[np.uint8]:
    result: npt.NDArray[np.uint8] = ix.fetch(contig, start, _end(start, length))
    return result


def _end(start: int, length: int) -> int:
    if length < 0:
        raise ValueError(f"length {length} is negative")
    if start + length > _MAX:
        raise ValueError(f"{start} + {length} is no position")
    return start + length


class FastarLoader:
    """Random access to all ``*.fna.gz`` (BGZF) beneath a directory, by name and contig.

    path: the directory. strict: a file that cannot be indexed is an error; else it is left out.
    force_build: nothing of the index that is there is trusted. no_cache: the index is kept in a
    temporary file instead of PATH/index.lode, as when PATH cannot be written to. names: only these,
    relative to path, without the suffix. min_contig_length: shorter contigs are hidden.
    num_workers: threads of the build; None: all. storage_method: 'mmap', 'shmem' and 'memory' are
    taken and mean the same: the file is mapped, and the page cache shared.
    """

    _suffix = ".fna.gz"

    @staticmethod
    def _build(inputs: Any, out: Optional[_Path] = None, **how: Any) -> Index:
        return index(inputs, out, **how)

    def __init__(
        self,
        path: _Path,
        strict: bool = True,
        force_build: bool = False,
        no_cache: Optional[bool] = None,
        min_contig_length: int = 0,
        num_workers: Optional[int] = None,
        show_progress: Optional[bool] = None,
        storage_method: Optional[str] = None,
        names: Optional[list[str]] = None,
    ) -> None:
        if storage_method not in (None, "mmap", "shmem", "memory"):
            raise ValueError("storage_method is 'mmap', 'shmem' or 'memory'")
        self._path = os.path.abspath(os.fspath(path))
        self._min = min_contig_length
        self._how: dict[str, Any] = {
            "lenient": not strict,
            "rescan": force_build,
            "threads": num_workers or 0,
            "progress": bool(show_progress if show_progress is not None else names is None),
        }
        private = no_cache if no_cache is not None else names is not None
        self._temporary: Optional[tempfile.TemporaryDirectory[str]] = None
        self._index = self._private(names) if private or names is not None else self._shared()
        self._sources = {
            self._index.source_name(i): i
            for i in range(self._index.source_count)
            if self._index.source_path(i).endswith(self._suffix)
        }

    def _shared(self) -> Index:
        try:
            return self._build(self._path, **self._how)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EROFS, errno.EPERM):
                raise
        return self._private(None)

    def _private(self, names: Optional[list[str]]) -> Index:
        self._temporary = tempfile.TemporaryDirectory(prefix="lode-")
        out = os.path.join(self._temporary.name, "index.lode")
        if names is None:
            return self._build(self._path, out, **self._how)
        files = [os.path.join(self._path, name + self._suffix) for name in names]
        listed = Path(self._temporary.name, "names.tsv")
        listed.write_text("".join(f"{f}\t{n}\n" for f, n in zip(files, names)))
        return self._build(files, out, names=listed, **self._how)

    @property
    def names(self) -> list[str]:
        """Of the files: paths relative to the directory without the suffix, sorted."""
        return list(self._sources)

    def contigs(self, name: str) -> list[tuple[str, int]]:
        """Contigs of a file and their lengths, in file order."""
        first, count, _ = self._index.source_range(self._source(name))
        pairs = (
            (self._index.contig_name(i), self._index.contig_length(i))
            for i in range(first, first + count)
        )
        return [(contig, length) for contig, length in pairs if length >= self._min]

    def _source(self, name: str) -> int:
        try:
            return self._sources[name]
        except KeyError:
            raise KeyError(f"{self._path}: no {name}{self._suffix} in the index") from None

    def read_sequence(
        self, name: str, contig: str, start: int, length: int
    ) -> npt.NDArray[np.uint8]:
        """Bases [start, start + length), 0-based, as uint8. KeyError, ValueError, OSError."""
        number = self._index.contig_number(self._source(name), contig)
        if self._min and self._index.contig_length(number) < self._min:
            raise KeyError(f"{name}: contig {contig} is shorter than {self._min}")
        return self._fetch(number, start, length)

    def _fetch(self, number: int, start: int, length: int) -> npt.NDArray[np.uint8]:
        return _read(self._index, number, start, length)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_temporary": None}

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"<lode.compat.fastar.{kind} {self._path!r}: {len(self._sources):,} files>"


class TrackLoader(FastarLoader):
    """Random access to all ``*.track.gz`` beneath a directory: arguments, names and contigs as
    FastarLoader's. Positions and lengths count bytes, as in the ``.track.gz.idx`` beside each file,
    whatever the values are; read_sequence() gives uint8, to be viewed as them (or see
    lode.index_tracks, which stores a dtype). The index is PATH/tracks.lode.
    """

    _suffix = ".track.gz"

    @staticmethod
    def _build(inputs: Any, out: Optional[_Path] = None, **how: Any) -> Index:
        how.pop("rescan", None)  # tracks are read again each time
        return Index(build(inputs, out, track=1, **how))

    def _fetch(self, number: int, start: int, length: int) -> npt.NDArray[np.uint8]:
        end = _end(start, length)
        result: npt.NDArray[np.uint8] = self._index.fetch_many([number], start, end)[0]
        return result


__all__ = ["FastarLoader", "TrackLoader", "read_sequence", "util"]

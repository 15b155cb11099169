"""pysam's FastaFile on an index of lode.

    from lode.compat.pysam import FastaFile

Differences: safe across threads, fork and pickling; a FASTA that changed gives OSError instead of
other bases; where there is no index it is made, as pysam makes a .fai. Regions are read as samtools
reads them, so that CONTIG:BEG, CONTIG:BEG- and commas give bases where pysam raises; positions may
be larger than 2^31.
"""

from __future__ import annotations

import os
import re
from typing import Any, Optional, Union

from .. import Index, index
from .. import open as open_index
from .._index import resolve_path

_MAX = 2**63 - 1


class FastaFile:
    """Random access to FASTA: FastaFile(filename). Positions are 0-based half-open."""

    def __init__(
        self, filename: Union[str, os.PathLike[str]], filepath_index: Optional[str] = None, **_: Any
    ) -> None:
        name = os.fsdecode(filename)
        self.filename = os.fsencode(name)  # bytes, as pysam has it
        if filepath_index is not None and filepath_index.endswith(".lode"):
            self._index: Index = open_index(filepath_index)
            return
        try:
            path = resolve_path(name)
        except FileNotFoundError:
            path = ""
        self._index = open_index(path) if path else index(name)

    @property
    def references(self) -> list[str]:
        return list(self._index.contigs)

    @property
    def nreferences(self) -> int:
        return len(self._index.contigs)

    @property
    def lengths(self) -> list[int]:
        return list(self._index.contigs.values())

    @property
    def closed(self) -> bool:
        return self._index.closed

    def is_open(self) -> bool:
        return not self._index.closed

    def close(self) -> None:
        self._index.close()

    def get_reference_length(self, reference: str) -> int:
        return self._length(reference)

    def _length(self, reference: str) -> int:
        try:
            return self._index.contigs[reference]
        except KeyError:
            raise KeyError(f"sequence '{reference}' not present") from None

    def fetch(
        self,
        reference: Optional[str] = None,
        start: Optional[int] = None,
        end: Optional[int] = None,
        region: Optional[str] = None,
    ) -> str:
        """Bases as str. An end behind the contig's is cut. ValueError where start is negative or
        behind end, KeyError for an unknown reference."""
        if region is not None:
            if reference is not None:
                raise ValueError("a region or a reference, not both")
            if not region:
                raise ValueError("no sequence/region supplied.")
            if re.fullmatch(r".*:0+(-.*)?", region) and region not in self._index.contigs:
                raise ValueError("start out of range (-1)")
            return str(self._index.fetch_region(region, kind="str"))
        if reference is None:
            raise ValueError("no sequence/region supplied.")
        begin = 0 if start is None else start
        stop = _MAX if end is None else end
        if begin < 0 or stop < 0:
            raise ValueError(f"start out of range ({begin})" if begin < 0 else "end out of range")
        if begin > stop:
            raise ValueError(f"invalid coordinates: start ({begin}) > stop ({stop})")
        if begin == stop:  # of any name
            return ""
        length = self._length(reference)
        if begin >= length:
            return ""
        return str(self._index.fetch(reference, begin, min(stop, length), kind="str"))

    def __getitem__(self, reference: str) -> str:
        return self.fetch(reference)

    def __contains__(self, reference: object) -> bool:
        return reference in self._index.contigs

    def __len__(self) -> int:
        return self.nreferences

    def __enter__(self) -> FastaFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<lode.compat.pysam.FastaFile {os.fsdecode(self.filename)!r}>"


Fastafile = FastaFile

"""pyfaidx's Fasta, records and Sequence on an index of lode.

    from lode.compat.pyfaidx import Fasta

Differences: safe across threads, fork and pickling; a FASTA that changed gives OSError where the
index cannot be made again; BGZF is read as leniently as plain FASTA unless strict_bounds says
otherwise; no mutable files, no variants; unpadded_len of N alone is 0, not negative. Where there is
no index it is made.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Optional, Union

from .. import Index, index
from .. import open as open_index
from .._errors import StaleError
from .._index import resolve_path
from .._show import show

_FROM = "ACTGNactgnYRWSKMDVHBXyrwskmdvhbx"
_TO = "TGACNtgacnRYWSMKHBDVXrywsmkhbdvx"
_COMPLEMENT = str.maketrans(_FROM, _TO)

_GC_SHARES = (("SCG", 1), ("BV", 0.67), ("MRYK", 0.5), ("HD", 0.33), ("N", 0.25))  # pyfaidx's


class FetchError(IndexError):
    """A range or a name that there is not."""


def complement(seq: str) -> str:
    """The complement, of IUPAC letters in either case; ValueError for others.

    >>> complement("ATCGTa")
    'TAGCAt'
    """
    for i, letter in enumerate(seq):
        if letter not in _FROM:
            raise ValueError(f"Sequence contains non-DNA character '{letter}' at position {i + 1}")
    return seq.translate(_COMPLEMENT)


class Sequence:
    """A stretch of a contig: name, seq, start and end, comp. Places are 1-based inclusive unless
    one_based_attributes was False.

    >>> -Sequence("chr1", "ATCGTA", 1, 6)
    >chr1:6-1 (complement)
    TACGAT
    """

    def __init__(
        self,
        name: str = "",
        seq: str = "",
        start: Optional[int] = None,
        end: Optional[int] = None,
        comp: bool = False,
    ) -> None:
        self.name, self.seq, self.start, self.end, self.comp = name, seq, start, end, comp

    def __getitem__(self, n: Union[int, slice]) -> Sequence:
        if isinstance(n, int):
            at = n + len(self) if n < 0 else n
            if not 0 <= at < len(self):
                raise IndexError("String index out of range")
            return self[at : at + 1]
        first, stop, step = n.indices(len(self))
        places = self._places(first, stop, step)
        return type(self)(self.name, self.seq[n], *places, self.comp)

    def _places(self, first: int, stop: int, step: int) -> tuple[Optional[int], Optional[int]]:
        """Start and end of a slice, in the direction and with the base that this one has."""
        if self.start is None or self.end is None or abs(step) > 1:
            return None, None
        span = abs(self.end - self.start)
        if self.seq and len(self.seq) not in (span, span + 1):
            raise ValueError(
                f"Coordinates {self.start} and {self.end} do not fit {len(self.seq)} letters"
            )
        closed = 1 if self.seq and len(self.seq) == span + 1 else 0  # both ends included
        sign = -1 if self.start > self.end else 1
        if step == -1:
            return self.start + sign * (first + 1 - closed), self.start + sign * (stop + 1)
        if sign < 0:
            return self.start - first, self.start - stop + closed
        return self.start + first, self.start + stop - closed

    @property
    def complement(self) -> Sequence:
        return type(self)(self.name, complement(self.seq), self.start, self.end, not self.comp)

    @property
    def reverse(self) -> Sequence:
        return self[::-1]

    def __neg__(self) -> Sequence:
        return self[::-1].complement

    @property
    def orientation(self) -> Optional[int]:
        """1 forward, -1 reverse complement, else None."""
        if self.start is None or self.end is None:
            return None
        if self.start < self.end and not self.comp:
            return 1
        return -1 if self.start > self.end and self.comp else None

    @property
    def fancy_name(self) -> str:
        place = "" if self.start is None or self.end is None else f":{self.start}-{self.end}"
        return self.name + place + (" (complement)" if self.comp else "")

    @property
    def gc(self) -> float:
        """Share of G and C among all letters."""
        return sum(map(self.seq.count, "GgCc")) / len(self.seq)

    @property
    def gc_strict(self) -> float:
        """Share of G and C among A C G T."""
        letters = re.sub("[^ACGT]", "", self.seq.upper())
        return sum(map(letters.count, "GC")) / len(letters)

    @property
    def gc_iupac(self) -> float:
        """Share of G and C among IUPAC letters, those of several bases counted in part."""
        letters = re.sub("[^ACGTMRWSYKVHDBN]", "", self.seq.upper())
        total: float = 0
        for group, share in _GC_SHARES:
            total += sum(map(letters.count, group)) * share
        return total / len(letters)

    def __str__(self) -> str:
        return self.seq

    def __repr__(self) -> str:
        return f">{self.fancy_name}\n{self.seq}"

    def _repr_html_(self) -> str:
        """Its name, and bases in lines that are numbered from 1."""
        return f"<code>&gt;{html.escape(self.fancy_name)}</code>{show(self.seq)._repr_html_()}"

    def __len__(self) -> int:
        return len(self.seq)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    __hash__ = None  # type: ignore[assignment]


class IndexRecord(NamedTuple):
    """What pyfaidx's index holds of a contig, as far as lode tells."""

    rlen: int


class Faidx:
    """The part of pyfaidx's Faidx that libraries use: index, fetch, filename."""

    def __init__(
        self,
        filename: Union[str, os.PathLike[str]],
        default_seq: Optional[str] = None,
        key_function: Optional[Callable[[str], str]] = None,
        as_raw: bool = False,
        strict_bounds: bool = False,
        split_char: Optional[str] = None,
        filt_function: Optional[Callable[[str], bool]] = None,
        one_based_attributes: bool = True,
        duplicate_action: str = "stop",
        read_long_names: bool = False,
        sequence_always_upper: bool = False,
        rebuild: bool = True,
        build_index: bool = True,
    ) -> None:
        if duplicate_action not in ("stop", "first"):
            raise ValueError("duplicate_action is 'stop' or 'first' here")
        self.filename = os.fspath(filename)
        if not os.path.exists(self.filename):
            raise FileNotFoundError(f"Cannot read FASTA from file {self.filename}")
        self.default_seq, self.as_raw, self.strict_bounds = default_seq, as_raw, strict_bounds
        self.one_based_attributes = one_based_attributes
        self.sequence_always_upper = sequence_always_upper
        self.duplicate_action, self.read_long_names = duplicate_action, read_long_names
        duplicates = "error" if duplicate_action == "stop" else "first"
        self._index = self._open(duplicates, rebuild, build_index)
        self._numbers: dict[str, int] = {}
        self.index: dict[str, IndexRecord] = {}
        for i in range(self._index.contig_count):
            self._name(i, key_function, split_char, filt_function)

    def _open(self, duplicates: str, rebuild: bool, build: bool) -> Index:
        try:
            ix = open_index(resolve_path(self.filename))
        except FileNotFoundError:
            if not build:
                raise
            return index(self.filename, duplicates=duplicates)
        try:
            if ix.contig_count:
                ix.fetch(0, 0, 1, bounds="clip")
        except StaleError:
            if not rebuild:
                raise
            return index(self.filename, duplicates=duplicates)
        return ix

    def _name(self, i: int, key: Any, split: Optional[str], wanted: Any) -> None:
        name = self._long_name(i) if self.read_long_names else self._index.contig_name(i)
        names = [key(name) if key else name]
        if split is not None:
            names = names[0].split(split)
        for one in names:
            if wanted is not None and not wanted(one):
                continue
            if one in self._numbers and split is None and self.duplicate_action == "stop":
                raise ValueError(f'Duplicate key "{one}"')
            self._numbers.setdefault(one, i)
            self.index.setdefault(one, IndexRecord(self._index.contig_length(i)))

    def _long_name(self, i: int) -> str:
        return self._index.contig_defline(i)[1:]

    def get_long_name(self, rname: str) -> str:
        """The header line of a contig, without '>'."""
        return self._long_name(self._numbers[rname])

    def line_bases(self, rname: str) -> int:
        """Bases of a full line of a contig; 1 where it has none."""
        return max(1, self._index.contig_line_bases(self._numbers[rname]))

    def whole(self, rname: str) -> bytes:
        """All bases of a contig."""
        upper = self.sequence_always_upper
        return bytes(self._index.fetch(self._numbers[rname], kind="bytes", upper=upper))

    def fetch(self, name: str, start: int, end: int) -> Any:
        """Bases start to end, 1-based inclusive: a Sequence, or str with as_raw."""
        if name not in self._numbers:
            raise FetchError(
                f"Requested rname {name} does not exist! Please check your FASTA file."
            )
        if start < 1:
            raise FetchError("Requested start coordinate must be greater than 1.")
        length = self.index[name].rlen
        if self.strict_bounds and end > length:
            raise FetchError(f"Requested end coordinate {end} outside of {name}.")
        if self.strict_bounds and end < start - 1:
            raise FetchError(f"Requested coordinates start={start} end={end} are invalid.")
        stop = max(min(end, length), start - 1)
        text = ""
        if start - 1 < stop:
            text = self._index.fetch(
                self._numbers[name], start - 1, stop, kind="str", upper=self.sequence_always_upper
            )
        if self.default_seq and len(text) < end - start + 1:
            text += self.default_seq * (end - start + 1 - len(text))
        else:
            end = start - 1 + len(text)
        if self.as_raw:
            return text
        return Sequence(name, text, start if self.one_based_attributes else start - 1, end)

    def close(self) -> None:
        self._index.close()


class FastaRecord:
    """A contig: record[begin:end] is 0-based half-open."""

    def __init__(self, name: str, fa: Fasta) -> None:
        self.name, self._fa = name, fa

    def __len__(self) -> int:
        return self._fa.faidx.index[self.name].rlen

    def __getitem__(self, n: Union[int, slice]) -> Any:
        length = len(self)
        if isinstance(n, int):
            at = n + length if n < 0 else n
            return self._fa.get_seq(self.name, at + 1, at + 1)
        if n.step is not None and n.step < 0:
            first, stop, step = n.indices(length)
            begin, end = (stop + 2, first + 1) if first > stop else (1, 0)
            return self._fa.get_seq(self.name, begin, end)[::step]
        first = 0 if n.start is None else n.start + length if n.start < 0 else n.start
        stop = length if n.stop is None else n.stop + length if n.stop < 0 else n.stop
        return self._fa.get_seq(self.name, first + 1, stop)[:: n.step]

    def __iter__(self) -> Iterator[Any]:
        """In lines, as the FASTA has them."""
        width = self._fa.faidx.line_bases(self.name)
        for begin in range(0, max(1, len(self)), width):
            yield self[begin : min(begin + width, len(self))]

    def __reversed__(self) -> Iterator[Any]:
        """The lines from the last to the first, each backwards."""
        width = self._fa.faidx.line_bases(self.name)
        for begin in reversed(range(0, max(1, len(self)), width)):
            yield self[begin : min(begin + width, len(self))][::-1]

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """The bases for NumPy, an array of S1, read at once."""
        data = memoryview(self._fa.faidx.whole(self.name))
        return {"shape": (len(data),), "typestr": "|S1", "version": 3, "data": data}

    @property
    def long_name(self) -> str:
        """The header line, without '>'."""
        return self._fa.faidx.get_long_name(self.name)

    @property
    def unpadded_len(self) -> int:
        """Bases without the N at either end."""
        return len(self._fa.faidx.whole(self.name).strip(b"Nn"))

    def __str__(self) -> str:
        return str(self[:])

    def __repr__(self) -> str:
        return f'FastaRecord("{self.name}")'


class Fasta(Mapping[Any, FastaRecord]):
    """Contigs by name or number: Fasta(path)["chr1"][0:60].seq. Options as pyfaidx's."""

    def __init__(self, filename: Union[str, os.PathLike[str]], **options: Any) -> None:
        for unused in ("indexname", "gzi_indexname", "read_ahead"):
            options.pop(unused, None)
        if options.pop("mutable", False):
            raise ValueError("a FASTA is not written to")
        self.faidx = Faidx(filename, **options)
        self.filename = self.faidx.filename
        self.records = {name: FastaRecord(name, self) for name in self.faidx.index}

    def __getitem__(self, rname: Union[str, int]) -> FastaRecord:
        if isinstance(rname, int):
            names = list(self.records)
            if not 0 <= rname < len(names):
                raise IndexError(f"Index {rname} out of range for {self.filename}.")
            rname = names[rname]
        if not isinstance(rname, str):
            raise TypeError(f"Record name must be a string, not {type(rname).__name__}.")
        try:
            return self.records[rname]
        except KeyError:
            raise KeyError(f"{rname} not in {self.filename}.") from None

    def __contains__(self, rname: object) -> bool:
        return rname in self.records

    def __iter__(self) -> Iterator[Any]:
        return iter(self.records.values())

    def __len__(self) -> int:
        """Of all contigs together, as pyfaidx has it."""
        return sum(map(len, self.records.values()))

    def keys(self) -> Any:
        return self.records.keys()

    def values(self) -> Any:
        return self.records.values()

    def items(self) -> Any:
        return self.records.items()

    def get_seq(self, name: str, start: int, end: int, rc: bool = False) -> Any:
        """Bases start to end, 1-based inclusive; rc: reverse complement."""
        seq = self.faidx.fetch(name, start, end)
        if not rc:
            return seq
        return complement(seq[::-1]) if isinstance(seq, str) else -seq

    def get_spliced_seq(self, name: str, intervals: Any, rc: bool = False) -> Sequence:
        """Intervals [start, end], 1-based inclusive, one after the other."""
        text = "".join(str(self.faidx.fetch(name, start, end)) for start, end in intervals)
        return Sequence(name, complement(text[::-1]) if rc else text)

    def close(self) -> None:
        self.faidx.close()

    def __enter__(self) -> Fasta:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f'Fasta("{self.filename}")'

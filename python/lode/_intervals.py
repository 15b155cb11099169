"""Intervals from what people have: BED files, data frames, columns. And other names of contigs."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt

from ._index import Index

_COLUMNS = {
    "contigs": ("chrom", "chromosome", "contig", "chr", "seqname", "seqnames", "seqid", "#chrom"),
    "starts": ("start", "chromStart", "chrom_start", "begin", "Start"),
    "ends": ("end", "chromEnd", "chrom_end", "stop", "End"),
    "strands": ("strand", "Strand"),
}


class Intervals(NamedTuple):
    """0-based half-open: contig names, starts, ends, and strands ('+', '-', '.') or None."""

    contigs: list[str]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    strands: Optional[npt.NDArray[np.str_]]


def _from_bed(path: str) -> Intervals:
    contigs, starts, ends, strands = [], [], [], []
    with (gzip.open if path.endswith(".gz") else open)(
        path, "rt", encoding="utf-8-sig", errors="surrogateescape"
    ) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line[0] == "#" or line.split()[0] in ("track", "browser"):
                continue
            fields = line.rstrip("\r\n").split("\t" if "\t" in line else None)
            try:
                contigs.append(fields[0])
                starts.append(int(fields[1]))
                ends.append(int(fields[2]))
            except (IndexError, ValueError):
                raise ValueError(f"{path}:{number}: not a line of BED: {line.rstrip()!r}") from None
            strands.append(fields[5] if len(fields) > 5 else ".")
    return _made(contigs, starts, ends, strands if set(strands) - {"."} else None)


def _column(frame: Any, names: tuple[str, ...], columns: list[str]) -> Any:
    for name in names:
        if name in columns:
            return frame[name]
    return None


def _text(name: Any) -> str:
    if isinstance(name, bytes):
        return name.decode("utf-8", "surrogateescape")
    return name if isinstance(name, str) else str(name)


def _made(contigs: Any, starts: Any, ends: Any, strands: Any) -> Intervals:
    names = [_text(c) for c in np.asarray(contigs).tolist()]
    begin, end = np.asarray(starts), np.asarray(ends)
    for what, array in (("starts", begin), ("ends", end)):
        if array.size and not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{what} are integers, not {array.dtype}")
        if array.dtype.kind == "u" and array.size and int(array.max()) > 2**63 - 1:
            raise ValueError(f"{what} are int64: {array.max()} is too large")
        if array.shape != (len(names),):
            raise ValueError(f"{what} has shape {array.shape}, not ({len(names)},)")
    marks = None if strands is None else np.asarray(strands).astype(str)
    if marks is not None and marks.shape != (len(names),):
        raise ValueError(f"strands has shape {marks.shape}, not ({len(names)},)")
    if marks is not None and not np.isin(marks, ["+", "-", "."]).all():
        raise ValueError("strands are '+', '-' and '.'")
    return Intervals(names, begin.astype(np.int64), end.astype(np.int64), marks)


def _are_rows(source: Union[tuple[Any, ...], list[Any]]) -> bool:
    """Is it [(contig, start, end), ...]? Of columns the first holds names alone."""
    first = source[0] if source else None
    return (
        isinstance(first, (tuple, list))
        and len(first) in (3, 4)
        and isinstance(first[0], (str, bytes))
        and not isinstance(first[1], (str, bytes))
    )


def intervals(source: Any) -> Intervals:
    """Intervals of a BED path (plain or .gz), a pandas, polars or pyarrow table or a mapping of
    columns (chrom, start, end and, where there is one, strand; or BED's chromStart, chromEnd), or
    a sequence (contigs, starts, ends[, strands]) of columns.

    >>> intervals((["chr1"], [5], [9]))
    Intervals(contigs=['chr1'], starts=array([5]), ends=array([9]), strands=None)
    """
    if isinstance(source, Intervals):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_bed(os.fspath(source))
    columns = getattr(source, "column_names", None) or getattr(source, "columns", None)
    if columns is None and isinstance(source, Mapping):
        columns = list(source)
    if columns is not None:
        names = [str(c) for c in columns]
        found = {key: _column(source, known, names) for key, known in _COLUMNS.items()}
        for key in ("contigs", "starts", "ends"):
            if found[key] is None:
                raise ValueError(f"no column of {key} ({', '.join(_COLUMNS[key])}) in {names}")
        return _made(**found)
    if isinstance(source, (tuple, list)) and _are_rows(source):
        raise ValueError(
            "these are rows (contig, start, end): give columns (contigs, starts, ends[, strands]), "
            "as list(zip(*rows)) makes them"
        )
    if isinstance(source, (tuple, list)) and len(source) in (3, 4):
        return _made(*source, *([None] if len(source) == 3 else []))
    raise ValueError(f"no intervals can be taken from {type(source).__name__}")


_MITOCHONDRIA = ("chrM", "MT", "chrMT", "M")


def _others(name: str) -> list[str]:
    """Names that UCSC and Ensembl have for one contig."""
    if name in _MITOCHONDRIA:
        return [other for other in _MITOCHONDRIA if other != name]
    return [name[3:]] if name.startswith("chr") else ["chr" + name]


def read_aliases(path: Union[str, os.PathLike[str]]) -> dict[str, list[str]]:
    """A file of names, those of one contig on a line, between tabs (UCSC's chromAlias.txt)."""
    table: dict[str, list[str]] = {}
    with open(path) as lines:
        for line in lines:
            names = [n for n in line.rstrip("\r\n").lstrip("#").split("\t") if n.strip()]
            for name in names:
                table.setdefault(name, []).extend(n for n in names if n != name)
    return table


Aliases = Union[bool, Mapping[str, str], str, "os.PathLike[str]"]


def numbers(
    index: Index, contigs: list[str], aliases: Aliases, source: Optional[str] = None
) -> npt.NDArray[np.int64]:
    """As Index.ids(); a name that is not there is tried under its other names.

    aliases: True for chr1/1 and chrM/MT, a mapping from the interval's name to the index's, or the
    path of an alias file. KeyError names the first contig that has none.
    """
    if isinstance(aliases, bool):
        table: dict[str, list[str]] = {}
    elif isinstance(aliases, Mapping):
        table = {name: [other] for name, other in aliases.items()}
    else:
        table = read_aliases(aliases)
    known = {}
    for name in dict.fromkeys(contigs):
        others = _others(name) if aliases is True else table.get(name, [])
        for candidate in (name, *others):
            try:
                known[name] = int(index.ids(candidate, source)[0])
                break
            except KeyError:
                if candidate == (name, *others)[-1]:
                    index.ids(name, source)  # says which
    return np.fromiter((known[name] for name in contigs), np.int64, len(contigs))

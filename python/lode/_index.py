"""The index as Python sees it."""

from __future__ import annotations

import html
import itertools
import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _batch, _lode, _plot, _random
from ._encode import Encoding, chosen
from ._errors import NotFoundError

_SHOWN = 10  # sources in a notebook
_POLICIES = {"beneath": 0, "owner": 1, "anywhere": 2}


def _table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    """HTML; title is text, rows are HTML."""
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return (
        f"<p><code>{html.escape(title)}</code></p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


class _Contigs(Mapping[str, int]):
    """Contig name -> length in bases, in file order. Nothing is loaded before it is asked for.

    Names are those that [] answers to, once each: of contigs of one name in a source the first; of
    all sources' contigs none of a name that several sources have, which raises KeyError.
    """

    def __init__(self, index: Index, source: int) -> None:
        self._index, self._source = index, source
        if source >= 0:
            self._first, self._count, _ = index.source_range(source)
        else:
            self._first, self._count = 0, index.contig_count

    def __len__(self) -> int:
        return self._index._name_count(self._source, self._first, self._count)

    def __iter__(self) -> Iterator[str]:
        for i in range(self._first, self._first + self._count):
            if self._index._answering(self._source, i, 1):
                yield self._index.contig_name(i)

    def __getitem__(self, name: str) -> int:
        return self._index.contig_length(self._index.contig_number(self._source, name))

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, (str, bytes)):
            return False
        try:
            self._index.contig_number(self._source, name)
        except KeyError:
            return False
        return True

    def __repr__(self) -> str:
        names = list(itertools.islice(self, 5))
        shown = [f"{name!r}: {self[name]}" for name in names[:4]]
        return "{" + ", ".join(shown) + (", ...}" if len(names) > 4 else "}")


class Source:
    """One input file of an index: ``ix[name]``."""

    def __init__(self, index: Index, number: int) -> None:
        self._index, self.number = index, number
        _, self._count, self.bases = index.source_range(number)

    @property
    def name(self) -> str:
        return self._index.source_name(self.number)

    @property
    def contigs(self) -> Mapping[str, int]:
        """Contig name -> length in bases."""
        return _Contigs(self._index, self.number)

    def fetch(self, contig: str, start: int = 0, end: Optional[int] = None, **how: Any) -> Any:
        """As Index.fetch, of this source."""
        return self._index.fetch(self._index.contig_number(self.number, contig), start, end, **how)

    def __len__(self) -> int:
        return len(self.contigs)

    def __contains__(self, contig: object) -> bool:
        return contig in self.contigs

    def plot_lengths(self, ax: Any = None) -> Any:
        """As Index.plot_lengths, of this source."""
        return self._index.plot_lengths(source=self.name, ax=ax)

    def plot_contig(self, contig: str, *, bins: int = 500, ax: Any = None) -> Any:
        """As Index.plot_contig, of this source."""
        number = self._index.contig_number(self.number, contig)
        return self._index.plot_contig(number, bins=bins, ax=ax)

    def _repr_html_(self) -> str:
        """A table of the first contigs, for notebooks."""
        rows = [
            (html.escape(n), f"{k:,}") for n, k in itertools.islice(self.contigs.items(), _SHOWN)
        ]
        if len(self) > _SHOWN:
            rows.append((f"and {len(self) - _SHOWN:,} more", ""))
        return _table(repr(self), ("contig", "bases"), rows)

    def __repr__(self) -> str:
        return f"<lode.Source {self.name!r}: {self._count:,} contigs, {self.bases:,} bases>"


class Index(_lode.Index):
    """An index file, mapped. Threads and processes may share one; made by lode.open().

    It pickles as path and content: an index that was published anew in between, or added to, raises
    StaleError where it is unpickled. Works as a context manager, and as a mapping from names of
    sources.
    """

    def __init__(
        self, path: Union[str, os.PathLike[str]], content_id: int = 0, sources: str = "owner"
    ) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._policy = sources
        if sources not in _POLICIES:
            raise ValueError(f"sources is one of {', '.join(_POLICIES)}")
        super().__init__(os.fsencode(self.path), content_id, _POLICIES[sources])
        self._name_counts: dict[int, int] = {}

    # ---- sources and contigs --------------------------------------------------------------------

    @property
    def sources(self) -> list[str]:
        """Names of the sources, sorted by path; of a set, file by file as they were added."""
        return [self.source_name(i) for i in range(self.source_count)]

    @property
    def contigs(self) -> Mapping[str, int]:
        """Contig name -> length, of all sources, in file order. A name that several sources have is
        not in it: it needs ix[source].contigs. Of contigs of one name in a source it has the first.
        """
        return _Contigs(self, -1)

    def _name_count(self, source: int, first: int, count: int) -> int:
        """Names that a mapping of contigs has; counted once, since an index never changes."""
        if source not in self._name_counts:
            self._name_counts[source] = self._answering(source, first, count)
        return self._name_counts[source]

    def __getitem__(self, name: str) -> Source:
        return Source(self, self.source_number(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return self.source_count

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, (str, bytes)):
            return False
        try:
            self.source_number(name)
        except KeyError:
            return False
        return True

    # ---- reads ----------------------------------------------------------------------------------

    def fetch_region(self, region: str, **how: Any) -> Any:
        """Bases of a region as samtools takes it: [NAME::]CONTIG[:BEG[-END]], 1-based, inclusive.

        An end behind the contig's is cut, as samtools does; else as fetch().
        """
        contig, start, end = self.region(region)
        return self.fetch(contig, start, end, **{"bounds": "clip", **how})

    def ids(
        self, contigs: Union[str, Sequence[str], npt.NDArray[Any]], source: Optional[str] = None
    ) -> npt.NDArray[np.int64]:
        """Numbers of contigs by name, for fetch_many(); each distinct name is looked up once.

        source: the name of the source they are all of. KeyError names the first that there is not.
        """
        names = [contigs] if isinstance(contigs, (str, bytes)) else list(contigs)
        number = -1 if source is None else self.source_number(source)
        known = {name: self.contig_number(number, name) for name in dict.fromkeys(names)}
        return np.fromiter((known[name] for name in names), np.int64, len(names))

    def lengths(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Lengths in bases of contigs by number."""
        return _batch.lengths(self, _batch.windows(np.atleast_1d(ids), 0, 0).ids)

    def fetch_many(
        self,
        ids: npt.ArrayLike,
        starts: npt.ArrayLike,
        ends: npt.ArrayLike,
        *,
        strands: Any = None,
        encoding: Union[Encoding, str, None] = None,
        out: Any = None,
        bounds: str = "error",
        upper: bool = False,
        soft_mask: bool = False,
        inside: bool = False,
        n_seed: Optional[int] = None,
        on_error: str = "raise",
        threads: int = 1,
        ragged: Optional[bool] = None,
    ) -> Any:
        """Windows [starts, ends) of contigs by number (see ids()), 0-based half-open, in one call.

        Of ids, starts and ends, what is one value stands for all windows.

        Windows of one length give a matrix (n, length) of uint8, or of what encoding says (an
        Encoding, or the name of a preset); others, or with ragged=True, a Ragged (data, offsets).
        They go into `out` when it is given: a NumPy array, strided or not, a torch CPU tensor,
        anything with DLPack or the buffer protocol, of the right shape and dtype; it is returned.

        strands: '+', '-' (reverse complement), '.', or 1, -1, 0, one for all or one each.
        bounds: 'error' (ValueError); 'pad' with N (encoding.pad) outside the contig; 'clip' to it,
        which gives a Ragged; 'drop': windows that leave it are left out, and a bool array of n
        comes last, True where a window was kept.
        soft_mask: returns also a bool array, True where the FASTA has lower case.
        inside: with 'pad', returns also a bool array, True where a position lies in the contig.
        n_seed: N becomes letters drawn from this seed (see Encoding.random_n, whose seed is 0).
        on_error: 'raise' (after all were tried), or 'mask': returns also a bool array, False where
        a window failed, which is then zero (in `out`: untouched).
        threads: all told, used where the work pays; 0 = 1. The interpreter lock is released.
        """
        return _batch.fetch_many(
            self, ids, starts, ends, strands=strands, encoding=chosen(encoding), out=out,
            bounds=bounds, upper=upper, soft_mask=soft_mask, inside=inside, n_seed=n_seed,
            on_error=on_error, threads=threads, ragged=ragged,
        )  # fmt: skip

    # ---- what the bins know ---------------------------------------------------------------------

    def random_windows(
        self,
        n: int,
        length: int,
        *,
        max_n: Union[int, float] = 0,
        contigs: Optional[npt.ArrayLike] = None,
        source: Optional[str] = None,
        seed: int = 0,
        epoch: int = 0,
        first: int = 0,
    ) -> _batch.Places:
        """Windows drawn evenly from all of a length that lie inside a contig: (ids, starts, ends),
        int64 arrays of n, as fetch_many(), composition() and lode.Windows take them.

        max_n: bases N that a window may hold, or, as a float, that share of it. contigs: names, or
        numbers that ids() gave, of those to draw from; source: the name of the source to draw from.
        Window i is a function of (seed, epoch, first + i) alone. The FASTA is not read, but for
        contigs of which more than 1/16 is none of A C G T U N; O(log contigs) each. N counts in
        protein as any letter does. ValueError where there is no such window.
        """
        if n < 0 or length < 1:
            raise ValueError("n is at least 0, length at least 1")
        if isinstance(max_n, float) and not 0 <= max_n <= 1:
            raise ValueError("max_n as a share of a window is from 0.0 to 1.0")
        most = int(max_n * length) if isinstance(max_n, float) else operator.index(max_n)
        if most < 0:
            raise ValueError(f"max_n is at least 0, not {most}")
        number = -1 if source is None else self.source_number(source)
        among = None if contigs is None else self._numbers(contigs, source)
        ids, starts = np.empty(n, np.int64), np.empty(n, np.int64)
        key = int(_random.draw(seed, epoch, _random.PLACE, np.zeros(1, np.int64))[0])
        self._random_windows(length, most, number, among, key, first, ids, starts)
        return _batch.Places(ids, starts, starts + length)

    def _numbers(self, contigs: npt.ArrayLike, source: Optional[str]) -> npt.NDArray[np.int64]:
        """Distinct contig numbers, ascending, from names or numbers."""
        array = np.atleast_1d(np.asarray(contigs))
        if array.size == 0:
            raise ValueError("contigs is empty")
        if array.dtype.kind not in "iu":
            array = self.ids(array.tolist(), source)
        return np.unique(array.astype(np.int64))

    def composition(
        self, ids: npt.ArrayLike, starts: npt.ArrayLike, ends: npt.ArrayLike
    ) -> _batch.Composition:
        """What windows [starts, ends) of contigs by number consist of: (bases, n, gc, lower,
        other), int64 arrays, one number a window; and .gc_fraction.

        Whole bins of 65,536 bases are added up; only what is left at either end of a window is
        read. ValueError outside a contig, OSError.

        >>> ix.composition(ix.ids(["chr1"]), 0, ix.contigs["chr1"]).n  # doctest: +SKIP
        """
        places = _batch.windows(ids, starts, ends)
        out = np.empty((len(places.ids), 5), np.int64)
        self._composition(*places, out.reshape(-1))
        return _batch.Composition(*(np.ascontiguousarray(column) for column in out.T))

    # ---- plots ----------------------------------------------------------------------------------

    def plot_lengths(self, *, source: Optional[str] = None, ax: Any = None) -> Any:
        """Lengths of the contigs, longest first, and their N50, into matplotlib axes (new ones
        where ax is None), which are returned. ImportError without matplotlib."""
        return _plot.plot_lengths(self, source, ax)

    def plot_contig(self, contig: Union[str, int], *, bins: int = 500, ax: Any = None) -> Any:
        """Shares of N, soft mask and G+C along a contig (name or number) in so many windows, into
        matplotlib axes (new ones where ax is None), which are returned. ImportError without it."""
        number = contig if isinstance(contig, int) else int(self.ids(contig)[0])
        return _plot.plot_contig(self, number, bins, ax)

    # ---- manners --------------------------------------------------------------------------------

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_reopen, (type(self), self.path, self.content_id, self._policy))

    def _repr_html_(self) -> str:
        """A table of the first sources, for notebooks."""
        if self.closed:
            return f"<code>{html.escape(repr(self))}</code>"
        rows: list[tuple[str, ...]] = []
        for i in range(min(self.source_count, _SHOWN)):
            _, contigs, bases = self.source_range(i)
            rows.append((html.escape(self.source_name(i)), f"{contigs:,}", f"{bases:,}"))
        if self.source_count > _SHOWN:
            rows.append((f"and {self.source_count - _SHOWN:,} more",))
        return _table(repr(self), ("source", "contigs", "bases"), rows)

    def __repr__(self) -> str:
        if not hasattr(self, "path"):  # __init__ did not run, or failed
            return "<lode.Index, not open>"
        name = os.path.basename(self.path)
        if self.closed:
            return f"<lode.Index {name!r}, closed>"
        what = f"{self.source_count:,} sources, {self.contig_count:,} contigs"
        what += ", packed" if self.packed else ""
        what += f", {self.members} files" if self.members else ""
        return f"<lode.Index {name!r}: {what}>"


def _reopen(kind: type[Index], path: str, content_id: int, policy: str) -> Index:
    return kind(path, content_id, policy)


def resolve_path(path: Union[str, os.PathLike[str]]) -> str:
    """The index of a path: a .lode file, a directory with index.lode, or the FASTA itself."""
    name = os.fsdecode(path)
    if os.path.isdir(name):
        return os.path.join(name, "index.lode")
    if not name.endswith(".lode"):
        index = name + ".lode"
        if not os.path.exists(index) and os.path.exists(name):
            raise FileNotFoundError(f"{name} has no index {index}: lode.index({name!r}) makes it")
        return index
    return name


__all__ = ["Index", "NotFoundError", "Source", "resolve_path"]

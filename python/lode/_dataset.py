"""A dataset of windows, for torch, Grain and loops of one's own; none of them is imported."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _random
from ._batch import Places, thread_count
from ._encode import Encoding, chosen
from ._index import Index
from ._intervals import Aliases, intervals, numbers


class Windows:
    """Windows of an index, by number: ``ds[i]`` one, ``ds[[i, j]]`` and ``ds[a:b]`` many at once.

    index: an Index. where: what lode.intervals() takes, or what ix.random_windows() gave. length:
    all windows are made this long, about their middles; needed where intervals differ in length.
    encoding: an Encoding or the name of a preset; None gives bytes. bounds: windows that leave
    their contig are padded ('pad'), left out ('drop', with room for jitter; kept tells which
    stayed), or refused ('error').

    jitter: windows are moved by up to so many bases either way. reverse_complement: 'strand' (of
    the interval, the default), 'random', or 'no'. Both are a function of (seed, epoch, index)
    alone, and N that is drawn (Encoding.random_n) of (seed, epoch, place), so the samples are the
    same whatever the number of workers; set_epoch() goes on.

    A torch map-style dataset (with __getitems__: one call for a batch), a whole-batch dataset
    (DataLoader(ds, sampler=BatchSampler(...), batch_size=None)) and a Grain RandomAccessDataSource.
    It pickles, and may be used by any thread and in forked workers.
    """

    def __init__(
        self,
        index: Index,
        where: Any,
        *,
        length: Optional[int] = None,
        encoding: Union[Encoding, str, None] = None,
        jitter: int = 0,
        reverse_complement: str = "strand",
        seed: int = 0,
        upper: bool = False,
        aliases: Aliases = False,
        source: Optional[str] = None,
        bounds: str = "pad",
        threads: int = 1,
    ) -> None:
        if not isinstance(index, Index):
            what = type(index).__name__
            raise TypeError(f"index is an Index, as lode.open() gives it, not {what}")
        if reverse_complement not in ("strand", "random", "no"):
            raise ValueError("reverse_complement is 'strand', 'random' or 'no'")
        seed, jitter = operator.index(seed), operator.index(jitter)
        length = None if length is None else operator.index(length)
        if not 0 <= jitter < 2**48 or (length is not None and not 1 <= length < 2**48):
            raise ValueError("jitter is at least 0, length at least 1, both below 2^48")
        if bounds not in ("pad", "drop", "error"):
            raise ValueError("bounds is 'pad', 'drop' or 'error'")
        found = where if isinstance(where, Places) else intervals(where)
        widths = found.ends - found.starts
        if (widths < 0).any():
            i = int(np.argmax(widths < 0))
            raise ValueError(f"interval {i}: start {found.starts[i]} is behind its end")
        if length is None:
            if len(widths) and (widths != widths[0]).any():
                raise ValueError("intervals differ in length: say which length")
            length = int(widths[0]) if len(widths) else 0
        self.index, self.length, self.jitter, self.seed = index, length, jitter, seed
        self.encoding = chosen(encoding)
        self.reverse_complement, self.upper = reverse_complement, upper
        self.threads = thread_count(threads)
        self.epoch = 0
        marks = None if isinstance(found, Places) else found.strands
        self._ids = (
            found.ids
            if isinstance(found, Places)
            else numbers(index, found.contigs, aliases, source)
        )
        self._starts = found.starts + (widths - length) // 2
        self._minus = marks == "-" if marks is not None and reverse_complement == "strand" else None
        self.kept = self._inside()
        if bounds == "error" and not self.kept.all():
            i = int(np.argmin(self.kept))
            raise ValueError(f"window {i} leaves its contig: bounds='pad' or 'drop'")
        if bounds == "drop":
            self._ids, self._starts = self._ids[self.kept], self._starts[self.kept]
            self._minus = None if self._minus is None else self._minus[self.kept]

    def _inside(self) -> npt.NDArray[np.bool_]:
        """Which windows stay in their contigs, whatever the jitter."""
        limits = self.index.lengths(self._ids)
        inside: npt.NDArray[np.bool_] = (self._starts - self.jitter >= 0) & (
            self._starts + self.length + self.jitter <= limits
        )
        return inside

    def set_epoch(self, epoch: int) -> None:
        """Other random numbers from here on. To be called before workers start."""
        self.epoch = int(epoch)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of ds[:], the number of windows first."""
        n = len(self)
        return (n, self.length) if self.encoding is None else self.encoding.shape(n, self.length)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8) if self.encoding is None else self.encoding.dtype

    def places(self, which: Any) -> tuple[Any, Any, Any]:
        """Contig numbers, starts and strands (1, -1) that these windows are read from now."""
        i = self._which(which)
        starts = self._starts[i]
        if self.jitter:
            width = np.uint64(2 * self.jitter + 1)
            shift = _random.draw(self.seed, self.epoch, _random.SHIFT, i) % width
            starts = starts + shift.astype(np.int64) - self.jitter
        strands = np.ones(len(i), np.int64)
        if self.reverse_complement == "random":
            strands[_random.draw(self.seed, self.epoch, _random.FLIP, i) >> np.uint64(63) == 1] = -1
        elif self._minus is not None:
            strands[self._minus[i]] = -1
        return self._ids[i], starts, strands

    def _which(self, which: Any) -> npt.NDArray[np.int64]:
        n = len(self)
        if isinstance(which, slice):
            return np.arange(n, dtype=np.int64)[which]
        i = np.atleast_1d(np.asarray(which))
        if i.size == 0:
            return np.zeros(0, np.int64)
        if not np.issubdtype(i.dtype, np.integer) or i.ndim != 1:
            raise TypeError("a window is asked for by int, slice or a list of ints")
        bad = (i < -n) | (i >= n)
        if bad.any():
            raise IndexError(f"window {i[bad][0]} of {n}")
        return np.where(i < 0, i + n, i).astype(np.int64)

    def read(self, which: Any, out: Any = None) -> Any:
        """Windows into a new array, or into out (see Index.fetch_many)."""
        ids, starts, strands = self.places(which)
        if len(ids) == 0 and out is None:
            return np.zeros((0, *self.shape[1:]), self.dtype)
        return self.index.fetch_many(
            ids, starts, starts + self.length, strands=strands, encoding=self.encoding, out=out,
            bounds="pad", upper=self.upper, threads=self.threads, ragged=False,
            n_seed=self._n_seed(),
        )  # fmt: skip

    def _n_seed(self) -> Optional[int]:
        if self.encoding is None or not self.encoding.random_n:
            return None
        key = _random.draw(self.seed, self.epoch, _random.LETTER, np.zeros(1, np.int64))
        return int(key[0])

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, which: Any) -> Any:
        rows = self.read(which)
        return rows[0] if np.ndim(which) == 0 and not isinstance(which, slice) else rows

    def __getitems__(self, which: Iterable[int]) -> list[Any]:
        """The same as a list, as torch's fetcher wants it; read in one call."""
        return list(self.read(list(which)))

    _getitems = __getitems__

    def __repr__(self) -> str:
        form = "x".join(str(k) for k in self.shape[1:])
        how = f", jitter={self.jitter}" if self.jitter else ""
        return (
            f"<lode.Windows: {len(self):,} of {form} {self.dtype}{how}, "
            f"reverse_complement={self.reverse_complement!r}, seed={self.seed}, "
            f"index={self.index.content_id:016x}>"
        )

"""Tracks: numbers along contigs, read as sequence is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from ._batch import Ragged, as_array, lengths, reversed_rows, thread_count, windows
from ._build import build
from ._encode import native_bytes
from ._index import Index, resolve_path

_DTYPES = tuple(  # by code; bfloat16, the tenth, as its bits
    np.dtype(d) for d in "u1 i1 <u2 <i2 <u4 <i4 <u8 <i8 <f2 <u2 <f4 <f8".split()
)
_BFLOAT16 = 10
_Path = Union[str, "os.PathLike[str]"]


def _code(dtype: Any) -> int:
    """Of what NumPy takes as a dtype, or 'bfloat16'."""
    if str(dtype) == "bfloat16":
        return _BFLOAT16
    found = np.dtype(dtype)
    for code, known in enumerate(_DTYPES, 1):
        if known == found and code != _BFLOAT16:
            return code
    names = ", ".join(d.name for d in _DTYPES)
    raise ValueError(f"a track of {found!r} cannot be stored: little-endian {names}, bfloat16")


class _Lengths(Mapping[str, int]):
    """Contig name -> values, of one track."""

    def __init__(self, bytes_of: Mapping[str, int], width: int) -> None:
        self._bytes, self._width = bytes_of, width

    def __len__(self) -> int:
        return len(self._bytes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._bytes)

    def __getitem__(self, name: str) -> int:
        return self._bytes[name] // self._width

    def __repr__(self) -> str:
        return repr(dict(self))


class Tracks:
    """An index of tracks, mapped. Threads and processes may share one; made by lode.index_tracks()
    and lode.open_tracks().

    A track is a file of numbers, one for each base, by its name; positions are 0-based half-open
    and count values. Every value that comes back was proven against the index. It pickles as Index
    does.
    """

    def __init__(self, path: _Path, content_id: int = 0, sources: str = "owner") -> None:
        self._index = Index(path, content_id, sources)
        self._dtypes: dict[str, np.dtype[Any]] = {}
        some = self._index.contig_count > 0
        if not (self._index.contig_track(0) if some else self._index.source_track(0)):
            self._index.close()
            raise ValueError(f"{self._index.path} holds no tracks: lode.open() opens it")

    @property
    def path(self) -> str:
        return self._index.path

    @property
    def content_id(self) -> int:
        return self._index.content_id

    @property
    def sources(self) -> list[str]:
        """Names of the tracks, sorted by path."""
        return self._index.sources

    def dtype(self, track: str) -> np.dtype[Any]:
        """Of a track's values; uint16 for bfloat16, which NumPy lacks."""
        if track not in self._dtypes:
            code = self._index.source_track(self._index.source_number(track))
            self._dtypes[track] = _DTYPES[code - 1]
        return self._dtypes[track]

    def contigs(self, track: str) -> Mapping[str, int]:
        """Contig name -> number of values of a track."""
        return _Lengths(self._index[track].contigs, self.dtype(track).itemsize)

    def ids(
        self, contigs: Union[str, Sequence[str], npt.NDArray[Any]], track: Optional[str] = None
    ) -> npt.NDArray[np.int64]:
        """Numbers of contigs by name, for fetch_many(). track: the one they are all of."""
        return self._index.ids(contigs, track)

    def fetch(
        self,
        track: str,
        contig: str,
        start: int = 0,
        end: Optional[int] = None,
        *,
        out: Any = None,
        bounds: str = "error",
        fill: Any = 0,
        strand: Union[str, int] = "+",
    ) -> Any:
        """Values [start, end) of a contig of a track, as a new array, or into out, which is
        returned. bounds, fill, strand as in fetch_many(). KeyError, ValueError, OSError."""
        ids = self._index.ids(contig, track)
        if end is None:
            end = self.contigs(track)[contig]
        if bounds == "clip":
            return self.fetch_many(ids, start, end, strands=strand, bounds=bounds, ragged=True).data
        row = None if out is None else as_array(out)[None]
        got = self.fetch_many(
            ids, start, end, strands=strand, out=row, bounds=bounds, fill=fill
        )[0]  # fmt: skip
        return got if out is None else out

    def fetch_many(
        self,
        ids: npt.ArrayLike,
        starts: npt.ArrayLike,
        ends: npt.ArrayLike,
        *,
        strands: Any = None,
        out: Any = None,
        bounds: str = "error",
        fill: Any = 0,
        threads: int = 1,
        ragged: Optional[bool] = None,
    ) -> Any:
        """Windows [starts, ends) of contigs by number (see ids()), of tracks of one dtype.

        Windows of one length give a matrix (n, length), others, or with ragged=True, a
        Ragged(data, offsets); into `out` when it is given (rows of any stride, values side by
        side).

        strands: '+', '-', '.', or 1, -1, 0, one for all or one each. With '-' a window's values
        come last position first, as the bases of its reverse complement do; the values stay as they
        are.
        bounds: 'error' (ValueError), 'pad' with `fill` outside the contig, or 'clip' (a Ragged).
        """
        if bounds not in ("error", "pad", "clip"):
            raise ValueError("bounds is 'error', 'pad' or 'clip'")
        threads = thread_count(threads)
        places = windows(ids, starts, ends)
        minus = reversed_rows(strands, len(places.ids))
        dtype = self._dtype_of(places.ids)
        limits = lengths(self._index, places.ids) // dtype.itemsize
        first, last = places.starts, places.ends
        if bounds != "error":
            first, last = np.clip(first, 0, limits), np.clip(last, 0, limits)
        bad = (first < 0) | (last > limits)
        if bad.any():
            i = int(np.argmax(bad))
            raise ValueError(
                f"{self.path}: window {i}: {places.starts[i]}..{places.ends[i]} is not inside "
                f"contig {self._index.contig_name(int(places.ids[i]))} of {limits[i]} values"
            )
        if bounds == "clip":
            places, ragged = places._replace(starts=first, ends=last), ragged is not False
        widths = places.ends - places.starts
        even = bool((widths == widths[:1]).all())
        if ragged is False and not even:
            raise ValueError("windows of different lengths make no matrix: ragged=True")
        result, data, begins = self._room(widths, dtype, out, bool(ragged) or not even)
        if bounds == "pad":
            data[...] = fill
        self._read(places.ids, first, last, data, begins + (first - places.starts), threads)
        if data.ndim == 2:
            data[minus] = data[minus, ::-1]
        else:
            for i in np.flatnonzero(minus).tolist():
                window = data[begins[i] : begins[i] + widths[i]]
                window[:] = window[::-1].copy()
        return result

    def _dtype_of(self, ids: npt.NDArray[np.int64]) -> np.dtype[Any]:
        codes = {self._index.contig_track(i) for i in np.unique(ids).tolist()}
        if len(codes) > 1:
            raise ValueError("tracks of different dtypes are not read in one call")
        return _DTYPES[(codes.pop() if codes else self._index.source_track(0)) - 1]

    def _room(
        self, widths: npt.NDArray[np.int64], dtype: np.dtype[Any], out: Any, ragged: bool
    ) -> tuple[Any, npt.NDArray[Any], npt.NDArray[np.int64]]:
        """What is returned, its array, and where in that each window begins, in values."""
        n = len(widths)
        if float(widths.sum(dtype=np.float64)) > 2**48:
            raise ValueError("the windows are too long together")
        if ragged:
            offsets = np.zeros(n + 1, np.int64)
            np.cumsum(widths, out=offsets[1:])
            shape: tuple[int, ...] = (int(offsets[-1]),)
        else:
            shape = (n, int(widths[0]) if n else 0)
        data = np.zeros(shape, dtype) if out is None else as_array(out)
        if data.shape != shape or data.dtype != dtype:
            raise ValueError(f"out is {data.dtype} of {data.shape}, not {dtype} of {shape}")
        row = 0 if ragged else data.strides[0]
        if data.size and (data.strides[-1] != dtype.itemsize or row % dtype.itemsize or row < 0):
            raise ValueError("out has values that do not lie side by side")
        if data.size and not ragged and n > 1 and row < shape[1] * dtype.itemsize:
            raise ValueError("out has rows that overlap")
        kept = data if out is None else out
        if ragged:
            return Ragged(kept, offsets), data, offsets[:-1]
        return kept, data, np.arange(n, dtype=np.int64) * (row // dtype.itemsize)

    def _read(
        self,
        ids: npt.NDArray[np.int64],
        first: npt.NDArray[np.int64],
        last: npt.NDArray[np.int64],
        data: npt.NDArray[Any],
        begins: npt.NDArray[np.int64],
        threads: int,
    ) -> None:
        width, n = data.itemsize, len(ids)
        status, written = np.zeros(n, np.int32), np.zeros(n, np.int64)
        self._index._fetch_many(
            ids, first * width, last * width, None, data.ctypes.data, begins * width,
            (last - first) * width, 0, None, "error", ord("N"), native_bytes(), threads, status,
            written, True, None,
        )  # fmt: skip

    @property
    def closed(self) -> bool:
        return self._index.closed

    def close(self) -> None:
        self._index.close()

    def __enter__(self) -> Tracks:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __contains__(self, track: object) -> bool:
        return track in self._index

    def __repr__(self) -> str:
        name = os.path.basename(self.path)
        if self.closed:
            return f"<lode.Tracks {name!r}, closed>"
        return f"<lode.Tracks {name!r}: {len(self):,} tracks, {self._index.contig_count:,} contigs>"


def open_tracks(path: _Path, *, sources: str = "owner") -> Tracks:
    """Opens an index of tracks: a .lode file, a directory with a tracks.lode, or the track beside
    it. sources as in lode.open(). OSError."""
    name = os.fspath(path)
    found = os.path.join(name, "tracks.lode") if os.path.isdir(name) else resolve_path(name)
    return Tracks(found, sources=sources)


def _check_reference(tracks: Tracks, reference: Index) -> None:
    """ValueError unless each contig of each track has its length in the FASTA of its name, or in
    the only one."""
    for track in tracks:
        if track not in reference and len(reference) != 1:
            raise ValueError(f"{track}: the reference has no source of this name")
        source = reference[track] if track in reference else reference[reference.sources[0]]
        for contig, n in tracks.contigs(track).items():
            bases = source.contigs.get(contig)
            if bases != n:
                raise ValueError(
                    f"{track}: contig {contig} has {n} values, in {source.name} "
                    f"{'it is not there' if bases is None else f'{bases} bases'}"
                )


def index_tracks(
    inputs: Union[_Path, Sequence[_Path]],
    out: Optional[_Path] = None,
    *,
    dtype: Any,
    reference: Optional[Index] = None,
    threads: int = 0,
    lenient: bool = False,
    names: Optional[_Path] = None,
    add: bool = False,
    progress: Any = False,
) -> Tracks:
    """Indexes tracks, FILE.track.gz each (BGZF; values of one dtype, little-endian, contig after
    contig) with its FILE.track.gz.idx (lines "contig<TAB>byte offset", the last without a name),
    and directories of them; opens the index.

    out: FILE.lode for one file, DIR/tracks.lode for one directory, else required. dtype: what NumPy
    takes (float32, 'f4', '<i2'...: 'u8' is uint64 there), or 'bfloat16'. reference: an Index of
    the genomes; a contig that has another length there is a ValueError, and nothing is published.
    Others as lode.index(). Where there is an index already, a reference has the inputs read twice.
    """
    code = _code(dtype)
    how = dict(threads=threads, lenient=lenient, names=names, track=code, progress=progress)
    if reference is None:
        return Tracks(build(inputs, out, add=add, **how))
    one = inputs if isinstance(inputs, (str, os.PathLike)) else None
    if out is None and (add or one is None):
        raise ValueError(
            "say by out what to add to"
            if add
            else "several inputs: say where their one index goes: out"
        )
    if out is None and one is not None:
        name = os.fspath(one)
        out = os.path.join(name, "tracks.lode") if os.path.isdir(name) else name + ".lode"
    assert out is not None
    new = f"{os.fspath(out)}.new-{os.getpid()}.lode"
    try:
        with Tracks(build(inputs, new, **how)) as made:
            _check_reference(made, reference)
        if add or os.path.exists(out):  # which is not replaced whatever it is
            return Tracks(build(inputs, out, add=add, **how))
        os.replace(new, out)
    finally:
        if os.path.exists(new):
            os.unlink(new)
    return Tracks(out)

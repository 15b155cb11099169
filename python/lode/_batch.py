"""Many windows in one call: where each goes, and what came of it."""

from __future__ import annotations

import operator
import sys
from typing import Any, NamedTuple, Optional

import numpy as np
import numpy.typing as npt

from . import _lode
from ._encode import Encoding, native_bytes

_REVERSE, _UPPER = 1, 2


class Ragged(NamedTuple):
    """Windows of different lengths: window i is data[offsets[i]:offsets[i + 1]]."""

    data: npt.NDArray[Any]
    offsets: npt.NDArray[np.int64]


class Places(NamedTuple):
    """Windows [starts, ends) of contigs by number, 0-based half-open; int64 arrays of n."""

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class Composition(NamedTuple):
    """Bases in each window: all, N, G or C, lower case, and those other than A C G T U N."""

    bases: npt.NDArray[np.int64]
    n: npt.NDArray[np.int64]
    gc: npt.NDArray[np.int64]
    lower: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]

    @property
    def gc_fraction(self) -> npt.NDArray[np.float64]:
        """G and C among A C G T U; NaN where there are none of these."""
        acgt = self.bases - self.n - self.other
        out = np.full(acgt.shape, np.nan)
        np.divide(self.gc, acgt, out=out, where=acgt > 0)
        return out


def _int64(values: npt.ArrayLike, n: int, what: str) -> npt.NDArray[np.int64]:
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{what} are integers, not {array.dtype}")
    if array.dtype.kind == "u" and array.size and int(array.max()) > 2**63 - 1:
        raise ValueError(f"{what} are int64: {array.max()} is too large")
    array = array.astype(np.int64, copy=False)
    if array.ndim == 0:
        array = np.broadcast_to(array, n)
    if array.shape != (n,):
        raise ValueError(f"{what} has shape {array.shape}, not ({n},)")
    return np.ascontiguousarray(array)


def thread_count(threads: Any) -> int:
    n = operator.index(threads)
    if n < 0:
        raise ValueError(f"threads is at least 0, not {n}")
    return n


def _flags(strands: Any, upper: bool, n: int) -> Optional[npt.NDArray[np.uint32]]:
    if strands is None and not upper:
        return None
    flags = np.full(n, _UPPER if upper else 0, dtype=np.uint32)
    if strands is None:
        return flags
    if isinstance(strands, str) and len(strands) == n and n != 1:
        strands = list(strands)
    array = np.asarray(strands)
    if array.ndim == 0:
        array = np.broadcast_to(array, n)
    if array.shape != (n,):
        raise ValueError(f"strands has shape {array.shape}, not ({n},)")
    if array.dtype.kind == "b":  # would be 1 and 0, both forward
        raise ValueError("strands are '+', '-' and '.', or 1, -1 and 0, not bool")
    if array.dtype.kind in "USO":
        texts = array.astype(str)
        minus, known = texts == "-", np.isin(texts, ["+", "-", "."])
    else:
        minus, known = array == -1, np.isin(array, [1, -1, 0])
    if not known.all():
        raise ValueError("strands are '+', '-' and '.', or 1, -1 and 0")
    flags[minus] |= _REVERSE
    return flags


def reversed_rows(strands: Any, n: int) -> npt.NDArray[np.bool_]:
    """Which of n windows are read from the other strand."""
    flags = _flags(strands, False, n)
    return np.zeros(n, np.bool_) if flags is None else (flags & _REVERSE) != 0


def as_array(out: Any) -> npt.NDArray[Any]:
    """A writable NumPy view of what a caller offers: array, torch CPU tensor, DLPack, buffer."""
    if isinstance(out, np.ndarray):
        array = out
    elif hasattr(out, "numpy") and hasattr(out, "is_contiguous"):  # torch: DLPack is read-only
        if str(out.dtype) == "torch.bfloat16":  # NumPy has none: its bits
            out = out.view(sys.modules["torch"].int16)
        array = out.numpy()
    elif hasattr(out, "__dlpack__"):
        array = np.from_dlpack(out)
    else:
        array = np.asarray(memoryview(out))
    if not array.flags.writeable:
        raise ValueError("out is read-only")
    return array


class _Places(NamedTuple):
    base: int
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def _overlaps(array: npt.NDArray[Any]) -> bool:
    """May two elements share bytes? Not if each stride steps over all that smaller ones reach, as
    in whatever slices and transposes make of an array."""
    reach = array.itemsize
    for stride, k in sorted((s, k) for s, k in zip(array.strides, array.shape) if k > 1):
        if stride < reach:
            return True
        reach += (k - 1) * stride
    return False


def _rows(array: npt.NDArray[Any]) -> _Places:
    """Of the rows of an array; a size reaches to a row's last element."""
    n = array.shape[0]
    if any(stride < 0 for stride in array.strides):
        raise ValueError("out has negative strides")
    if array.size and _overlaps(array):
        raise ValueError("out has elements that lie in one place")
    span = array.itemsize + sum((k - 1) * s for k, s in zip(array.shape[1:], array.strides[1:]))
    offsets = np.arange(n, dtype=np.int64) * (array.strides[0] if n else 0)
    sizes = np.full(n, span if array[:1].size else 0, dtype=np.int64)
    return _Places(array.ctypes.data, offsets, sizes)


def _fixed(out: Any, encoding: Optional[Encoding], n: int, length: int) -> npt.NDArray[Any]:
    shape = (n, length) if encoding is None else encoding.shape(n, length)
    dtype = np.dtype(np.uint8) if encoding is None else encoding.dtype
    if out is None:
        return np.zeros(shape, dtype)  # what fails is zero, not what memory held
    array = as_array(out)
    same = array.dtype == dtype
    if encoding is not None and encoding.bfloat16:
        same = array.dtype.isnative and array.dtype.name in ("uint16", "int16", "bfloat16")
    if array.shape != shape or not same:
        raise ValueError(f"out is {array.dtype} of shape {array.shape}, not {dtype} of {shape}")
    return array


class _Windows(NamedTuple):
    """Windows of a call, checked: arrays of one length, starts at or before ends."""

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    flags: Optional[npt.NDArray[np.uint32]]

    @property
    def widths(self) -> npt.NDArray[np.int64]:
        return self.ends - self.starts

    def only(self, kept: npt.NDArray[np.bool_]) -> _Windows:
        flags = None if self.flags is None else self.flags[kept]
        return _Windows(self.ids[kept], self.starts[kept], self.ends[kept], flags)


def windows(ids: npt.ArrayLike, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Places:
    """The three as int64 arrays of one length; ValueError for what is no window. One value, or an
    array of one, stands for all."""
    arrays = [np.atleast_1d(np.asarray(a)) for a in (ids, starts, ends)]
    n = max((a.size for a in arrays if a.size != 1), default=1)
    ids, starts, ends = (a[0] if a.shape == (1,) else a for a in arrays)
    places = Places(_int64(ids, n, "ids"), _int64(starts, n, "starts"), _int64(ends, n, "ends"))
    behind = places.starts > places.ends
    if behind.any():
        i = int(np.argmax(behind))
        raise ValueError(f"window {i}: start {places.starts[i]} is behind end {places.ends[i]}")
    if (places.ends - places.starts < 0).any():
        raise ValueError(f"window {int(np.argmax(places.ends - places.starts < 0))} is too long")
    return places


def _inside(index: _lode.Index, w: _Windows, ragged: bool, length: int) -> npt.NDArray[np.bool_]:
    """Which positions of padded windows lie in their contigs, in the order of the output."""
    limits = lengths(index, w.ids)
    if not ragged:
        at = w.starts[:, None] + np.arange(length, dtype=np.int64)
        inside = (at >= 0) & (at < limits[:, None])
        if w.flags is not None:
            minus = (w.flags & _REVERSE) != 0
            inside[minus] = inside[minus, ::-1]
        return inside
    parts = []
    for i, (start, end) in enumerate(zip(w.starts.tolist(), w.ends.tolist())):
        at = np.arange(start, end, dtype=np.int64)
        part = (at >= 0) & (at < limits[i])
        minus = w.flags is not None and bool(w.flags[i] & _REVERSE)
        parts.append(part[::-1] if minus else part)
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)


def lengths(index: _lode.Index, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    out = np.empty(ids.shape, np.int64)
    index.contig_lengths(ids, out)
    return out


def fetch_many(
    index: _lode.Index,
    ids: npt.ArrayLike,
    starts: npt.ArrayLike,
    ends: npt.ArrayLike,
    *,
    strands: Any,
    encoding: Optional[Encoding],
    out: Any,
    bounds: str,
    upper: bool,
    soft_mask: bool,
    inside: bool,
    n_seed: Optional[int],
    on_error: str,
    threads: int,
    ragged: Optional[bool],
) -> Any:
    """See Index.fetch_many."""
    if on_error not in ("raise", "mask"):
        raise ValueError("on_error is 'raise' or 'mask'")
    if bounds not in ("error", "pad", "clip", "drop"):
        raise ValueError("bounds is 'error', 'pad', 'clip' or 'drop'")
    if inside and bounds != "pad":
        raise ValueError("inside goes with bounds='pad': else all positions are inside")
    threads = thread_count(threads)
    places = windows(ids, starts, ends)
    w = _Windows(*places, _flags(strands, upper, len(places.ids)))
    extra: list[Any] = []
    if bounds == "drop":
        kept = (w.starts >= 0) & (w.ends <= lengths(index, w.ids))
        w = w.only(kept)
        extra.append(kept)
        if out is not None:
            sliced = hasattr(out, "shape") and not isinstance(out, memoryview)
            out = (out if sliced else as_array(out))[: len(w.ids)]
    elif bounds == "clip":
        limits = lengths(index, w.ids)
        w = w._replace(starts=np.clip(w.starts, 0, limits), ends=np.clip(w.ends, 0, limits))
        ragged = True if ragged is None else ragged
    seed = n_seed
    if seed is None and encoding is not None and encoding.random_n:
        seed = 0
    result, *planes = _read(
        index, w, encoding, out, "pad" if bounds == "pad" else "error", soft_mask, inside,
        None if seed is None else seed & (2**64 - 1), on_error, threads, ragged,
    )  # fmt: skip
    extra = planes + extra
    return (result, *extra) if extra else result


def _read(
    index: _lode.Index,
    w: _Windows,
    encoding: Optional[Encoding],
    out: Any,
    bounds: str,
    soft_mask: bool,
    inside: bool,
    n_seed: Optional[int],
    on_error: str,
    threads: int,
    ragged: Optional[bool],
) -> list[Any]:
    """The bases, then the planes that were asked for, then which windows did not fail."""
    n, widths = len(w.ids), w.widths
    even = n > 0 and bool((widths == widths[0]).all())
    if ragged is None:
        ragged = not even and n > 0
    if not ragged and n > 0 and not even:
        raise ValueError("windows of different lengths make no matrix: ragged=True")
    if ragged and encoding is not None and encoding.channels_first:
        raise ValueError("windows of different lengths have no (channels, L) form")
    length = int(widths[0]) if n and not ragged else 0
    mask: Optional[npt.NDArray[np.uint8]] = None
    mask_offsets: Optional[npt.NDArray[np.int64]] = None
    result: Any
    if ragged:
        result, places, native, mask, mask_offsets = _ragged(encoding, out, widths, soft_mask)
    else:
        array = _fixed(out, encoding, n, length)
        places = _rows(array)
        strides = array.strides[1:]
        native = native_bytes(strides[0]) if encoding is None else encoding.native(strides)
        result = array if out is None else out
        if soft_mask:
            mask = np.zeros((n, length), np.uint8)
            mask_offsets = np.arange(n, dtype=np.int64) * length
    status, written = np.zeros(n, np.int32), np.zeros(n, np.int64)
    index._fetch_many(
        w.ids, w.starts, w.ends, w.flags, places.base, places.offsets,
        places.sizes, 0 if mask is None else mask.ctypes.data, mask_offsets, bounds,
        ord(encoding.pad if encoding is not None else "N"), native, threads, status, written,
        on_error == "raise", n_seed,
    )  # fmt: skip
    parts: list[Any] = [result]
    if soft_mask and mask is not None:
        parts.append(mask.view(np.bool_))
    if inside:
        parts.append(_inside(index, w, ragged, length))
    if on_error == "mask":
        parts.append(status >= 0)
    return parts


def _ragged(
    encoding: Optional[Encoding], out: Any, widths: npt.NDArray[np.int64], soft_mask: bool
) -> tuple[Ragged, _Places, _lode.Encoding, Optional[npt.NDArray[np.uint8]], Any]:
    if float(widths.sum(dtype=np.float64)) > 2**48:  # before int64 could overflow
        raise ValueError("the windows are too long together")
    offsets = np.zeros(len(widths) + 1, np.int64)
    np.cumsum(widths, out=offsets[1:])
    total = int(offsets[-1])
    tail = () if encoding is None or encoding.channels == 0 else (encoding.channels,)
    dtype = np.dtype(np.uint8) if encoding is None else encoding.dtype
    data = np.zeros((total, *tail), dtype) if out is None else as_array(out)
    if data.ndim != 1 + len(tail) or data.shape[0] < total or data.shape[1:] != tail:
        raise ValueError(f"out has shape {data.shape}: at least {total} rows of {tail} are needed")
    if data.dtype != dtype or not data.flags.c_contiguous:
        raise ValueError(f"out is not contiguous {dtype}")
    step = dtype.itemsize * (tail[0] if tail else 1)
    places = _Places(data.ctypes.data, offsets[:-1] * step, widths * step)
    native = native_bytes(1) if encoding is None else encoding.native(data.strides)
    mask = np.zeros(total, np.uint8) if soft_mask else None
    kept = data if out is None else out
    return Ragged(kept, offsets), places, native, mask, np.ascontiguousarray(offsets[:-1])

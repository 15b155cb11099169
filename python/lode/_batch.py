"""Many windows in one call: where each goes, and what came of it."""

from __future__ import annotations

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
    if array.dtype.kind in "USO":
        texts = array.astype(str)
        minus, known = texts == "-", np.isin(texts, ["+", "-", "."])
    else:
        minus, known = array == -1, np.isin(array, [1, -1, 0])
    if not known.all():
        raise ValueError("strands are '+', '-' and '.', or 1, -1 and 0")
    flags[minus] |= _REVERSE
    return flags


def as_array(out: Any) -> npt.NDArray[Any]:
    """A writable NumPy view of what a caller offers: array, torch CPU tensor, DLPack, buffer."""
    if isinstance(out, np.ndarray):
        array = out
    elif hasattr(out, "numpy") and hasattr(out, "is_contiguous"):  # torch: DLPack is read-only
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


def _rows(array: npt.NDArray[Any]) -> _Places:
    """Of the rows of an array; a size reaches to a row's last element."""
    n = array.shape[0]
    if any(stride < 0 for stride in array.strides):
        raise ValueError("out has negative strides")
    if array.size and any(stride == 0 and k > 1 for k, stride in zip(array.shape, array.strides)):
        raise ValueError("out has elements that lie in one place (a stride of 0)")
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
    on_error: str,
    threads: int,
    ragged: Optional[bool],
) -> Any:
    """See Index.fetch_many."""
    n = np.asarray(ids).size
    id_array = _int64(ids, n, "ids")
    start_array, end_array = _int64(starts, n, "starts"), _int64(ends, n, "ends")
    if on_error not in ("raise", "mask"):
        raise ValueError("on_error is 'raise' or 'mask'")
    if bounds not in ("error", "pad"):
        raise ValueError("bounds is 'error' or 'pad' for many windows")
    widths = end_array - start_array
    behind = start_array > end_array
    if (~behind & (widths < 0)).any():
        raise ValueError(f"window {int(np.argmax(~behind & (widths < 0)))} is too long")
    if behind.any():
        i = int(np.argmax(behind))
        raise ValueError(f"window {i}: start {start_array[i]} is behind end {end_array[i]}")
    even = n > 0 and bool((widths == widths[0]).all())
    if ragged is None:
        ragged = not even and n > 0
    if not ragged and n > 0 and not even:
        raise ValueError("windows of different lengths make no matrix: ragged=True")
    if ragged and encoding is not None and encoding.channels_first:
        raise ValueError("windows of different lengths have no (channels, L) form")
    mask: Optional[npt.NDArray[np.uint8]] = None
    result: Any
    mask_offsets: Optional[npt.NDArray[np.int64]]
    if ragged:
        result, places, native, mask, mask_offsets = _ragged(encoding, out, widths, soft_mask)
    else:
        array = _fixed(out, encoding, n, int(widths[0]) if n else 0)
        places = _rows(array)
        strides = array.strides[1:]
        native = native_bytes(strides[0]) if encoding is None else encoding.native(strides)
        result = array if out is None else out
        mask_offsets = None
        if soft_mask:
            mask = np.zeros((n, int(widths[0]) if n else 0), np.uint8)
            mask_offsets = np.arange(n, dtype=np.int64) * (int(widths[0]) if n else 0)
    status, written = np.zeros(n, np.int32), np.zeros(n, np.int64)
    index._fetch_many(
        id_array, start_array, end_array, _flags(strands, upper, n), places.base, places.offsets,
        places.sizes, 0 if mask is None else mask.ctypes.data, mask_offsets, bounds,
        ord(encoding.pad if encoding is not None else "N"), native, threads, status, written,
        on_error == "raise",
    )  # fmt: skip
    extra: list[Any] = []
    if soft_mask and mask is not None:
        extra.append(mask.view(np.bool_))
    if on_error == "mask":
        extra.append(status >= 0)
    return (result, *extra) if extra else result


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

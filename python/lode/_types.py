"""Types of records that are arrays: dtype and shape as JSON (SPEC 15.1), and back."""

from __future__ import annotations

import json
import operator
from typing import Any, Optional

import numpy as np
import numpy.typing as npt


def describe(array: npt.NDArray[Any]) -> str:
    """The type of an array: dtype and shape, its first dimension left to the record's size."""
    shape = [-1, *array.shape[1:]] if array.ndim > 0 and array[:1].nbytes > 0 else array.shape
    said = {"dtype": _form(array.dtype), "shape": list(shape)}
    return json.dumps(said, separators=(",", ":"))


def described(text: str) -> Optional[tuple[np.dtype[Any], tuple[int, ...]]]:
    """dtype and shape of a type; None for a type of someone else's."""
    try:
        said = json.loads(text)
        dtype, shape = _dtype(said["dtype"]), tuple(map(operator.index, said["shape"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return None if dtype.hasobject or dtype.itemsize == 0 else (dtype, shape)


def shaped(data: Any, known: Optional[tuple[np.dtype[Any], tuple[int, ...]]]) -> Any:
    """The array in these bytes, or the bytes where they hold none of that type."""
    if known is None:
        return data
    try:
        return np.frombuffer(data, known[0]).reshape(known[1])
    except ValueError:
        return data


def _form(dtype: np.dtype[Any]) -> Any:
    """A string; for fields one behind the other a list of them; else an object."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return {"base": _form(base), "shape": list(shape)}
    if dtype.fields is None or dtype.names is None:
        return dtype.str
    plain = [_plain(name, dtype.fields[name][0]) for name in dtype.names]
    if None not in plain and _dtype(plain) == dtype and _titles(dtype) is None:
        return plain
    form = {
        "names": list(dtype.names),
        "formats": [_form(dtype.fields[name][0]) for name in dtype.names],
        "offsets": [dtype.fields[name][1] for name in dtype.names],
        "itemsize": dtype.itemsize,
    }
    titles = _titles(dtype)
    return form if titles is None else {**form, "titles": titles}


def _plain(name: str, dtype: np.dtype[Any]) -> Optional[list[Any]]:
    base, shape = dtype.subdtype or (dtype, None)
    if base.names is not None:
        return None
    return [name, base.str] if shape is None else [name, base.str, list(shape)]


def _titles(dtype: np.dtype[Any]) -> Optional[list[Any]]:
    if dtype.fields is None or dtype.names is None:
        return None
    fields: list[Any] = [dtype.fields[name] for name in dtype.names]
    titles = [field[2] if len(field) > 2 else None for field in fields]
    return titles if any(t is not None for t in titles) else None


def _dtype(form: Any) -> np.dtype[Any]:
    if isinstance(form, list):
        form = [tuple(f[:2]) + ((tuple(f[2]),) if len(f) > 2 else ()) for f in form]
    elif isinstance(form, dict) and "base" in form:
        form = (_dtype(form["base"]), tuple(form["shape"]))
    elif isinstance(form, dict):
        form = {**form, "formats": [_dtype(f) for f in form["formats"]]}
    dtype: np.dtype[Any] = np.dtype(form)
    return dtype

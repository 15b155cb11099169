"""Stores of records, opened: what lode.records.open gives, and the batches that come out of it."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _lode
from ._batch import as_array, thread_count
from ._errors import NotFoundError
from ._loader import Loader
from ._types import described, shaped

Key = Union[str, bytes, int]
Path = Union[str, "os.PathLike[str]"]
KEYS = ("none", "bytes", "text", "integers")
CODECS = ("raw", "zstd", "blocks")
_NOTHING: npt.NDArray[np.uint8] = np.empty(0, np.uint8)


def key_bytes(key: Any, kind: int) -> Union[str, bytes]:
    """A key as the store has it; TypeError for one of another kind."""
    if kind == 3 and not isinstance(key, (str, bytes)):
        return operator.index(key).to_bytes(8, "little", signed=True)
    if isinstance(key, str) and kind == 2:
        return key
    if isinstance(key, bytes) and kind in (1, 2):
        return key
    raise TypeError(f"keys of this store are {KEYS[kind]}, not {type(key).__name__}")


def _as_numbers(numbers: Any) -> npt.NDArray[np.int64]:
    """TypeError where they are no whole numbers, ValueError where they are no list of them."""
    array = np.asarray(numbers)
    if array.ndim != 1:
        raise ValueError(f"numbers are one list of them, not an array of {array.ndim} dimensions")
    if array.dtype.kind not in "iu" and array.size > 0:
        raise TypeError(f"numbers of records are integers, not {array.dtype}")
    return np.ascontiguousarray(array, np.int64)


class Batch(Sequence[Any]):
    """What get_many gives: records one behind the other in ``data``, uint8; record i is
    data[offsets[i]:offsets[i + 1]], and batch[i] is a view of it."""

    def __init__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.data, self.offsets = data, offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        k = range(len(self))[i]
        return self.data[self.offsets[k] : self.offsets[k + 1]]

    def __repr__(self) -> str:
        return f"<lode.records.Batch: {len(self):,} records, {len(self.data):,} bytes>"


class Store(Mapping[Any, Any]):
    """A store of records, mapped: a mapping from keys, or from numbers where it has no keys.

    ``info`` says how it is stored. Of a set of files (append(add=True)) ``members`` is how many
    they are, else 0, and ``dead`` how many records in them are out of use until compact(), which
    ``bytes`` and ``stored`` count, too.
    """

    def __init__(self, path: Path, name: Optional[str] = None, _content: int = 0) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._asked = name
        self._set(_lode.Store(os.fsencode(self.path), name, _content))

    def _set(self, store: Any) -> None:
        self._store, self.info = store, store.info()
        self._kind: int = self.info["keys"]
        # by number of a type: dtype and shape, or None; its schema, or None
        self._types: dict[int, Optional[tuple[np.dtype[Any], Any]]] = {}
        self._schemas: dict[int, Optional[_lode.Schema]] = {}

    def __reduce__(self) -> Any:
        if not self.path:
            raise TypeError("a store in memory does not pickle")
        return (Store, (self.path, self._asked, self.info["content_id"]))

    # ---- by key

    def number(self, key: Key) -> int:
        """The number of the record with this key. KeyError."""
        if self._kind == 0:
            n = operator.index(key)  # type: ignore[arg-type]
            if not 0 <= n < len(self):
                raise NotFoundError(f"no record {n}: there are {len(self)}")
            return n
        n = self._store.find(key_bytes(key, self._kind))
        if n < 0:
            raise NotFoundError(f"no record {key!r}")
        return int(n)

    def __getitem__(self, key: Key) -> Any:
        if self._kind == 0 or self.info["types"] != 0:
            return self.at(self.number(key))
        data = self._store.value(key_bytes(key, self._kind))
        if data is None:
            raise NotFoundError(f"no record {key!r}")
        return data

    def __contains__(self, key: object) -> bool:
        try:
            self.number(key)  # type: ignore[arg-type]
        except (KeyError, TypeError, OverflowError):
            return False
        return True

    def __len__(self) -> int:
        return int(self.info["records"])

    def __iter__(self) -> Iterator[Any]:
        return (self.key(i) for i in range(len(self)))

    # ---- by number

    def at(self, number: int) -> Any:
        """Record by number: bytes, or the array that was put. IndexError has no place here: a
        number that there is not is a ValueError, RangeError."""
        data = self._store.get(number)
        return data if self.info["types"] == 0 else self._shaped(number, data)

    def view(self, key: Key) -> Optional[npt.NDArray[Any]]:
        """The record without a copy: a read-only array over the map, which keeps the store open;
        None where it is packed. A record whose type says FlatBuffers (Schema) is checked by its
        schema first, so that code which flatc made reads it in place: uint8; CorruptIndexError says
        what is wrong with it. Of a file that someone truncates in place, reading it kills the
        process: files that lode publishes are replaced, not truncated."""
        number = self.number(key)
        data = self._store.view(number)
        if data is None:
            return None
        schema = self._schema(number)
        if schema is not None:
            schema.check(data, f"{self.path or '(memory)'}: record {key!r}: ")
        seen: npt.NDArray[Any] = self._shaped(number, data)
        return seen

    def key(self, number: int) -> Any:
        """The key of a record: str, bytes or int; the number itself without keys."""
        if self._kind == 0:
            return range(len(self))[number]
        raw = self._store.key(range(len(self))[number])
        if self._kind == 3:
            return int.from_bytes(raw, "little", signed=True)
        return raw.decode("utf-8", "surrogateescape") if self._kind == 2 else raw

    def _shaped(self, number: int, data: Any) -> Any:
        type_ = self._store.type_number(number)
        if type_ == 0:
            return data
        if type_ not in self._types:
            self._types[type_] = described(self._store.type_text(type_))
        return shaped(data, self._types[type_])

    def _schema(self, number: int) -> Optional[_lode.Schema]:
        type_ = self._store.type_number(number)
        if type_ not in self._schemas:
            self._schemas[type_] = self._store.schema(type_) if type_ != 0 else None
        return self._schemas[type_]

    # ---- many

    def numbers(self, keys: Iterable[Key]) -> npt.NDArray[np.int64]:
        """Numbers of many keys, resolved once for at_many(numbers). KeyError for the first that
        there is not."""
        if isinstance(keys, (str, bytes)):  # its letters are hardly the keys that are meant
            raise TypeError(f"keys is a list of keys, not one {type(keys).__name__}")
        if self._kind == 0:
            return np.asarray(list(keys), np.int64)
        given = keys if isinstance(keys, list) else list(keys)
        listed = given if self._kind == 2 else [key_bytes(k, self._kind) for k in given]
        out = np.empty(len(listed), np.int64)
        if self._store.find_many(listed, out) != 0:
            bad = int(np.argmax(out < 0))
            self._store.find(listed[bad])  # raises what is not that there is none
            raise NotFoundError(f"no record {given[bad]!r}")
        return out

    def _resolved(self, keys: Any) -> npt.NDArray[np.int64]:
        """Numbers of what a batch asks for."""
        by_number = isinstance(keys, np.ndarray) and keys.dtype.kind in "iu" and self._kind != 3
        return _as_numbers(keys) if by_number else self.numbers(keys)

    def _offsets(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where records begin that stand one behind the other, and where the last ends."""
        offsets = np.empty(len(numbers) + 1, np.int64)
        if self._store.offsets(numbers, offsets) != 0:
            self._store.get(int(numbers[int(np.argmax(offsets[1:] < 0))]))  # tells why
        return offsets

    def get_many(
        self,
        keys: Union[Iterable[Key], npt.NDArray[np.int64]],
        out: Any = None,
        *,
        threads: int = 1,
    ) -> Batch:
        """Many records in one call, each decoded once, in the order of the file, by `threads`
        threads where that pays. keys: keys, or an int64 array of numbers (where keys are integers:
        of keys; at_many takes numbers always). out: contiguous uint8 that is used again, an array,
        a torch CPU tensor or a buffer; else a new array. KeyError, ValueError (out is too small),
        OSError."""
        return self.at_many(self._resolved(keys), out, threads=threads)

    def at_many(self, numbers: Any, out: Any = None, *, threads: int = 1) -> Batch:
        """get_many by numbers, whatever the keys: an int64 array, or a list. ValueError for one
        that there is not."""
        count, numbers = thread_count(threads), _as_numbers(numbers)
        offsets = self._offsets(numbers)
        total = int(offsets[-1])
        if out is None:
            out = np.empty(total, np.uint8)
        else:
            out = as_array(out)
            if out.dtype != np.uint8 or out.ndim != 1 or len(out) < total:
                raise ValueError(f"out must be a uint8 array of at least {total} bytes")
            if not out.flags.c_contiguous:
                raise ValueError("out is not contiguous")
        self._store.get_many(numbers, out, offsets, count)
        return Batch(out[:total], offsets)

    def get_arrays(
        self,
        keys: Union[Iterable[Key], npt.NDArray[np.int64]],
        out: Any = None,
        *,
        threads: int = 1,
    ) -> npt.NDArray[Any]:
        """Many records that are arrays of one dtype and shape, in one call, as one array: (n,
        *shape). keys, threads: as of get_many. out: such an array or torch CPU tensor, contiguous,
        that is used again. KeyError, OSError; ValueError where they are no arrays or not alike,
        which names the first that is not."""
        return self.arrays_at(self._resolved(keys), out, threads=threads)

    def arrays_at(self, numbers: Any, out: Any = None, *, threads: int = 1) -> npt.NDArray[Any]:
        """get_arrays by numbers, whatever the keys: an int64 array, or a list."""
        count, numbers = thread_count(threads), _as_numbers(numbers)
        if len(numbers) == 0:
            raise ValueError("no records: what would be their dtype?")
        offsets = self._offsets(numbers)
        dtype, shape = self._alike(numbers, np.diff(offsets))
        shape = (len(numbers), *shape)
        given = np.empty(shape, dtype) if out is None else out
        to = given if isinstance(given, np.ndarray) else as_array(given)
        if to.dtype != dtype or to.shape != shape:
            raise ValueError(f"out must be a {dtype} array of shape {shape}")
        if not to.flags.c_contiguous or not to.flags.writeable:
            raise ValueError("out must be C-contiguous and writable")
        flat = to.reshape(-1).view(np.uint8) if to.nbytes else _NOTHING
        self._store.get_many(numbers, flat, offsets, count)
        return given

    def _alike(
        self, numbers: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
    ) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """What records are that are arrays of one dtype and shape. ValueError: they are not."""
        kinds = np.empty(len(numbers), np.int64)
        self._store.types(numbers, kinds)
        types, which = np.unique(kinds, return_inverse=True)
        texts = [self._store.type_text(int(t)) if t else None for t in types]
        same = np.array([text == texts[which[0]] for text in texts])  # in a set, one text has many
        unlike = ~same[which] | (sizes != sizes[0])
        first = self._shaped(int(numbers[0]), bytes(int(sizes[0])))
        if not isinstance(first, np.ndarray):
            raise ValueError(f"record {int(numbers[0])} is no array")
        if unlike.any():
            other = int(numbers[int(np.argmax(unlike))])
            raise ValueError(f"record {other} has another dtype or shape than {int(numbers[0])}")
        return first.dtype, first.shape

    # ---- the rest

    def loader(self, batch_size: int, **how: Any) -> Loader:
        """Batches of all records, in an order of your choice: see Loader."""
        return Loader(self, batch_size, **how)

    def verify(self) -> None:
        """Checks every byte and record. CorruptIndexError says what is wrong."""
        self._store.verify()

    def close(self) -> None:
        """Lets go of the file; views of it stay good."""
        self._store.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        codec, keys = CODECS[self.info["codec"]], KEYS[self._kind]
        where, files = self.path or "(memory)", self.info["members"]
        of = f", {files} files, {self.info['dead']:,} records out of use" if files else ""
        return f"<lode.records.Store {where!r}: {len(self):,} records, {codec}, keys: {keys}{of}>"

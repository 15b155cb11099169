"""Records of any length in one file: by key or number, from any process, proven.

>>> from lode import records
>>> with records.create("mol.lode") as w:                                  # doctest: +SKIP
...     w["frame_0"] = b"..."
...     w["frame_1"] = np.zeros((10, 3), "f4")     # arrays come back as arrays
>>> s = records.open("mol.lode")                                           # doctest: +SKIP
>>> s["frame_1"].shape                                                     # doctest: +SKIP
(10, 3)
>>> s.get_many(["frame_0", "frame_1"])             # one call, one buffer  # doctest: +SKIP

A store is published whole when its writer is closed, and replaced, never changed: who has it open
goes on with what it has. append(path, add=True) writes what is new alone, beside what is there.
Keys are str, bytes or int, as the store was made. Any thread; the
interpreter lock is released. Stores pickle by path and content.
"""

from __future__ import annotations

import builtins
import operator
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _lode
from ._batch import as_array, thread_count
from ._errors import ArgumentError, NotFoundError
from ._loader import Loader as Loader
from ._types import describe, described, shaped

Key = Union[str, bytes, int]
_Path = Union[str, "os.PathLike[str]"]
_KEYS = ("none", "bytes", "text", "integers")
_CODECS = ("raw", "zstd", "blocks")
_NOTHING: npt.NDArray[np.uint8] = np.empty(0, np.uint8)


def _key_bytes(key: Any, kind: int) -> Union[str, bytes]:
    """A key as the store has it; TypeError for one of another kind."""
    if kind == 3 and not isinstance(key, (str, bytes)):
        return operator.index(key).to_bytes(8, "little", signed=True)
    if isinstance(key, str) and kind == 2:
        return key
    if isinstance(key, bytes) and kind in (1, 2):
        return key
    raise TypeError(f"keys of this store are {_KEYS[kind]}, not {type(key).__name__}")


def _as_numbers(numbers: Any) -> npt.NDArray[np.int64]:
    """TypeError where they are no whole numbers, ValueError where they are no list of them."""
    array = np.asarray(numbers)
    if array.ndim != 1:
        raise ValueError(f"numbers are one list of them, not an array of {array.ndim} dimensions")
    if array.dtype.kind not in "iu" and array.size > 0:
        raise TypeError(f"numbers of records are integers, not {array.dtype}")
    return np.ascontiguousarray(array, np.int64)


class Schema:
    """A schema of FlatBuffers: proves that bytes are one, before anything reads them in place.

    bfbs: a binary schema, as bytes or the path of its file; ``flatc --binary --schema frame.fbs``
    writes frame.bfbs. CorruptIndexError where it is none.

    >>> schema = records.Schema("frame.bfbs")                              # doctest: +SKIP
    >>> with records.create("frames.lode") as w:                           # doctest: +SKIP
    ...     w.put("f0", builder.Output(), schema=schema)    # checked
    >>> view = records.open("frames.lode").view("f0")       # checked     # doctest: +SKIP
    >>> Frame.GetRootAs(view).Atoms(0)                      # in place    # doctest: +SKIP
    """

    def __init__(self, bfbs: Union[bytes, _Path]) -> None:
        if not isinstance(bfbs, bytes):
            with builtins.open(bfbs, "rb") as file:
                bfbs = file.read()
        self._bfbs = bfbs
        self._schema = _lode.Schema(bfbs)
        #: The type of records of it, which a store keeps with them.
        self.type = str(self._schema.type())

    def check(self, data: Any) -> None:
        """CorruptIndexError unless data, anything with a buffer, is a FlatBuffer of the schema's
        root table: it says the place and what is wrong. What passes can be read by the schema
        without a byte outside data being touched."""
        self._schema.check(data, "")

    def __reduce__(self) -> Any:
        return (Schema, (self._bfbs,))

    def __repr__(self) -> str:
        return f"<lode.records.Schema: {len(self._bfbs):,} bytes>"


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

    def __init__(self, path: _Path, name: Optional[str] = None, _content: int = 0) -> None:
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
        n = self._store.find(_key_bytes(key, self._kind))
        if n < 0:
            raise NotFoundError(f"no record {key!r}")
        return int(n)

    def __getitem__(self, key: Key) -> Any:
        if self._kind == 0 or self.info["types"] != 0:
            return self.at(self.number(key))
        data = self._store.value(_key_bytes(key, self._kind))
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
        listed = given if self._kind == 2 else [_key_bytes(k, self._kind) for k in given]
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
        codec, keys = _CODECS[self.info["codec"]], _KEYS[self._kind]
        where, files = self.path or "(memory)", self.info["members"]
        of = f", {files} files, {self.info['dead']:,} records out of use" if files else ""
        return f"<lode.records.Store {where!r}: {len(self):,} records, {codec}, keys: {keys}{of}>"


class Writer:
    """Puts records into a store; made by create() or append(). Closing it publishes the store;
    leaving a ``with`` by an exception drops what was put."""

    def __init__(self, writer: Any, kind: int, path: str) -> None:
        self._writer, self._kind, self._path = writer, kind, path

    def put(self, key: Optional[Key], data: Any, *, schema: Optional[Schema] = None) -> None:
        """A record: bytes, anything with a buffer, or a NumPy array or scalar, whose dtype and
        shape stay.
        A key that was put before is replaced. schema: data is a FlatBuffer of it; CorruptIndexError
        where it is not, and the writer goes on without it."""
        text = None if schema is None else schema.type
        if isinstance(data, np.generic) and not isinstance(data, (bytes, str)):
            data = np.asarray(data)
        if isinstance(data, np.ndarray) and schema is None:
            if data.dtype.hasobject:
                raise TypeError("arrays of Python objects have no bytes to keep")
            text = describe(data)
            data = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
        raw = None if self._kind == 0 and key is None else _key_bytes(key, self._kind)
        self._writer.put(raw, data, text)

    def __setitem__(self, key: Key, data: Any) -> None:
        self.put(key, data)

    def __delitem__(self, key: Key) -> None:
        """Takes out the record with this key, if there is one."""
        self._writer.remove(_key_bytes(key, self._kind))

    def remove_at(self, number: int) -> None:
        """Takes out a record of the store that is appended to, by its number. ValueError."""
        self._writer.remove_at(number)

    def flush(self) -> None:
        """Publishes what was put so far, and goes on: each flush is a file of the set more, up to
        256; the put after that makes one file of them. Until the next put others may write; that
        put may raise BusyError then, and be tried again. Errors as of close(); what was put since
        the flush before is lost then."""
        self._writer.flush()

    def close(self) -> Store:
        """Publishes the store and opens it. ValueError when keys were put twice and unique: then
        nothing is published."""
        store = Store.__new__(Store)
        store.path, store._asked = self._path, None
        store._set(self._writer.publish())
        return store

    def discard(self) -> None:
        """Drops what was put; the file stays as it was."""
        self._writer.discard()

    def __del__(self) -> None:
        writer = getattr(self, "_writer", None)
        if writer is not None and writer.open:
            warnings.warn(
                f"records that were put to {self._path or '(memory)'} are lost: close() or a "
                "with statement publishes them",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: Any, *error: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def open(path: _Path, name: Optional[str] = None) -> Store:  # noqa: A001 - the verb of the field
    """Opens a store. name: which one, where a file holds several. KeyError, OSError."""
    return Store(path, name)


def _may_replace(path: str) -> None:
    """ValueError where what stands at path is no store: it may be someone's FASTA, or its index.
    A store may be replaced, a damaged one too."""
    try:
        if os.path.getsize(path) > 0:
            _lode.store_names(os.fsencode(path))
    except OSError as error:
        if getattr(error, "status", "") != "LODE_E_NOT_LODE":
            return
    except ArgumentError:  # an index
        pass
    else:
        return
    raise ArgumentError(f"{path}: is there already and no record store: it is not replaced")


def create(
    path: Optional[_Path] = None,
    *,
    keys: str = "text",
    codec: str = "raw",
    level: int = 0,
    align: int = 8,
    shuffle: int = 1,
    block_size: int = 0,
    dictionary: bytes = b"",
    name: str = "",
    unique: bool = False,
) -> Writer:
    """Begins a store, which appears at path when the writer is closed; None: in memory. A store
    that is there is replaced; ValueError where it is another file.

    keys: 'text' (str), 'bytes', 'integers', or 'none' (records by number alone). codec: 'raw',
    'zstd' (with a dictionary from train(), if given), or 'blocks' of block_size bytes. level: of
    zstd, 0 = 3. align: raw records begin at multiples of so many bytes: 1, 8, 64. shuffle: 2, 4,
    8 for packed numbers of so many bytes. unique: a key put twice is an error.
    """
    if keys not in _KEYS:
        raise ValueError(f"keys is one of {_KEYS}, not {keys!r}")
    if codec not in _CODECS:
        raise ValueError(f"codec is one of {_CODECS}, not {codec!r}")
    where = "" if path is None else os.path.abspath(os.fspath(path))
    if where:
        _may_replace(where)
    kind = _KEYS.index(keys)
    options = _lode.StoreOptions(
        kind, _CODECS.index(codec), level, align, shuffle, block_size, dictionary
    )
    writer = _lode.StoreWriter(os.fsencode(where) if where else None, options, name, unique)
    return Writer(writer, kind, where)


def append(path: _Path, *, add: bool = False, unique: bool = False) -> Writer:
    """Goes on with a store: what it holds first, then what is put. One writer at a time: BusyError
    (an OSError) while another one is at work.

    add: nothing that is there is written anew, which else takes as long as copying the file. What
    is put becomes a file of its own beside the store, and the store a set of files, which opens and
    answers as one; they move together. What is replaced or taken out keeps its bytes until
    compact(). A set is always added to. ValueError at 256 files.
    unique: a key that is there already, or is put twice, is a ValueError when the writer is closed,
    and nothing is replaced.
    """
    where = os.path.abspath(os.fspath(path))
    with Store(where) as store:
        kind: int = store.info["keys"]
    if unique and kind == 0:
        raise ArgumentError(f"{where}: its records have no keys that could be unique")
    return Writer(_lode.StoreWriter(os.fsencode(where), add, unique), kind, where)


def compact(
    path: _Path,
    *,
    codec: Optional[str] = None,
    level: Optional[int] = None,
    shuffle: Optional[int] = None,
    block_size: Optional[int] = None,
    dictionary: Optional[bytes] = None,
) -> Store:
    """Writes a store anew as one file, from the records in use, and opens it: a set of files
    becomes one, and of what was replaced or taken out nothing is left.

    Options as create() has them; what is None stays as it is, but another codec begins with its
    own level and no dictionary; dictionary=b"" leaves it out. It appears in one step: who has the
    store open goes on with what it has, and Ctrl-C leaves it as it was. The interpreter lock is
    released. BusyError while a writer is at work on it.
    """
    if codec is not None and codec not in _CODECS:
        raise ValueError(f"codec is one of {_CODECS}, not {codec!r}")
    where = os.path.abspath(os.fspath(path))
    with Store(where) as store:
        info, kept = store.info, store._store.dictionary()
    new = info["codec"] if codec is None else _CODECS.index(codec)
    if new != info["codec"]:
        info, kept = {**info, "level": 0}, b""
    options = _lode.StoreOptions(
        info["keys"], new, info["level"] if level is None else level, 0,
        info["shuffle"] if shuffle is None else shuffle,
        info["block_size"] if block_size is None else block_size,
        kept if dictionary is None else dictionary,
    )  # fmt: skip
    _lode.store_compact(os.fsencode(where), options)
    return Store(where)


def names(path: _Path) -> list[str]:
    """Names of the stores in a file, in their order: what open(path, name) takes."""
    return [str(name) for name in _lode.store_names(os.fsencode(os.path.abspath(os.fspath(path))))]


def join(out: _Path, stores: Mapping[str, _Path]) -> None:
    """Copies stores, {name: path of its file}, into one file of them all, which appears at once.
    Every byte is checked on the way. ValueError, OSError; what is at out and no store is not
    replaced."""
    _may_replace(os.fspath(out))
    paths = [os.fsencode(os.path.abspath(os.fspath(path))) for path in stores.values()]
    _lode.store_join(os.fsencode(os.path.abspath(os.fspath(out))), paths, list(stores))


def train(samples: Iterable[Any], size: int = 112640) -> bytes:
    """A dictionary of zstd, at most size bytes, from samples of records; ValueError when they are
    too few or too unlike."""
    return bytes(_lode.train(list(samples), size))


__all__ = [
    "Batch", "Loader", "Schema", "Store", "Writer", "append", "compact", "create", "join", "names",
    "open", "train",
]  # fmt: skip

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

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Optional

import numpy as np

from . import _lode
from ._errors import ArgumentError
from ._loader import Loader
from ._schema import Schema
from ._store import CODECS as _CODECS
from ._store import KEYS as _KEYS
from ._store import Batch, Key, Store
from ._store import Path as _Path
from ._store import key_bytes as _key_bytes
from ._types import describe


class Writer:
    """Puts records into a store; made by create() or append(). Closing it publishes the store;
    leaving a ``with`` by an exception drops what was put."""

    def __init__(self, writer: Any, kind: int, path: str) -> None:
        self._writer, self._kind, self._path = writer, kind, path

    def put(self, key: Optional[Key], data: Any, *, schema: Optional[Schema] = None) -> None:
        """A record: bytes, anything with a buffer, or a NumPy array or scalar, whose dtype and
        shape stay. A key that was put before is replaced. schema: data is a FlatBuffer of it;
        CorruptIndexError where it is not, and the writer goes on without it."""
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

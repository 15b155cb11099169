"""Stores of bytes and of objects, as vlstore.store has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Optional, TypeVar, Union

import numpy as np
import numpy.typing as npt

from ... import records
from .serialize import Codec, _bytewise

T = TypeVar("T")
Key = Union[int, str, bytes]
DEFAULT_CHUNK_SIZE = 2**22
_ALIGNMENTS = ("no_cross", "contiguous", "start")


@dataclass(frozen=True)
class Location:
    """Bytes [start, end) of all records one behind the other, in blocks of block_size."""

    start_block: int
    end_block: int
    block_size: int
    start_offset: int = 0
    end_offset: int = 0

    @property
    def start(self) -> int:
        return self.block_size * self.start_block + self.start_offset

    @property
    def end(self) -> int:
        return self.block_size * self.end_block + self.end_offset

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def n_blocks(self) -> int:
        return self.end_block - self.start_block

    def __len__(self) -> int:
        return self.end - self.start

    @classmethod
    def from_start_end(cls, start: int, end: int, block_size: int) -> Location:
        first, offset = divmod(start, block_size)
        last, rest = divmod(end, block_size)
        return cls(first, last + (rest > 0), block_size, offset, rest - block_size if rest else 0)


def _stored(key: Key) -> bytes:
    """A key of any of the three kinds, as bytes that tell them apart."""
    if isinstance(key, str):
        return b"s" + key.encode("utf-8", "surrogateescape")
    if isinstance(key, (bytes, bytearray)):
        return b"b" + bytes(key)
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)):
        raise TypeError(f"a key is int, str or bytes, not {type(key).__name__}")
    return b"i%d" % int(key)


def _key(stored: bytes) -> Key:
    kind, rest = stored[:1], stored[1:]
    if kind == b"s":
        return rest.decode("utf-8", "surrogateescape")
    return int(rest) if kind == b"i" else rest


class _Lookup(Mapping[Key, Location]):
    """Where records are: of the published ones, in the order of the file; then what was put."""

    def __init__(self, store: SChunkStore) -> None:
        self._store = store

    def __len__(self) -> int:
        return len(self._store)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._store)

    def __getitem__(self, key: Key) -> Location:
        return self._store._location(key)


class SChunkStore(Mapping[Key, Any]):
    """Bytes by key. location: a path, or None for memory. What was put is read back at once, and is
    published by flush() and close(); further arguments of blosc2's SChunk are accepted, of which
    chunksize counts (how Location and BlockShuffleBatch count blocks)."""

    def __init__(
        self,
        location: Optional[Union[str, os.PathLike[str]]] = None,
        alignment: str = "no_cross",
        *,
        chunksize: int = DEFAULT_CHUNK_SIZE,
        **schunk_kwargs: Any,
    ) -> None:
        if alignment not in _ALIGNMENTS:
            raise ValueError(f"Invalid allocation alignment strategy: {alignment}.")
        self.location = None if location is None else os.fspath(location)
        self.alignment, self.chunksize = alignment, int(chunksize)
        cparams = schunk_kwargs.get("cparams") or {}
        self.typesize = int(cparams.get("typesize", 1))
        self._level = int(cparams.get("clevel", 1))
        self._put: dict[bytes, bytes] = {}
        self._gone: set[bytes] = set()
        self._base: Optional[records.Store] = None
        self._ends: Optional[npt.NDArray[np.int64]] = None
        if self.location is not None and os.path.exists(self.location):
            self._base = records.open(self.location)

    # ---- one

    def put(self, key: Key, value: Any, overwrite: bool = True, check: bool = True) -> None:
        """Keeps a copy of the bytes of value. ValueError when the key is there and overwrite is
        False. check is accepted: every read is checked."""
        stored = _stored(key)
        if not overwrite and key in self:
            raise ValueError(f"{key!r} is already present, and overwrite is False.")
        self._put.pop(stored, None)  # the order is that of the last put
        self._put[stored] = bytes(_bytewise(value))
        self._gone.discard(stored)

    def get(  # type: ignore[override]
        self,
        key: Key,
        *,
        out: Any = None,
        return_location: bool = False,
        method: str = "slice",
    ) -> Any:
        """Bytes of a record; with out, that buffer, filled from its begin. KeyError."""
        if method not in ("slice", "chunk"):
            raise ValueError("method must be 'slice' or 'chunk'.")
        stored = _stored(key)
        if stored in self._put:
            value: Any = self._put[stored]
        elif self._base is not None and stored not in self._gone:
            value = self._base[stored]
        else:
            raise KeyError(key)
        if out is not None:
            _bytewise(out)[: len(value)] = value
            value = out
        return (value, self._location(key)) if return_location else value

    def disown(self, key: Key, zero: bool = False) -> None:
        """Takes out a record. zero is accepted: its bytes leave the file when it is compacted."""
        if key not in self:
            raise KeyError(key)
        self._put.pop(_stored(key), None)
        self._gone.add(_stored(key))

    __getitem__ = get
    __setitem__ = put
    __delitem__ = disown

    def __contains__(self, key: object) -> bool:
        stored = _stored(key)  # type: ignore[arg-type]
        if stored in self._put:
            return True
        return self._base is not None and stored not in self._gone and stored in self._base

    # ---- all

    def _names(self) -> Iterator[bytes]:
        if self._base is not None:
            hidden = self._gone | self._put.keys()
            yield from (k for k in self._base if k not in hidden)
        yield from self._put

    def __iter__(self) -> Iterator[Key]:
        return map(_key, self._names())

    def __len__(self) -> int:
        base = self._base
        if base is None:
            return len(self._put)
        hidden = self._gone | self._put.keys()
        return len(base) - sum(k in base for k in hidden) + len(self._put)

    # ---- many

    def _ordered(self, keys: Iterable[Key], presorted: bool) -> list[Key]:
        listed = list(keys)
        return listed if presorted else sorted(listed, key=lambda k: self._location(k).start)

    def _size(self, key: Key) -> int:
        stored = _stored(key)
        if stored in self._put:
            return len(self._put[stored])
        if self._base is None or stored in self._gone:
            raise KeyError(key)
        size = np.empty(1, np.int64)
        self._base._store.sizes(self._base.numbers([stored]), size)
        return int(size[0])

    def fused_size(self, keys: Iterable[Key], *, presorted: bool = False) -> int:
        """Bytes of all these records together."""
        return sum(self._size(k) for k in keys)

    def fused_get(
        self, keys: Iterable[Key], *, presorted: bool = False, out: Any = None
    ) -> tuple[Any, list[slice]]:
        """Many records in one call: a buffer, and where each stands in it, in the order of keys
        when they are presorted, else in that of the file."""
        ordered = self._ordered(keys, presorted)
        sizes = [self._size(k) for k in ordered]
        total = sum(sizes)
        buffer = bytearray(total) if out is None else out
        view = _bytewise(buffer)
        if len(view) < total:
            raise ValueError(f"out has {len(view)} bytes, {total} are needed.")
        slices, at = [], 0
        for size in sizes:
            slices.append(slice(at, at + size))
            at += size
        self._fill(ordered, slices, view)
        return buffer, slices

    def _fill(self, keys: list[Key], slices: list[slice], view: memoryview) -> None:
        published = []
        for key, where in zip(keys, slices):
            stored = _stored(key)
            if stored in self._put:
                view[where] = self._put[stored]
            else:
                published.append((stored, where))
        if published and self._base is not None:
            batch = self._base.get_many([s for s, _ in published])
            for i, (_, where) in enumerate(published):
                view[where] = batch[i].data

    # ---- places

    def _location(self, key: Key) -> Location:
        """As vlstore counts: records one behind the other, none across the end of a chunk."""
        if self._ends is None:
            self.flush()
            base = self._base
            n = 0 if base is None else len(base)
            sizes = np.empty(n, np.int64)
            if base is not None:
                base._store.sizes(np.arange(n, dtype=np.int64), sizes)
            self._ends = np.zeros(n, np.int64)
            at = 0
            for i, size in enumerate(sizes.tolist()):
                left = -at % self.chunksize
                if self.alignment == "start" or (self.alignment == "no_cross" and size > left):
                    at += left
                at += size
                self._ends[i] = at
        if self._base is None or _stored(key) not in self._base:
            raise KeyError(key)
        end = int(self._ends[self._base.number(_stored(key))])
        return Location.from_start_end(end - self._size(key), end, self.chunksize)

    @property
    def locations(self) -> list[Location]:
        return [self._location(k) for k in self]

    @property
    def lookup(self) -> Mapping[Key, Location]:
        return _Lookup(self)

    # ---- files

    def flush(self) -> None:
        """Publishes what was put and taken out, in one step."""
        self._ends = None
        if not self._put and not self._gone and (self._base is not None or self.location is None):
            return
        if self.location is not None and os.path.exists(self.location):
            writer = records.append(self.location)
        else:
            how: dict[str, Any] = {"keys": "bytes", "codec": "zstd", "level": self._level or 1}
            if self.typesize in (2, 4, 8):
                how["shuffle"] = self.typesize
            writer = records.create(self.location, **how)
            for k in self._base if self._base is not None else ():
                writer.put(k, self._base[k])  # type: ignore[index]
        for k in self._gone:
            del writer[k]
        for k, value in self._put.items():
            writer.put(k, value)
        self._base = writer.close()
        self._put, self._gone = {}, set()

    def close(self) -> None:
        """Publishes. The store stays usable."""
        self.flush()

    def __enter__(self) -> SChunkStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = self.location if self.location is not None else "(memory)"
        return f"<SChunkStore {where!r}: {len(self):,} records>"


class Depot(Generic[T]):
    """Objects by key: a codec over an SChunkStore, which backing is or is the path of."""

    def __init__(
        self,
        codec: Codec[T],
        backing: Union[None, SChunkStore, str, os.PathLike[str]] = None,
        initial_buffer_size: int = 0,
        recycle_buffer: bool = False,
    ) -> None:
        self.codec = codec
        self.backing = backing if isinstance(backing, SChunkStore) else SChunkStore(backing)
        self.recycle_buffer = recycle_buffer
        self._buffer = bytearray(initial_buffer_size)

    def put(self, key: Key, value: T) -> None:
        self.backing.put(key, self.codec.pack(value))

    def get(self, key: Key, **how: Any) -> T:
        """how: as SChunkStore.get takes it."""
        return self.codec.unpack(self.backing.get(key, **how))

    def fused_get(
        self, keys: Iterable[Key], *, presorted: bool = False, buffer: Any = None
    ) -> list[T]:
        """Many objects in one call; with recycle_buffer they are good until the next one."""
        ordered = self.backing._ordered(keys, presorted)
        if buffer is None:
            size = self.backing.fused_size(ordered)
            if not self.recycle_buffer:
                self._buffer = bytearray(size)
            elif len(self._buffer) < size:
                self._buffer = bytearray(size)
            buffer = self._buffer
        _, slices = self.backing.fused_get(ordered, presorted=True, out=buffer)
        view = _bytewise(buffer)
        return [self.codec.unpack(view[s]) for s in slices]

    def fused_buffer_size(self, keys: Iterable[Key], *, presorted: bool = False) -> int:
        return self.backing.fused_size(keys, presorted=presorted)

    def keys(self) -> Any:
        return self.backing.keys()

    @property
    def lookup(self) -> Mapping[Key, Location]:
        return self.backing.lookup

    def close(self) -> None:
        self.backing.close()

    def __enter__(self) -> Depot[T]:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


__all__ = ["DEFAULT_CHUNK_SIZE", "Depot", "Location", "SChunkStore"]

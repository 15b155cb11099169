"""vlstore's names over a store of lode.records: ``store`` (SChunkStore, Depot, Location),
``serialize`` (Codec, flatfloatndarray_codec, BackedAtomicData and its codec) and ``loader``
(BlockShuffleBatch), with its signatures and arguments.

What differs: a store that was closed opens again for reading and writing; records have any length,
also none; ``del`` works; what was put is published whole on close, so that no crash leaves a store
without its index; no process holds the index in memory; frames are built at the speed of a copy.
Files are lode's: vlstore's own are not read.
"""

from __future__ import annotations

from . import loader, serialize, store
from .loader import BlockShuffleBatch
from .serialize import (
    BackedAtomicData,
    BackedAtomicDataCodec,
    Codec,
    create_fbframe_buffer,
    flatfloatndarray_codec,
)
from .store import Depot, Location, SChunkStore

__all__ = [
    "BackedAtomicData",
    "BackedAtomicDataCodec",
    "BlockShuffleBatch",
    "Codec",
    "Depot",
    "Location",
    "SChunkStore",
    "create_fbframe_buffer",
    "flatfloatndarray_codec",
    "loader",
    "serialize",
    "store",
]

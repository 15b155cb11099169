"""Batches of a depot in shuffled blocks, as vlstore.loader has them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Optional, TypeVar

from .store import Depot, Key, Location

T = TypeVar("T")


def block_ownership(
    index: Mapping[Key, Location], no_sharing: bool = False, sorted: bool = False
) -> dict[int, list[Key]]:
    """Keys of each block. A record on several blocks is with each of them, or with no_sharing an
    error; one without bytes is with the block where it stands."""
    owned: dict[int, list[Key]] = {}
    places = {k: index[k] for k in index}
    for key, at in places.items():
        blocks = range(at.start_block, max(at.end_block, at.start_block + 1))
        if len(blocks) > 1 and no_sharing:
            raise ValueError(
                "Found record spanning multiple blocks, but no_sharing is set to True."
            )
        for block in blocks:
            owned.setdefault(block, []).append(key)
    if sorted:
        for keys in owned.values():
            keys.sort(key=lambda k: places[k].start)
    return owned


class BlockShuffleBatch(Generic[T]):
    """Serves all objects of a depot: read_size blocks at a time, shuffled among themselves. Records
    of any length are served, and any number of blocks; n_buffers and buffer_size are accepted:
    every batch has memory of its own, so that all that was served stays good. Iterating may go on
    several times at once."""

    def __init__(
        self,
        read_size: int,
        batch_size: int,
        backing: Depot[T],
        buffer_size: Optional[int] = None,
        shuffle: bool = True,
        end_block_merge: bool = True,
        n_buffers: int = 2,
    ) -> None:
        if read_size < 1 or batch_size < 1 or n_buffers < 1:
            raise ValueError("read_size, batch_size and n_buffers must be at least 1.")
        self.read_size, self.batch_size, self.backing = read_size, batch_size, backing
        self.shuffle, self.end_block_merge = shuffle, end_block_merge
        self.ownership = self._owned()

    def _owned(self) -> dict[int, list[Key]]:
        """A record on several blocks is with the first."""
        owned: dict[int, list[Key]] = {}
        lookup = self.backing.lookup
        for key in lookup:
            owned.setdefault(lookup[key].start_block, []).append(key)
        return owned

    def key_groups(self, shuffle: bool = False) -> list[list[Key]]:
        """Keys of each block; with end_block_merge the last, which may be small, goes with the one
        before."""
        groups = [list(self.ownership[b]) for b in sorted(self.ownership)]
        if self.end_block_merge and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        if shuffle:
            random.shuffle(groups)
        return groups

    def stream(self) -> Iterator[T]:
        """One object after the other."""
        groups = iter(self.key_groups(self.shuffle))
        while some := list(itertools.islice(groups, self.read_size)):
            served: list[Any] = []
            for keys in some:
                served += self.backing.fused_get(keys, presorted=True, buffer=None)
            if self.shuffle:
                random.shuffle(served)
            yield from served

    def __iter__(self) -> Iterator[list[T]]:
        """Lists of batch_size objects; the last may be shorter."""
        objects = self.stream()
        while batch := list(itertools.islice(objects, self.batch_size)):
            yield batch


__all__ = ["BlockShuffleBatch", "block_ownership"]

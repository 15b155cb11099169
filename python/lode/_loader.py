"""Batches of a record store, in an order that is a function of seed, epoch and position."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Optional

import numpy as np
import numpy.typing as npt

from . import _lode
from ._batch import thread_count

if TYPE_CHECKING:
    from .records import Batch, Store


def _worker() -> tuple[int, int]:
    """Which worker of a torch DataLoader this is, of how many."""
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data is not None else None
    return (0, 1) if info is None else (info.id, info.num_workers)


class Loader:
    """Batches of a store's records, resumable, for one rank of many.

    order: 'sequential'; 'random', any record any time; or 'quasi_random', which is near it and
    reads the file in stretches: records are drawn from `window` stretches of `stretch` records
    that are open at a time. It is a function of (seed, epoch) alone; of it rank r of `ranks` takes
    every ranks-th batch, from the r-th on. Iterating gives Batches; ``state`` is where it stands,
    and Loader(..., state=state) goes on there. ``loader[i]`` is any batch of the epoch, so that
    torch's DataLoader(loader, batch_size=None, num_workers=N) reads them in parallel, in order: it
    makes a list of tensors of each, or leaves them as they are with a collate_fn that does.
    """

    def __init__(
        self,
        store: Store,
        batch_size: int,
        *,
        order: str = "random",
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        ranks: int = 1,
        window: int = 6,
        stretch: int = 4096,
        threads: int = 1,
        drop_last: bool = False,
        state: Optional[dict[str, int]] = None,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < ranks or window < 1 or stretch < 1:
            raise ValueError("batch_size, window, stretch are at least 1, and 0 <= rank < ranks")
        if order not in ("sequential", "random", "quasi_random"):
            raise ValueError("order is 'sequential', 'random' or 'quasi_random'")
        self.store, self.batch_size, self.order, self.seed = store, batch_size, order, seed
        self.rank, self.ranks, self.window, self.stretch = rank, ranks, window, stretch
        self.threads, self.drop_last = thread_count(threads), drop_last
        self.state = dict(state) if state else {"epoch": epoch, "batch": 0}

    def permutation(self) -> npt.NDArray[np.int64]:
        """The order of this epoch, all of it: numbers of records, the same in every process."""
        return self._numbers(0, len(self.store))

    def _numbers(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """Numbers at some positions of the order; nothing is kept, however many records there
        are."""
        if self.order == "sequential":
            return np.arange(first, first + count, dtype=np.int64)
        numbers = np.empty(count, np.int64)
        stretch = 0 if self.order == "random" else self.stretch
        _lode.order(self.seed & (2**64 - 1), self.state["epoch"], len(self.store), stretch,
                    self.window, first, numbers)  # fmt: skip
        return numbers

    def __len__(self) -> int:
        """Batches of this rank in an epoch."""
        n = len(self.store)
        batches = n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return max(0, -(-(batches - self.rank) // self.ranks))

    def __getitem__(self, i: int) -> Batch:
        """Batch i of this rank and epoch: for torch's DataLoader, with batch_size=None and any
        number of workers, and for Grain. IndexError behind the last."""
        i = range(len(self))[i]
        first = (i * self.ranks + self.rank) * self.batch_size
        numbers = self._numbers(first, min(self.batch_size, len(self.store) - first))
        return self.store.get_many(numbers, threads=self.threads)

    def __iter__(self) -> Iterator[Batch]:
        """The batches from ``state`` on. In a worker of torch those that fall to it: every
        workers-th of the epoch."""
        worker, workers = _worker()
        while self.state["batch"] < len(self):
            i = self.state["batch"]
            self.state["batch"] += 1
            if i % workers == worker:
                yield self[i]
        self.state = {"epoch": self.state["epoch"] + 1, "batch": 0}

    def set_epoch(self, epoch: int) -> None:
        """The begin of that epoch. To be called before workers start."""
        self.state = {"epoch": int(epoch), "batch": 0}

    def __repr__(self) -> str:
        return f"<lode.records.Loader: {len(self):,} batches of {self.batch_size}, {self.order}>"

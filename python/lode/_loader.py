"""Batches of a record store, in an order that is a function of seed, epoch and position."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import numpy.typing as npt

from . import _lode
from ._batch import thread_count

if TYPE_CHECKING:
    from ._store import Store


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
    every ranks-th batch, from the r-th on. A batch is what at_many gives; with arrays=True, of a
    store of arrays of one dtype and shape, what arrays_at gives: (batch_size, *shape).

    Iterating goes on where it was left, and to the next epoch when it is asked for again behind the
    last batch: ``state`` is where it stands, and Loader(..., state=state) goes on there; ValueError
    where the other arguments are not those that the state is of.

    ``loader[i]`` is batch i of the epoch, so that torch's DataLoader(loader, batch_size=None,
    num_workers=N) reads batches in parallel, in order. (It makes a list of tensors of each Batch,
    or leaves them as they are with a collate_fn that does.) The position is DataLoader's then:
    `state` does not move, sampler=range(done, len(loader)) resumes, and set_epoch(e) before workers
    start, so without persistent_workers, gives the next epoch.
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
        arrays: bool = False,
        state: Optional[dict[str, Any]] = None,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < ranks:
            raise ValueError("batch_size is at least 1, and 0 <= rank < ranks")
        if not 1 <= window < 2**63 or not 1 <= stretch < 2**63:
            raise ValueError("window and stretch are at least 1")
        if order not in ("sequential", "random", "quasi_random"):
            raise ValueError("order is 'sequential', 'random' or 'quasi_random'")
        self.store, self.batch_size, self.order = store, batch_size, order
        self.seed = operator.index(seed)
        self.rank, self.ranks, self.window, self.stretch = rank, ranks, window, stretch
        self.threads, self.drop_last, self.arrays = thread_count(threads), drop_last, arrays
        self.set_epoch(epoch)
        if state is not None:
            self._resume(state)

    def _made_with(self) -> dict[str, Any]:
        """What the order and its batches depend on, beside the epoch."""
        made = ["order", "seed", "batch_size", "ranks", "drop_last"]
        made += ["window", "stretch"] if self.order == "quasi_random" else []
        return {"records": len(self.store), **{name: getattr(self, name) for name in made}}

    @property
    def state(self) -> dict[str, Any]:
        """Where iterating stands: the next batch of this rank, and what it was made with."""
        return {"epoch": self._epoch, "batch": self._batch, **self._made_with()}

    def _resume(self, state: dict[str, Any]) -> None:
        for name, own in self._made_with().items():
            if name in state and state[name] != own:
                raise ValueError(f"the state is of {name}={state[name]!r}, and not {own!r}")
        epoch, batch = (operator.index(state[name]) for name in ("epoch", "batch"))
        self.set_epoch(epoch)
        if not 0 <= batch <= len(self):
            raise ValueError(f"the state is of batch {batch}: there are {len(self)}")
        self._batch = batch

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
        _lode.order(self.seed & (2**64 - 1), self._epoch, len(self.store), stretch,
                    self.window, first, numbers)  # fmt: skip
        return numbers

    def __len__(self) -> int:
        """Batches of this rank in an epoch."""
        n = len(self.store)
        batches = n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return max(0, -(-(batches - self.rank) // self.ranks))

    def __getitem__(self, i: int) -> Any:
        """Batch i of this rank and epoch. IndexError behind the last."""
        i = range(len(self))[i]
        first = (i * self.ranks + self.rank) * self.batch_size
        numbers = self._numbers(first, min(self.batch_size, len(self.store) - first))
        read = self.store.arrays_at if self.arrays else self.store.at_many
        return read(numbers, threads=self.threads)

    def __iter__(self) -> Iterator[Any]:
        """The batches from ``state`` on. In a worker of torch those that fall to it: every
        workers-th of the epoch."""
        worker, workers = _worker()
        while self._batch < len(self):
            i = self._batch
            self._batch += 1
            if i % workers == worker:
                yield self[i]
        self.set_epoch(self._epoch + 1)

    def set_epoch(self, epoch: int) -> None:
        """The begin of that epoch, 0 to 2**63 - 1."""
        if not 0 <= operator.index(epoch) < 2**63:
            raise ValueError(f"epoch is {epoch}")
        self._epoch, self._batch = operator.index(epoch), 0

    def __repr__(self) -> str:
        return f"<lode.records.Loader: {len(self):,} batches of {self.batch_size}, {self.order}>"

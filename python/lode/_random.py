"""Random numbers that are a function of their arguments alone: the same in any worker."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SHIFT, FLIP, PLACE, LETTER = range(4)  # streams


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection that scatters counters."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def draw(seed: int, epoch: int, stream: int, index: npt.NDArray[np.int64]) -> Any:
    """Random uint64 for each index: a function of the arguments alone."""
    with np.errstate(over="ignore"):
        key = np.asarray([seed & (2**64 - 1)], np.uint64)
        for part in (epoch, stream):
            key = _mix(key + np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(part & (2**64 - 1))
        return _mix(_mix(key) + (index.astype(np.uint64) + np.uint64(1)) * np.uint64(
            0x9E3779B97F4A7C15
        ))  # fmt: skip

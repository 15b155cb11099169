"""fastar-loader's helpers, by tables of 256 entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

_SEQUENCE = np.full(256, 4, np.int64)
_COMPLEMENT = np.full(256, 4, np.int64)
for _i, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
    for _letter in _letters:
        _SEQUENCE[ord(_letter)] = _i
        _COMPLEMENT[ord(_letter)] = 3 - _i


def _bytes(ascii: Union[npt.NDArray[np.uint8], bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(ascii, np.uint8) if isinstance(ascii, bytes) else np.asarray(ascii)


def translate_integers(
    array: npt.NDArray[Any], mapping: Mapping[int, int], dtype: Optional[npt.DTypeLike] = None
) -> npt.NDArray[Any]:
    """Each integer by its value in mapping; KeyError for one that has none."""
    unique, inverse = np.unique(array, return_inverse=True)
    values = np.array([mapping[int(i)] for i in unique], dtype or array.dtype)
    return values[inverse].reshape(array.shape)


def ascii_to_sequence(
    ascii: Union[npt.NDArray[np.uint8], bytes], reverse_complement: bool = False
) -> npt.NDArray[np.int64]:
    """A C G T (and U) of either case to 0 1 2 3, all else to 4, as int64.

    >>> ascii_to_sequence(b"ACgtN", reverse_complement=True)
    array([4, 0, 1, 2, 3])
    """
    letters = _bytes(ascii)
    if reverse_complement:
        return _COMPLEMENT[np.flip(letters, -1)]
    return _SEQUENCE[letters]


def ascii_to_softmask(ascii: Union[npt.NDArray[np.uint8], bytes]) -> npt.NDArray[np.bool_]:
    """True for letters a-z.

    >>> ascii_to_softmask(b"aC")
    array([ True, False])
    """
    letters = _bytes(ascii)
    return (letters >= ord("a")) & (letters <= ord("z"))

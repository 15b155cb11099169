"""What bases become: tables of 256 entries that the C library applies while it decodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _lode

_DTYPES = {"uint8": 0, "int8": 1, "int32": 2, "int64": 3, "float16": 4, "bfloat16": 5, "float32": 6}
_PRESETS = ("onehot", "enformer", "borzoi", "tangermeme", "grelu", "hyena")
_BYTES, _TABLE, _ONEHOT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Encoding:
    """How bases are stored.

    table: for ids, shape (256,); for one-hot, (256, channels); its dtype is the output's: uint8,
    int8, int32, int64, float16, float32, or bfloat16 as uint16 bits with ``bfloat16=True``.
    channels_first: one-hot as (channels, L) instead of (L, channels).
    pad: the base, before encoding, that stands outside the contig.
    random_n: N and n of a contig become letters A C G T first, of the same case, drawn evenly: a
    function of a seed (see Index.fetch_many), contig and position, so both strands and windows that
    overlap agree. Not in protein, nor in pads.
    """

    table: npt.NDArray[Any]
    channels_first: bool = False
    pad: str = "N"
    bfloat16: bool = False
    random_n: bool = False

    def __post_init__(self) -> None:
        table = np.ascontiguousarray(self.table)
        if table.shape[:1] != (256,) or table.ndim > 2 or (table.ndim == 2 and table.shape[1] < 1):
            raise ValueError(f"a table has shape (256,) or (256, channels), not {table.shape}")
        name = "bfloat16" if self.bfloat16 else table.dtype.name
        if name not in _DTYPES or (self.bfloat16 and table.dtype != np.uint16):
            raise ValueError(f"a table of {table.dtype} cannot be stored: {', '.join(_DTYPES)}")
        if len(self.pad) != 1 or ord(self.pad) > 255:
            raise ValueError("pad is one letter")
        object.__setattr__(self, "table", table)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the output (uint16 for bfloat16)."""
        return self.table.dtype

    @property
    def channels(self) -> int:
        """Elements per base; 0 for ids."""
        return self.table.shape[1] if self.table.ndim == 2 else 0

    def shape(self, n: int, length: int) -> tuple[int, ...]:
        """Shape of n windows of a length: (n, length), (n, length, channels) or
        (n, channels, length)."""
        if self.table.ndim == 1:
            return (n, length)
        pair = (self.channels, length) if self.channels_first else (length, self.channels)
        return (n, *pair)

    def native(self, strides: tuple[int, ...]) -> _lode.Encoding:
        """The same for the C library; strides in bytes of one window, without its first axis."""
        code = _DTYPES["bfloat16" if self.bfloat16 else self.table.dtype.name]
        flat = self.table.reshape(-1).view(np.uint8)
        if self.table.ndim == 1:
            return _lode.Encoding(_TABLE, code, 0, strides[0], 0, flat)
        channel, position = strides if self.channels_first else strides[::-1]
        return _lode.Encoding(_ONEHOT, code, self.channels, position, channel, flat)


def native_bytes(stride: int = 0) -> _lode.Encoding:
    return _lode.Encoding(_BYTES, 0, 0, stride, 0, None)


def onehot(
    dtype: npt.DTypeLike = np.float32,
    *,
    n: Union[float, str] = 0.0,
    channels_first: bool = False,
    alphabet: str = "ACGT",
    pad: str = "N",
) -> Encoding:
    """One-hot of an alphabet, either case; every other letter is n in each channel.

    n="random": N is drawn (Encoding.random_n); other letters, and pads, are 0.

    >>> onehot(np.uint8).table[ord("g")]
    array([0, 0, 1, 0], dtype=uint8)
    """
    if isinstance(n, str) and n != "random":
        raise ValueError("n is a number or 'random'")
    random_n, n = n == "random", 0.0 if isinstance(n, str) else n
    table = np.full((256, len(alphabet)), n, dtype=dtype)
    if n and not np.issubdtype(table.dtype, np.floating):
        raise ValueError("n other than 0 needs a floating-point dtype")
    for i, letter in enumerate(alphabet):
        for c in (letter.upper(), letter.lower()):
            table[ord(c)] = 0
            table[ord(c), i] = 1
    return Encoding(table, channels_first, pad, random_n=random_n)


def ids(
    mapping: dict[str, int],
    *,
    other: int,
    dtype: npt.DTypeLike = np.int64,
    fold_case: bool = True,
    pad: str = "N",
) -> Encoding:
    """A number for each letter; `other` for those that mapping does not name.

    >>> int(ids({"A": 7, "C": 8}, other=11).table[ord("c")])
    8
    """
    table = np.full(256, other, dtype=dtype)
    for letter, value in mapping.items():
        for c in {letter, letter.upper(), letter.lower()} if fold_case else {letter}:
            table[ord(c)] = value
    return Encoding(table, False, pad)


def preset(name: str, dtype: Optional[npt.DTypeLike] = None) -> Encoding:
    """The encoding of a known model: enformer, borzoi, tangermeme, grelu, hyena; or onehot().

    enformer: (L, 4) float32, N = 0, outside = 0.25 (enformer-pytorch's '.').
    borzoi: (L, 4) float32, N = 0, as training reads baskerville's bool; with n_uniform that is
    onehot(np.float16, n=0.25). tangermeme: (4, L) int8, N = 0. grelu: (4, L) float32, N = 0.
    hyena: int64 ids, A C G T N = 7 8 9 10 11, outside [PAD] = 4, other letters, lower case among
    them, [UNK] = 6: read a soft-masked genome with upper=True.

    Elsewhere lower case counts as upper case, as their readers of FASTA make it; a letter that they
    refuse is 0. tests/golden_presets.json holds what they gave, with versions.
    """
    if name == "enformer":
        encoding = onehot(dtype or np.float32, pad=".")
        encoding.table[ord(".")] = 0.25
        return encoding
    if name in ("onehot", "borzoi"):
        return onehot(dtype or np.float32)
    if name == "tangermeme":
        return onehot(dtype or np.int8, channels_first=True)
    if name == "grelu":
        return onehot(dtype or np.float32, channels_first=True)
    if name == "hyena":
        outside = "\x01"  # no letter of a FASTA
        letters = {**dict(zip("ACGTN", range(7, 12))), outside: 4}
        return ids(letters, other=6, dtype=dtype or np.int64, fold_case=False, pad=outside)
    raise ValueError(f"no preset {name!r}: {', '.join(_PRESETS)}")


def chosen(encoding: Any) -> Optional[Encoding]:
    """What is given as encoding=: an Encoding, the name of a preset, or None for bytes."""
    if encoding is None or isinstance(encoding, Encoding):
        return encoding
    if isinstance(encoding, str):
        return preset(encoding)
    what = getattr(encoding, "__name__", None) or repr(encoding)
    raise TypeError(
        "encoding is an Encoding, as lode.onehot() and lode.ids() make it, the name of a preset "
        f"({', '.join(_PRESETS)}), or None, not {what}"
    )

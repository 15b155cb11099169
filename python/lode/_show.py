"""Bases as a notebook shows them."""

from __future__ import annotations

import html
from typing import Any, Union

import numpy as np
import numpy.typing as npt

_COLOURS = {"A": "#2a7f3f", "C": "#2456a6", "G": "#b8860b", "T": "#b22222", "U": "#b22222"}
_LINES = 12  # then an ellipsis


def _text(bases: Union[str, bytes, npt.NDArray[np.uint8], Any]) -> str:
    if isinstance(bases, str):
        return bases
    if isinstance(bases, (bytes, bytearray, memoryview)):
        return bytes(bases).decode("latin-1")
    array = np.asarray(bases)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise ValueError(f"bases are uint8 of one dimension, not {array.dtype} of {array.shape}")
    return array.tobytes().decode("latin-1")


class Shown:
    """A stretch of bases: short as text, in lines and colours as HTML. Made by lode.show()."""

    def __init__(self, text: str, start: int, width: int) -> None:
        self.text, self.start, self.width = text, start, width

    def __len__(self) -> int:
        return len(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        short = self.text if len(self.text) <= 40 else f"{self.text[:24]}...{self.text[-13:]}"
        return f"<{short}: {len(self.text):,} bases>"

    def _line(self, at: int) -> str:
        """One line: its first position, 1-based, then bases; equal neighbours share a span."""
        parts: list[str] = []
        line = self.text[at : at + self.width]
        i = 0
        while i < len(line):
            k = i + 1
            while k < len(line) and line[k] == line[i]:
                k += 1
            colour = _COLOURS.get(line[i].upper(), "#888")
            parts.append(f'<span style="color:{colour}">{html.escape(line[i:k])}</span>')
            i = k
        return f'<span style="color:#888">{self.start + at + 1:>12,}</span> {"".join(parts)}'

    def _repr_html_(self) -> str:
        lines = [self._line(at) for at in range(0, len(self.text), self.width)[:_LINES]]
        if len(self.text) > _LINES * self.width:
            lines.append(f"{'...':>12} {len(self.text):,} bases")
        return f"<pre>{chr(10).join(lines)}</pre>"


def show(bases: Any, start: int = 0, *, width: int = 60) -> Shown:
    """Bases (str, bytes, or a uint8 array, as fetch() gives) for a notebook: lines with colours.

    start: position of the first base, 0-based; lines are numbered 1-based, as genome browsers do.
    ValueError for what is not bases.

    >>> show(b"acgtN" * 20)
    <acgtNacgtNacgtNacgtNacgt...tNacgtNacgtN: 100 bases>
    """
    if width < 1:
        raise ValueError("width is at least 1")
    return Shown(_text(bases), start, width)

"""Plots for notebooks. matplotlib is used where it is there; lode does not need it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ._index import Index


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return plt.subplots(figsize=(8, 3))[1]


def n50(lengths: npt.NDArray[np.int64]) -> int:
    """The length such that contigs at least this long hold half of the bases."""
    if not len(lengths):
        return 0
    longest = np.sort(lengths)[::-1]
    total = np.cumsum(longest)
    return int(longest[np.searchsorted(total, total[-1] / 2)])


def plot_lengths(index: Index, source: Optional[str], ax: Any) -> Any:
    first, count = 0, index.contig_count
    if source is not None:
        first, count, _ = index.source_range(index.source_number(source))
    lengths = index.lengths(np.arange(first, first + count))
    longest = np.sort(lengths)[::-1]
    ax = _axes(ax)
    ax.step(np.arange(1, count + 1), longest, where="mid")
    if count > 100:
        ax.set_xscale("log")
    if count and longest[0] > 100 * max(int(longest[-1]), 1):
        ax.set_yscale("symlog", linthresh=10)
    middle = n50(lengths)
    ax.axhline(middle, linestyle="--", linewidth=1, color="#888", label=f"N50 {middle:,}")
    ax.set_xlabel("contigs, longest first")
    ax.set_ylabel("bases")
    ax.set_title(f"{count:,} contigs, {int(lengths.sum()):,} bases")
    ax.legend(loc="upper right")
    return ax


def shares(
    index: Index, contig: int, bins: int
) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float64]]]:
    """Borders of up to so many windows of about one length, and in each the shares of N and lower
    case among all bases and of G and C among A C G T U."""
    length = index.contig_length(contig)
    borders = np.unique(np.linspace(0, length, min(bins, max(length, 1)) + 1).astype(np.int64))
    if len(borders) < 2:
        raise ValueError("the contig is empty: there is nothing to plot")
    found = index.composition(contig, borders[:-1], borders[1:])
    whole = found.bases.astype(float)
    parts = {"N": found.n / whole, "soft mask": found.lower / whole, "G+C": found.gc_fraction}
    return borders, parts


def plot_contig(index: Index, contig: int, bins: int, ax: Any) -> Any:
    if bins < 1:
        raise ValueError("bins is at least 1")
    borders, parts = shares(index, contig, bins)
    middles = (borders[:-1] + borders[1:]) / 2
    ax = _axes(ax)
    for label, colour in (("N", "#888"), ("soft mask", "#7aa6d8"), ("G+C", "#b22222")):
        ax.plot(middles, parts[label], label=label, linewidth=1, color=colour)
    ax.set_xlim(0, int(borders[-1]))
    ax.set_ylim(0, 1)
    ax.set_xlabel(f"{index.contig_name(contig)}, bases")
    ax.set_ylabel("share")
    ax.legend(loc="upper right")
    return ax

"""What a notebook shows: HTML and plots, against the text."""

from __future__ import annotations

import re

import lode
import numpy as np
import pytest


def text_of_html(page: str) -> str:
    return re.sub("<[^>]*>", "", page)


def test_show(ix, genome):
    for bases in (ix.fetch("chr1", 100, 1000), genome["chr1"][100:1000]):
        shown = lode.show(bases, 100)
        assert str(shown) == genome["chr1"][100:1000] and len(shown) == 900
        assert len(repr(shown)) < 80
        lines = text_of_html(shown._repr_html_()).split("\n")
        assert len(lines) == 13 and lines[-1].split() == ["...", "900", "bases"]
        for k, line in enumerate(lines[:-1]):
            number, bases_shown = line.split()
            assert int(number.replace(",", "")) == 100 + 60 * k + 1
            assert bases_shown == genome["chr1"][100 + 60 * k : 160 + 60 * k]
    assert "<script" not in lode.show("<script>alert(1)")._repr_html_()
    for bad in (np.zeros((2, 2), np.uint8), np.zeros(3), 7):
        with pytest.raises(ValueError):
            lode.show(bad)


def test_sequence_as_html(fasta, genome):
    from lode.compat.pyfaidx import Fasta

    page = Fasta(fasta)["chr1"][100:130]._repr_html_()
    lines = text_of_html(page.replace("<pre>", "\n")).split("\n")
    assert lines[0] == "&gt;chr1:101-130"
    assert lines[1].split() == ["1", genome["chr1"][100:130]]


def test_source_as_html(collection):
    many, genomes = collection
    page = text_of_html(many["sub/b"]._repr_html_())
    for name, bases in genomes["sub/b"].items():
        assert name in page and f"{len(bases):,}" in page


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib", reason="NO matplotlib: plots are not tested")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_plot_lengths(plt, ix, genome):
    ax = ix.plot_lengths()
    lengths = sorted(map(len, genome.values()), reverse=True)
    assert ax.lines[0].get_ydata().tolist() == lengths
    half = sum(lengths) / 2
    n50 = next(n for k, n in enumerate(lengths) if sum(lengths[: k + 1]) >= half)
    assert ax.lines[1].get_ydata()[0] == n50
    own = plt.subplots()[1]
    assert ix[ix.sources[0]].plot_lengths(own) is own


def test_plot_contig(plt, ix, genome):
    ax = ix.plot_contig("chr2", bins=37)
    drawn = {line.get_label(): line for line in ax.lines}
    middles = drawn["N"].get_xdata()
    text, width = genome["chr2"], len(genome["chr2"]) / 37
    assert len(middles) == 37 and np.allclose(middles, (np.arange(37) + 0.5) * width, atol=1)
    borders = np.linspace(0, len(text), 38).astype(int)
    for k, (a, b) in enumerate(zip(borders, borders[1:])):
        part = text[a:b]
        gc = sum(part.lower().count(c) for c in "gc")
        acgt = gc + sum(part.lower().count(c) for c in "at")
        assert drawn["N"].get_ydata()[k] == part.lower().count("n") / len(part)
        assert drawn["soft mask"].get_ydata()[k] == sum(c.islower() for c in part) / len(part)
        assert drawn["G+C"].get_ydata()[k] == pytest.approx(gc / acgt)
    assert len(ix.plot_contig("chr4").lines[0].get_xdata()) == 1  # one base
    with pytest.raises(KeyError):
        ix.plot_contig("nowhere")
    with pytest.raises(ValueError, match="bins"):
        ix.plot_contig("chr2", bins=0)


def test_plots_say_what_they_need(ix, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        ix.plot_lengths()

#!/usr/bin/env python3
"""Draws docs/speed.svg from the rows that scripts/bench.sh --json FILE writes.

plot.py FILE.json > speed.svg
"""
import json
import math
import sys
from html import escape

LABELS = {
    "open_1m": "open 1,000,000 contigs, look one up",
    "open_1m_memory": "private memory after that",
    "get60_plain": "random 60 b, plain FASTA",
    "get60_bgzf_up": "random 60 b, BGZF, upper case",
    "get60_bgzf_sm": "random 60 b, BGZF, soft-masked",
    "get10k_bgzf_up": "random 10 kb, BGZF, upper case",
    "get10k_bgzf_sm": "random 10 kb, BGZF, soft-masked",
    "get196k_bgzf_up": "random 196,608 b, BGZF, upper case",
    "get196k_bgzf_sm": "random 196,608 b, BGZF, soft-masked",
    "index_bgzf_t2_up": "index BGZF, 2 threads, upper case",
    "index_bgzf_t2": "index BGZF, 2 threads, soft-masked",
    "index_bgzf_t1": "index BGZF, 1 thread, soft-masked",
    "genomes_10k": "10,000 genomes: open, find, read 60 b",
    "genomes_10k_add": "add one to 10,000 genomes, against *",
    "genomes_10k_add_t1": "the same with one thread, against *",
    "lookup_1m_batch": "one name of 1,000,000, in batches",
    "lookup_1m": "one name of 1,000,000",
}
LEFT, PLOT, LINE, TOP, RIGHT = 300, 380, 22, 62, 190
LOW, HIGH = 0.5, 100000


def x_of(ratio):
    share = math.log10(max(ratio, LOW) / LOW) / math.log10(HIGH / LOW)
    return LEFT + PLOT * share


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bars(rows):
    for i, (name, label) in enumerate(LABELS.items()):
        row, y = rows[name], TOP + i * LINE
        ratio, one = row["peer"] / row["ours"], x_of(1)
        begin, end = sorted((one, x_of(ratio)))
        kind = "win" if ratio >= 1 else "lose"
        told = f"{number(row['ours'])} against {number(row['peer'])} {row['unit']}"
        yield (f'<text x="{LEFT - 8}" y="{y + 13}" class="label">{escape(label)}</text>'
               f'<rect x="{begin:.1f}" y="{y + 2}" width="{max(end - begin, 1):.1f}" height="15" '
               f'class="{kind}"/>'
               f'<text x="{end + 5:.1f}" y="{y + 13}"><tspan class="times">{number(ratio)}x'
               f'</tspan> {told}</text>')


def axis(bottom):
    for ratio in (1, 10, 100, 1000, 10000, 100000):
        x = x_of(ratio)
        yield (f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>'
               f'<text x="{x:.1f}" y="{TOP - 11}" class="tick">{ratio:,}x</text>')


def plot(rows):
    rows = {row["row"]: row for row in rows}
    bottom = TOP + len(LABELS) * LINE
    width, height = LEFT + PLOT + RIGHT, bottom + 28
    version = next(r["peer_version"] for r in rows.values() if r["peer_name"].startswith("htslib"))
    title = f"How many times faster, or smaller, than htslib {version} (log scale)"
    star = "* copying the old index, a fingerprint of each source, and indexing the new one, one by one"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        "<style>text{font:11px system-ui,sans-serif;fill:#1b2733}.label{text-anchor:end}"
        ".tick{text-anchor:middle;fill:#6b7f93}.note{fill:#6b7f93}.times{font-weight:600}"
        ".head{font-size:14px;font-weight:600}line{stroke:#d5dee6}.win{fill:#2f7fb8}"
        ".lose{fill:#c8553d}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="16" y="24" class="head">{escape(title)}</text>',
        *axis(bottom), *bars(rows),
        f'<text x="16" y="{bottom + 18}" class="note">{escape(star)}</text>', "</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(plot(json.load(file)))

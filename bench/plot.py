#!/usr/bin/env python3
"""Draws docs/speed.svg from the rows that scripts/bench.sh --json FILE writes.

plot.py FILE.json > speed.svg
"""
import json
import math
import sys
from html import escape

GROUPS = {
    "A million contigs": {
        "open_1m": "open, look one up",
        "open_1m_memory": "private memory after that",
        "worker_private_kb": "private memory of the 8th worker, reading",
        "lookup_1m_batch": "one name, in batches",
        "lookup_1m": "one name",
    },
    "Random reads, ordinary BGZF": {
        "get60_bgzf_up": "60 b, upper case",
        "get60_bgzf_sm": "60 b, soft-masked",
        "get10k_bgzf_up": "10 kb, upper case",
        "get10k_bgzf_sm": "10 kb, soft-masked",
        "get196k_bgzf_up": "196,608 b, upper case",
        "get196k_bgzf_sm": "196,608 b, soft-masked",
        "onehot196k_bgzf_sm": "196,608 b to one-hot, against a loop",
    },
    "Random reads, plain FASTA": {
        "get60_plain": "60 b",
    },
    "Random reads, BGZF written by lode compress": {
        "get60_small": "60 b, --layout small, same file",
        "get60_small_vs_ordinary": "60 b, --layout small, htslib: ordinary BGZF",
        "get60_restart": "60 b, --layout restart, same file",
        "get10k_restart": "10 kb, --layout restart, same file",
    },
    "Random reads, packed index, against BGZF": {
        "get60_packed_up": "60 b, upper case",
        "get60_packed_sm": "60 b, soft-masked",
        "get10k_packed_sm": "10 kb, soft-masked",
        "get196k_packed_sm": "196,608 b, soft-masked",
        "onehot196k_packed_sm": "196,608 b to one-hot, against a loop",
    },
    "Random reads, packed index, against others": {
        "get60_packed_up_plain": "60 b, htslib on plain FASTA",
        "get196k_packed_up_plain": "196,608 b, htslib on plain FASTA",
        "get60_packed_2bit": "60 b, lib2bit with masks",
        "get196k_packed_2bit": "196,608 b, lib2bit with masks",
        "get60_packed_up_2bit": "60 b, lib2bit without masks",
        "get196k_packed_up_2bit": "196,608 b, lib2bit without masks",
        "get60_packed_up_load": "60 b, upper case, one load of 8 bytes",
        "get60_packed_load": "60 b, soft-masked, one load of 8 bytes",
        "get10k_packed_memcpy": "10 kb, memcpy of the bases",
        "get196k_packed_memcpy": "196,608 b, memcpy of the bases",
    },
    "Many reads in one call, 2 threads, against a loop": {
        "batch196k_bgzf_t2_up": "1,000 x 196,608 b, BGZF, upper case",
        "batch196k_bgzf_t2_sm": "1,000 x 196,608 b, BGZF, soft-masked",
        "batch196k_packed_t2_sm": "1,000 x 196,608 b, packed, soft-masked",
        "scan_bgzf_t2": "all sequence, front to back, BGZF",
    },
    "Indexing BGZF": {
        "index_bgzf_t2_up": "2 threads, upper case",
        "index_bgzf_t2": "2 threads, soft-masked",
        "index_bgzf_t1": "1 thread, soft-masked",
        "index_bgzf_pack_t2": "2 threads, soft-masked, --pack",
    },
    "10,000 genomes": {
        "genomes_10k": "open, find, read 60 b",
        "genomes_10k_add": "add one, against *",
        "genomes_10k_add_t1": "the same with one thread, against *",
    },
    "records by key, against LMDB": {
        "rec_text": "100,000 JSON texts of 800 b",
        "rec_text_dict": "the same, zstd with a dictionary",
        "rec_small": "2,000,000 of 64 to 512 b",
        "rec_floats": "5,000 arrays of 40 kB",
        "rec_text_dict_size": "size of the texts, packed",
        "rec_open_10m": "10,000,000 records: open, read one",
        "rec_worker_kb": "10,000,000 records: memory of the 8th process",
        "rec_worker1000_kb": "the same, 1,000 read",
        "rec_cold1000": "1,000 of 10,000,000, nothing in memory, one by one",
    },
}
LABELS = {row: label for rows in GROUPS.values() for row, label in rows.items()}
LEFT, PLOT, RIGHT = 280, 400, 220
LINE, HEAD, TOP = 19, 30, 58
LOW, HIGH = 0.1, 100000


def x_of(ratio):
    share = math.log10(min(max(ratio, LOW), HIGH) / LOW) / math.log10(HIGH / LOW)
    return LEFT + PLOT * share


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def kind(row):
    if row["peer"] < row["ours"]:
        return "lose"
    return "win" if "htslib" in row["peer_name"] or "faidx" in row["peer_name"] else "other"


def bar(row, label, y):
    ratio, one = row["peer"] / row["ours"], x_of(1)
    begin, end = sorted((one, x_of(ratio)))
    told = f"{number(row['ours'])} against {number(row['peer'])} {row['unit']}"
    return (f'<text x="{LEFT - 10}" y="{y + 12}" class="label">{escape(label)}</text>'
            f'<rect x="{begin:.1f}" y="{y + 2}" width="{max(end - begin, 1):.1f}" height="13" '
            f'rx="1.5" class="{kind(row)}"/>'
            f'<text x="{end + 6:.1f}" y="{y + 12}" class="value"><tspan class="times">{number(ratio)}x'
            f'</tspan> <tspan class="told">{told}</tspan></text>')


def lines(rows):
    """The marks of all groups that have rows, and where they end."""
    marks, y = [], TOP
    for title, labels in GROUPS.items():
        there = [name for name in labels if name in rows]
        if not there:
            continue
        marks.append(f'<text x="16" y="{y + 20}" class="group">{escape(title)}</text>')
        y += HEAD
        for name in there:
            marks.append(bar(rows[name], labels[name], y))
            y += LINE
    return marks, y


def axis(bottom):
    for ratio in (0.1, 1, 10, 100, 1000, 10000, 100000):
        x = x_of(ratio)
        yield (f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{bottom}" '
               f'class="{"one" if ratio == 1 else "grid"}"/>'
               f'<text x="{x:.1f}" y="{TOP - 10}" class="tick">{ratio:,}x</text>')


def key(y):
    entries = (("win", "htslib is slower"), ("other", "another peer is slower"),
               ("lose", "lode is slower"))
    for i, (name, text) in enumerate(entries):
        x = 16 + 160 * i
        yield (f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="1.5" class="{name}"/>'
               f'<text x="{x + 15}" y="{y}" class="note">{text}</text>')


def plot(rows):
    rows = {row["row"]: row for row in rows}
    marks, bottom = lines(rows)
    width, height = LEFT + PLOT + RIGHT, bottom + 52
    version = next(r["peer_version"] for r in rows.values() if r["peer_name"].startswith("htslib"))
    title = f"How many times faster, or smaller, than htslib {version} and others (log scale)"
    star = "* copying the old index, a fingerprint of each source, and indexing the new one, one by one"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        "<style>text{font:11px system-ui,'DejaVu Sans',sans-serif;fill:#1b2733}"
        ".label{text-anchor:end}.tick{text-anchor:middle;fill:#6b7f93}.note,.told{fill:#5d7083}"
        ".times,.group{font-weight:600}.group{fill:#2b4a66}.head{font-size:14px;font-weight:600}"
        ".grid{stroke:#e3e9ee}.one{stroke:#93a5b5}.win{fill:#2f7fb8}.other{fill:#3b9a86}"
        ".lose{fill:#c8553d}.value{paint-order:stroke;stroke:#fff;stroke-width:3px}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="16" y="24" class="head">{escape(title)}</text>',
        *axis(bottom + 4), *marks, *key(bottom + 24),
        f'<text x="16" y="{bottom + 42}" class="note">{escape(star)}</text>', "</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(plot(json.load(file)))

#!/usr/bin/env python3
"""The table in README.md, from the rows that scripts/bench.sh --json FILE writes.

table.py FILE.json            prints it
table.py FILE.json README.md  puts it between its marks there
"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import plot  # noqa: E402

BEGIN, END = "<!-- speed:begin -->\n", "<!-- speed:end -->\n"


def number(value):
    """Three digits, and no power of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def line(row, label):
    times = number(row["ratio"]) + "x"
    if row["ratio"] < 1:
        times = f"**{times}**"
    return (f"| {label} | {number(row['ours'])} {row['unit']} | {number(row['peer'])} {row['unit']} | "
            f"{times} | {row['peer_name']} |")


def table(rows):
    by_name = {row["row"]: row for row in rows}
    lines = ["| | lode | other | | other is |", "|---|---:|---:|---:|---|"]
    for group, labels in plot.GROUPS.items():
        there = [line(by_name[name], label) for name, label in labels.items() if name in by_name]
        if there:
            lines += [f"| **{group}** | | | | |", *there]
    return "\n".join(lines) + "\n"


def put(text, rows):
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table(rows)}\n{END}{tail}"


def main():
    rows = json.loads(Path(sys.argv[1]).read_text())
    if len(sys.argv) < 3:
        print(table(rows), end="")
        return
    readme = Path(sys.argv[2])
    readme.write_text(put(readme.read_text(), rows))


if __name__ == "__main__":
    main()

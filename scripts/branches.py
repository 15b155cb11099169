"""Which branches of format/ no test takes, from a build with gcov that was run.

    branches.py BUILD LIST

LIST has a line for each source line of format/ with a branch that is not taken: file, the line's
text, why, between tabs. Fails where a line is missing there; says which ones need not be there.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile


def taken(build, root):
    """(file, line number) -> how often each branch of it was taken, over all objects."""
    counts = collections.defaultdict(list)
    parts = ("format/CMakeFiles/lode_format.dir", "lib/CMakeFiles/lode_objects.dir")
    for data in sorted(d for part in parts for d in (build / part).glob("*.gcda")):
        with tempfile.TemporaryDirectory() as scratch:
            run = subprocess.run(
                ["gcov", "--branch-probabilities", "--json-format", "--stdout", data.resolve()],
                capture_output=True,
                text=True,
                check=True,
                cwd=scratch,
            )
        for report in map(json.loads, run.stdout.splitlines()):
            for file in report["files"]:
                path = pathlib.Path(report["current_working_directory"], file["file"]).resolve()
                if path.parent != root / "format":
                    continue
                for line in file["lines"]:
                    old = counts[path.name, line["line_number"]]
                    new = [b["count"] for b in line["branches"]]
                    old.extend([0] * (len(new) - len(old)))
                    for i, count in enumerate(new):
                        old[i] += count
    return counts


def main():
    build, listed = map(pathlib.Path, sys.argv[1:])
    root = pathlib.Path(__file__).resolve().parent.parent
    counts = taken(build.resolve(), root)
    known = {tuple(line.split("\t")[:2]) for line in listed.read_text().splitlines()[1:]}
    missed = set()
    for (name, number), branches in sorted(counts.items()):
        if all(branches):
            continue
        text = (root / "format" / name).read_text().splitlines()[number - 1].strip()
        missed.add((name, text))
        if (name, text) not in known:
            print(f"format/{name}:{number}: not every branch is taken: {text}")
    for name, text in sorted(known - missed):
        print(f"{listed}: every branch is taken now: {name}: {text}")
    total = sum(map(len, counts.values()))
    if total == 0:
        sys.exit("branches.py: no counts: was it built with -DLODE_COVERAGE=ON and run?")
    untaken = sum(not b for branches in counts.values() for b in branches)
    print(f"format/: {total} branches, {untaken} not taken, all of them listed" if missed <= known
          else f"format/: {total} branches, {untaken} not taken")  # fmt: skip
    sys.exit(not missed <= known)


main()

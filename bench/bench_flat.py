"""What the check of a FlatBuffer costs: lode against flatbuffers::Verifier.

    python bench/bench_flat.py [--json FILE]

Both are called from Python with the same bytes: records.Schema.check, which reads the schema as
data, and by ctypes the Verifier with the code that flatc made of it. The first row is the cost of
a call, which checks the least FlatBuffer, a table without fields; it is taken off the others.
Best of interleaved rounds. Needs flatc, g++ and libflatbuffers-dev.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from lode import CorruptIndexError, records

SCHEMAS = pathlib.Path(__file__).resolve().parents[1] / "tests" / "flatbuffers"
sys.path.insert(0, str(SCHEMAS))
import verifier  # noqa: E402

CALLS, ROUNDS = 2000, 41


def frame(points, atoms):
    place, atom = {"x": 1, "y": 2, "z": 3}, {"element": "C", "charge": 1.5, "bonds": [1, 2, 3]}
    return {"name": "a frame of a molecule", "energy": -1.25, "elements": [6] * points,
            "positions": [place] * points, "forces": [place] * points, "atoms": [atom] * atoms,
            "tags": ["train", "relaxed", "dft"],
            "source": {"element": "H", "charge": 0.5}}  # fmt: skip


ROWS = {
    "flat_small": frame(4, 0),
    "flat_numbers": frame(1600, 0),
    "flat_tables": frame(0, 600),
}


def flatc(work, *args):
    subprocess.run(["flatc", "-o", work, "--binary", *args], check=True)


def sides_of(work, fbs, verify):
    flatc(work, "--schema", "--bfbs-builtins", fbs)
    return records.Schema(work / f"{fbs.stem}.bfbs"), verifier.build(work, fbs, verify)


def payload_of(work, fbs, data):
    text = work / "payload.json"
    text.write_text(json.dumps(data))
    flatc(work, fbs, text)
    return verifier.aligned((work / "payload.bin").read_bytes())


def passes(schema, array):
    try:
        schema.check(array)
    except CorruptIndexError:
        return False
    return True


def agree(schema, ok, array):
    """Both look at all of the bytes: neither takes them when more than 8 are missing."""
    at, n = array.ctypes.data, array.size
    assert passes(schema, array) and ok(at, n)
    for size in range(0, n - 8, max(1, n // 100)):
        assert not passes(schema, array[:size]) and not ok(at, size), size


def seconds(sides):
    """Of one call of each side, taken in turn."""
    best = [float("inf")] * len(sides)
    for _ in range(ROUNDS):
        for i, (call, args) in enumerate(sides):
            begin = time.perf_counter()
            for _ in range(CALLS):
                call(*args)
            best[i] = min(best[i], (time.perf_counter() - begin) / CALLS)
    return best


def measure(work):
    fbs = work / "empty.fbs"
    fbs.write_text("table Empty {} root_type Empty;\n")
    least = sides_of(work, fbs, "VerifyEmptyBuffer"), payload_of(work, fbs, {})
    frames = sides_of(work, SCHEMAS / "frame.fbs", "VerifyFrameBuffer")
    rows = [("flat_call", *least)]
    rows += [(k, frames, payload_of(work, SCHEMAS / "frame.fbs", v)) for k, v in ROWS.items()]
    off = (0, 0)
    for name, (schema, ok), array in rows:
        agree(schema, ok, array)
        times = seconds([(schema.check, (array,)), (ok, (array.ctypes.data, array.size))])
        ours, peer = (1e9 * (t - o) for t, o in zip(times, off))
        off = times if name == "flat_call" else off
        yield {"row": name, "bytes": array.size, "ours": ours, "peer": peer, "unit": "ns",
               "ratio": peer / ours, "peer_name": "Verifier"}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json")
    args = parser.parse_args()
    if (what := verifier.missing()) is not None:
        sys.exit(what)
    with tempfile.TemporaryDirectory() as work:
        rows = list(measure(pathlib.Path(work)))
    for r in rows:
        print(f"{r['row']:14} {r['bytes']:6} bytes {r['ours']:8.0f} {r['peer']:8.0f} {r['unit']}  "
              f"{r['ratio']:5.2f}x  {r['peer_name']}")  # fmt: skip
    if args.json:
        with open(args.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()

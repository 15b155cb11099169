"""Records from Python: lode against py-lmdb, and against a blosc2 schunk as vlstore uses it.

    python bench/bench_records.py DIR [--json FILE] [--records N]

DIR is for data. Both sides read the same keys in the same random order and copy each value out of
the map, lode to one buffer a batch of 1,024, py-lmdb to bytes; they were compared before. Medians
of interleaved rounds, caches warm.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import time

import numpy as np

from lode import records

BATCH, ROUNDS = 1024, 7
WORDS = (
    "liver kidney blood cortex paired single Illumina Nanopore control treated batch donor".split()
)


def texts(n):
    rng = random.Random(1)
    for i in range(n):
        fields = ", ".join(
            f'"{rng.choice(WORDS)}_{k}": "{rng.choice(WORDS)} {rng.choice(WORDS)}", '
            f'"value_{k}": {rng.random() * 1000:.3f}' for k in range(14)
        )  # fmt: skip
        yield f"rec{rng.getrandbits(48):012x}{i:x}", f'{{"id": "S{i:08d}", {fields}}}\n'.encode()


def median(sides, rounds=ROUNDS):
    """Seconds of each side, taken in turn; each returns what it read, which must be equal."""
    times, read = [[] for _ in sides], set()
    for side in sides:
        read.add(side())
    assert len(read) == 1, "the sides read different bytes"
    for k in range(rounds):
        for i in range(len(sides)):
            i = (i + k) % len(sides)
            begin = time.perf_counter()
            sides[i]()
            times[i].append(time.perf_counter() - begin)
    return [statistics.median(t) for t in times]


def against_lmdb(path, data, keys, rows):
    import lmdb

    env = lmdb.open(f"{path}/py.mdb", map_size=1 << 33, readahead=False)
    with env.begin(write=True) as txn:
        for key, value in data.items():
            txn.put(key.encode(), value)
    batches = [keys[first : first + BATCH] for first in range(0, len(keys), BATCH)]
    raw = [[k.encode() for k in batch] for batch in batches]

    def theirs():
        total = 0
        with env.begin() as txn:  # bytes: as ours, what is got was copied
            for batch in raw:
                total += sum(map(len, [txn.get(k) for k in batch]))
        return total

    for name, how in (("rec_py_text", {}), ("rec_py_text_dict", {"codec": "zstd", "level": 19})):
        if how:
            samples = list(data.values())[:: max(1, len(data) // 4000)]
            how = {**how, "dictionary": records.train(samples)}
        with records.create(f"{path}/{name}.lode", **how) as w:
            for key, value in data.items():
                w[key] = value
        store, out = records.open(f"{path}/{name}.lode"), np.empty(1 << 22, np.uint8)
        assert all(bytes(store[k]) == data[k] for k in keys[:1000])

        def ours():
            total = 0
            for batch in batches:
                total += len(store.get_many(batch, out).data)
            return total

        a, b = median([ours, theirs])
        rows.append(
            {"row": name, "ours": a / len(keys) * 1e6, "peer": b / len(keys) * 1e6, "unit": "us",
             "ratio": b / a, "peer_name": "py-lmdb", "peer_version": lmdb.__version__}
        )  # fmt: skip


def against_blosc2(path, data, keys, rows):
    import blosc2

    chunk, places, buf = 1 << 22, {}, bytearray()
    schunk = blosc2.SChunk(chunksize=chunk, cparams={"codec": blosc2.Codec.ZSTD, "clevel": 1,
                                                     "typesize": 1})  # fmt: skip
    for key, value in data.items():
        if len(buf) % chunk + len(value) > chunk:  # no record crosses a chunk
            buf += bytes(chunk - len(buf) % chunk)
        places[key] = (len(buf), len(buf) + len(value))
        buf += value
    for first in range(0, len(buf), chunk):
        schunk.append_data(bytes(buf[first : first + chunk]).ljust(chunk, b"\0"))
    store = records.open(f"{path}/rec_py_text_dict.lode")
    some = keys[:2000]
    assert all(schunk[slice(*places[k])] == data[k] for k in some[:100])

    def theirs():
        return sum(len(schunk[slice(*places[k])]) for k in some)

    def ours():
        return sum(len(store[k]) for k in some)

    a, b = median([ours, theirs], 3)
    rows.append(
        {"row": "rec_py_blosc2", "ours": a / len(some) * 1e6, "peer": b / len(some) * 1e6,
         "unit": "us", "ratio": b / a, "peer_name": "blosc2 schunk",
         "peer_version": blosc2.__version__}
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir")
    parser.add_argument("--json")
    parser.add_argument("--records", type=int, default=100_000)
    args = parser.parse_args()
    path = os.path.join(args.dir, "records-py")
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    data, rows = dict(texts(args.records)), []
    keys = random.Random(2).sample(list(data), len(data))
    against_lmdb(path, data, keys, rows)
    against_blosc2(path, data, keys, rows)
    for r in rows:
        print(f"{r['row']:20} {r['ours']:9.3f} {r['peer']:9.3f} {r['unit']}  {r['ratio']:6.2f}x  "
              f"{r['peer_name']} {r['peer_version']}")  # fmt: skip
    if args.json:
        with open(args.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()

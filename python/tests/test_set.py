"""Sets of indexes: files added piece by piece answer as one index of them all, and as their text;
who has one open goes on with what it has."""

from __future__ import annotations

import fcntl
import multiprocessing as mp
import os
import pickle
import random
import threading

import lode
import numpy as np
import pysam
import pytest
from conftest import make_genome, revcomp, write_fasta
from lode import records
from test_threads import run_threads

FILES = 5


@pytest.fixture(scope="module")
def genomes():
    """By source; names of contigs are their own, but for 'same', which all have."""
    made = {f"g{i}": make_genome(40 + i, [30_000, 900, 61], f"g{i}_") for i in range(FILES)}
    for i, genome in enumerate(made.values()):
        genome["same"] = "ACGTNNacgt" * (i + 1)
    return made


def write(directory, genomes):
    """Plain and BGZF files; their paths, in order."""
    for i, (name, genome) in enumerate(genomes.items()):
        write_fasta(directory / f"{name}.fa", genome, 60 + i)
        if i % 2:
            pysam.tabix_compress(str(directory / f"{name}.fa"), str(directory / f"{name}.fa.gz"))
            (directory / f"{name}.fa").unlink()
    return sorted(directory.glob("g*.fa*"))


@pytest.fixture(scope="module", params=["sources", "packed"])
def both(request, genomes, tmp_path_factory):
    """The set, and the one index of the same files."""
    directory = tmp_path_factory.mktemp("set")
    paths, pack = write(directory, genomes), request.param == "packed"
    lode.index(paths[:2], directory / "all.lode", pack=pack).close()
    for path in paths[2:]:
        many = lode.index(path, directory / "all.lode", add=True, pack=pack)
    return many, lode.index(paths, directory / "one.lode", pack=pack)


def windows(genomes, n=300, length=200, seed=5):
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        name = rng.choice(list(genomes))
        contig = rng.choice([c for c, bases in genomes[name].items() if len(bases) > length])
        start = rng.randrange(len(genomes[name][contig]) - length)
        rows.append((contig, start, start + length, rng.choice("+-")))
    return rows


def text_of(genomes, contig, start, end, strand):
    bases = genomes[contig.split("_")[0]][contig][start:end]
    return revcomp(bases) if strand == "-" else bases


def test_says_what_it_is(both):
    many, one = both
    assert many.members == FILES - 1 and one.members == 0
    assert repr(many).endswith(f", {FILES - 1} files>") and "files" not in repr(one)
    assert many.packed == one.packed and many.content_id != one.content_id


def test_names_and_numbers_are_those_of_one_index(both, genomes):
    many, one = both
    assert many.sources == one.sources == list(genomes)
    assert list(many.contigs.items()) == list(one.contigs.items())
    with pytest.raises(KeyError, match="several sources"):
        many.fetch("same")
    for i, (name, genome) in enumerate(genomes.items()):
        assert dict(many[name].contigs) == {c: len(bases) for c, bases in genome.items()}
        assert many.source_range(i) == one.source_range(i)
        assert many.fetch(name, "same", kind="str") == genome["same"]
        assert many.fetch_region(f"{name}::same:2-9", kind="str") == genome["same"][1:9]
        for contig, bases in genome.items():
            assert many.fetch(name, contig, kind="str") == bases
    with pytest.raises(KeyError, match="no contig 'g9_1'"):
        many.ids(["g0_1", "g9_1"])


@pytest.mark.parametrize("threads", [1, 3])
def test_fetch_many(both, genomes, threads):
    many, one = both
    rows = windows(genomes)
    contigs, starts, ends, strands = map(list, zip(*rows))
    ids = many.ids(contigs)
    assert np.array_equal(ids, one.ids(contigs))
    how = dict(strands=strands, threads=threads)
    got = many.fetch_many(ids, starts, ends, **how)
    assert [w.tobytes().decode() for w in got] == [text_of(genomes, *row) for row in rows]
    wide = [s - 150 for s in starts], [e + 90_000 for e in ends]
    for more in (
        dict(encoding=lode.onehot()), dict(encoding="tangermeme"), dict(soft_mask=True),
        dict(upper=True), dict(encoding=lode.onehot(n="random")), dict(n_seed=4),
    ):  # fmt: skip
        a, b = (ix.fetch_many(ids, starts, ends, **how, **more) for ix in both)
        for x, y in zip(a, b) if isinstance(a, tuple) else [(a, b)]:
            assert np.array_equal(x, y)
    for bounds in ("clip", "drop"):
        a, b = (ix.fetch_many(ids, *wide, bounds=bounds, **how) for ix in both)
        assert all(np.array_equal(x, y) for x, y in zip(a, b))
    with pytest.raises(ValueError):
        many.fetch_many(ids, *wide, **how)


def test_what_the_bins_know(both, genomes):
    many, one = both
    ids = np.arange(many.contig_count)
    for a, b in zip(many.composition(ids, 0, many.lengths(ids)),
                    one.composition(ids, 0, one.lengths(ids))):  # fmt: skip
        assert np.array_equal(a, b)
    for how in (dict(), dict(source="g3"), dict(contigs=["g1_1", "g4_2"]), dict(max_n=0.5)):
        places = many.random_windows(500, 50, seed=2, **how)
        again = one.random_windows(500, 50, seed=2, **how)
        assert all(np.array_equal(a, b) for a, b in zip(places, again))


def test_a_dataset(both, genomes):
    rows = windows(genomes, 200)
    columns = [list(c) for c in zip(*rows)]
    for encoding in (None, "tangermeme"):
        how = dict(length=180, jitter=9, seed=3, encoding=encoding, reverse_complement="strand")
        many, one = (lode.Windows(ix, columns, **how) for ix in both)
        for epoch in range(2):
            many.set_epoch(epoch), one.set_epoch(epoch)
            assert np.array_equal(many[:], one[:])
    plain = lode.Windows(both[0], columns, reverse_complement="strand")
    assert [w.tobytes().decode() for w in plain[:]] == [text_of(genomes, *row) for row in rows]


# ---- processes and threads ----------------------------------------------------------------------


def read_all(job):
    ix, genomes, seed = job
    rows = windows(genomes, 60, seed=seed)
    contigs, starts, ends, strands = map(list, zip(*rows))
    got = ix.fetch_many(ix.ids(contigs), starts, ends, strands=strands)
    return [w.tobytes().decode() for w in got] == [text_of(genomes, *row) for row in rows]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes(both, genomes, start):
    with mp.get_context(start).Pool(2) as pool:
        assert all(pool.map(read_all, [(both[0], genomes, seed) for seed in range(6)]))


def reopen(frozen, done):
    try:
        done.put((pickle.loads(frozen).sources, None))
    except lode.StaleError as error:
        done.put((None, error.status))


def in_process(start, *what):
    context = mp.get_context(start)
    done = context.Queue()
    worker = context.Process(target=what[0], args=(*what[1:], done))
    worker.start()
    try:
        return done.get(timeout=60)
    finally:
        worker.join(60)


def test_a_worker_gets_the_set_that_was_sent(tmp_path, genomes):
    paths = write(tmp_path, genomes)
    out = tmp_path / "s.lode"
    lode.index(paths[0], out)
    ix = lode.index(paths[1], out, add=True)
    frozen = pickle.dumps(ix)
    assert in_process("spawn", reopen, frozen) == (["g0", "g1"], None)
    lode.index(paths[2], out, add=True)
    assert in_process("spawn", reopen, frozen) == (None, "LODE_E_STALE")
    assert ix.sources == ["g0", "g1"]
    frozen = pickle.dumps(lode.open(out))
    lode.index(paths[2], out, add=True)  # is there: nothing changes
    assert in_process("spawn", reopen, frozen) == (["g0", "g1", "g2"], None)


def inherited(ix, genomes, go, done):
    assert go.wait(60)
    done.put(read_all((ix, genomes, 1)))


def test_who_has_it_open_goes_on(tmp_path, genomes):
    """This process, its threads, a fork of it: through additions, and while it is made one file
    again and its members go."""
    paths = write(tmp_path, genomes)
    out = tmp_path / "s.lode"
    some = {name: genomes[name] for name in ("g0", "g1")}
    lode.index(paths[0], out).close()
    old = lode.index(paths[1], out, add=True)
    context = mp.get_context("fork")
    go, done = context.Event(), context.Queue()
    child = context.Process(target=inherited, args=(old, some, go, done))
    child.start()
    stop = threading.Event()

    def read(seed):
        while True:
            assert read_all((old, some, seed))
            if stop.is_set():
                return

    def change():
        try:
            for path in paths[2:]:
                lode.index(path, out, add=True).close()
            assert lode.open(out).members == FILES
            lode.index(paths, out).close()
        finally:
            stop.set()

    run_threads([lambda: read(1), lambda: read(2), change])
    go.set()
    assert done.get(timeout=60)
    child.join(60)
    assert [p.name for p in tmp_path.glob("s.lode*")] == ["s.lode"]
    assert lode.open(out).members == 0 and old.members == 2
    assert old.sources == ["g0", "g1"] and "g2" not in old


def add_in_turns(out, paths, done):
    for path in paths:
        while True:
            try:
                lode.index(path, out, add=True).close()
                break
            except lode.BusyError:
                pass
    done.put(None)


def test_builders_take_turns(tmp_path):
    names = [f"{k}{i}" for k in "abc" for i in range(30)]
    for name in names:
        (tmp_path / f"{name}.fa").write_text(f">{name}\nACGT\n")
    out = tmp_path / "s.lode"
    (tmp_path / "first.fa").write_text(">first\nACGT\n")
    lode.index(tmp_path / "first.fa", out).close()
    done = mp.Queue()
    paths = [[tmp_path / f"{n}.fa" for n in names if n[0] == k] for k in "abc"]
    builders = [mp.Process(target=add_in_turns, args=(out, some, done)) for some in paths]
    for builder in builders:
        builder.start()
    while any(builder.is_alive() for builder in builders):
        assert lode.open(out).fetch("first", kind="str") == "ACGT"
    assert [done.get(timeout=60) for _ in builders] == [None] * 3
    ix = lode.open(out)
    assert sorted(ix.sources) == sorted([*names, "first"]) and ix.members == 91
    assert len(list(tmp_path.glob("s.lode*"))) == 92


# ---- what may be wrong --------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    for i in range(4):
        (tmp_path / f"s{i}.fa").write_text(f">s{i}\nACGT\n")
    lode.index(tmp_path / "s0.fa", tmp_path / "s.lode", add=True).close()  # none there: it is made
    ix = lode.index(tmp_path / "s1.fa", tmp_path / "s.lode", add=True)
    assert ix.members == 2
    return tmp_path


def published(directory):
    return {p.name: p.read_bytes() for p in directory.glob("s.lode*")}


def test_what_cannot_be_added_changes_nothing(small):
    out, before = small / "s.lode", published(small)
    with pytest.raises(ValueError, match="say by out what to add to"):
        lode.index(small / "s2.fa", add=True)
    (small / "s1.fa").write_text(">s1\nACGA\n")
    with pytest.raises(lode.FormatError, match="make the whole index anew, without add$") as told:
        lode.index([small / "s1.fa", small / "s2.fa"], out, add=True)
    assert told.value.status == "LODE_E_DUPLICATE"
    (small / "bad.fa").write_text("ACGT\n")
    with pytest.raises(lode.FormatError):
        lode.index(small / "bad.fa", out, add=True)
    with pytest.raises(FileNotFoundError):
        lode.index(small / "none.fa", out, add=True)
    with open(out, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(lode.BusyError, match="another writer is at work") as told:
            lode.index(small / "s2.fa", out, add=True)
    assert isinstance(told.value, (OSError, BlockingIOError)) and published(small) == before
    with records.create(small / "r.lode") as w:
        w["a"] = b"1"
    with pytest.raises(ValueError, match="holds records"):
        lode.index(small / "s2.fa", small / "r.lode", add=True)
    assert lode.index(small / "s2.fa", out, add=True).sources == ["s0", "s1", "s2"]


def test_tracks_are_no_sequence(small):
    def track(name, values):
        np.arange(values, dtype="f4").tofile(small / f"{name}.track")
        path = small / f"{name}.track.gz"
        pysam.tabix_compress(str(small / f"{name}.track"), str(path), force=True)
        path.with_suffix(".gz.idx").write_text(f"{name}\t0\n\t{4 * values}\n")
        return path

    before = published(small)
    with pytest.raises(ValueError, match="an index of sequence"):
        lode.index_tracks(track("s0", 4), small / "s.lode", dtype="f4", add=True)
    out = small / "tracks.lode"
    how = dict(reference=lode.open(small / "s.lode"), add=True)
    lode.index_tracks(track("s0", 4), out, dtype="f4", **how)
    with pytest.raises(ValueError, match="s1"):  # another length than the sequence
        lode.index_tracks(track("s1", 3), out, dtype="f4", **how)
    assert lode.open_tracks(out).sources == ["s0"]
    with pytest.raises(ValueError, match="say by out"):
        lode.index_tracks(track("s1", 4), dtype="f4", **how)
    made = lode.index_tracks(track("s1", 4), out, dtype="i4", **how)
    assert made.sources == ["s0", "s1"] and made.dtype("s1") == np.int32
    assert made.fetch("s0", "s0").tolist() == [0, 1, 2, 3]
    assert np.array_equal(made.fetch("s1", "s1").view("f4"), made.fetch("s0", "s0"))
    records.create(small / "r.lode").close()
    with pytest.raises(ValueError, match="holds records"):  # with a reference as without
        lode.index_tracks(track("s1", 4), small / "r.lode", dtype="i4", reference=how["reference"])
    with pytest.raises(ValueError, match="an index of tracks"):
        lode.index(small / "s2.fa", out, add=True)
    assert published(small) == before
    lode.index_tracks(track("s1", 4), out, dtype="i4", reference=how["reference"])
    assert lode.open_tracks(out).sources == ["s1"] and len(list(small.glob("tracks.lode*"))) == 1


def test_a_member_that_is_gone(small):
    frozen = pickle.dumps(lode.open(small / "s.lode"))
    members = sorted(small.glob("s.lode.m*"))
    content = members[0].read_bytes()
    members[0].unlink()
    for opens in (
        lambda: lode.open(small / "s.lode"), lambda: pickle.loads(frozen),
        lambda: lode.index(small / "s2.fa", small / "s.lode", add=True),
    ):  # fmt: skip
        with pytest.raises(lode.MissingFileError, match=r"s\.lode\.m\w+'.* is gone"):
            opens()
    members[0].write_bytes(members[1].read_bytes())
    with pytest.raises(lode.StaleError, match="not the one that belongs to the set"):
        lode.open(small / "s.lode")
    members[0].write_bytes(content[:100])
    with pytest.raises(OSError):
        lode.open(small / "s.lode")
    members[0].write_bytes(content)
    assert lode.open(small / "s.lode").sources == ["s0", "s1"]


def test_a_member_cut_short_while_it_is_open(small):
    """Not the end of the process: the guard is on members, too."""
    text = "".join(f">c{i}\nACGT\n" for i in range(20_000))
    (small / "s3.fa").write_text(text)
    ix = lode.index(small / "s3.fa", small / "s.lode", add=True)
    for member in small.glob("s.lode.m*"):
        if member.stat().st_size > 10_000:
            os.truncate(member, 4096)
    failed = 0
    for i in range(0, 20_000, 500):
        try:
            ix.fetch(f"c{i}", 0, 4)
        except OSError:
            failed += 1
        except KeyError:
            pass
    assert failed > 0 and ix.fetch("s1", "s1", kind="str") == "ACGT"


def test_256_files(small):
    out = small / "s.lode"
    for i in range(2, 256):
        path = small / f"n{i}.fa"
        path.write_text(f">n{i}\nAC\n")
        ix = lode.index(path, out, add=True)
    assert ix.members == 256 and len(ix.sources) == 256
    before = published(small)
    with pytest.raises(lode.ArgumentError, match=r"256 files.*lode\.index\(\) of all .* without"):
        lode.index(small / "s3.fa", out, add=True)
    assert published(small) == before
    lode.index(small, out, rescan=True)
    assert len(lode.open(out).sources) == 258 and len(published(small)) == 1

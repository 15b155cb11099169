"""Loaders of records: every record once, in an order that is a function of seed, epoch and
position, whoever asks for it."""

import pickle
import tracemalloc

import numpy as np
import pytest
from lode import _lode, records


@pytest.mark.parametrize("order", ["sequential", "random", "quasi_random"])
def test_loader(tmp_path, order):
    n = 1000
    with records.create(tmp_path / "s", keys="none") as w:
        for i in range(n):
            w.put(None, np.int64(i).tobytes())
    s = records.open(tmp_path / "s")
    how = dict(order=order, seed=4, stretch=50)

    def numbers(loader):
        return [b.data.view(np.int64).tolist() for b in loader]

    one = numbers(s.loader(32, **how))
    flat = sum(one, [])
    assert sorted(flat) == list(range(n)) and (flat == list(range(n))) == (order == "sequential")
    ranks = [numbers(s.loader(32, rank=r, ranks=3, **how)) for r in range(3)]
    assert [ranks[i % 3][i // 3] for i in range(len(one))] == one
    assert [len(s.loader(32, rank=r, ranks=3, **how)) for r in range(3)] == [len(r) for r in ranks]
    loader = s.loader(32, **how)
    begun = iter(loader)
    first = [next(begun).data.view(np.int64).tolist() for _ in range(5)]
    resumed = s.loader(32, state=pickle.loads(pickle.dumps(loader.state)), **how)
    assert first + numbers(resumed) == one
    second = sum(numbers(resumed), [])
    assert sorted(second) == list(range(n)) and (second != flat) == (order != "sequential")
    assert [len(b) for b in s.loader(300, drop_last=True, **how)] == [300] * 3


def test_orders_keep_nothing(tmp_path):
    """Any batch of ten million records, at once; a second implementation gives the same numbers."""
    with records.create(tmp_path / "s", keys="none") as w:
        for i in range(3000):
            w.put(None, np.int64(i).tobytes())
    s = records.open(tmp_path / "s")
    for how in (dict(order="random"), dict(order="quasi_random", stretch=70, window=4)):
        loader = s.loader(100, seed=-5, epoch=2, **how)
        whole = loader.permutation()
        assert sorted(whole) == list(range(3000))
        assert [x for b in loader for x in b.data.view(np.int64)] == whole.tolist()
    numbers = np.empty(1000, np.int64)
    tracemalloc.start()
    for first in (0, 5_000_000, 9_999_000):
        _lode.order(7, 0, 10_000_000, 0, 1, first, numbers)
        assert numbers.min() >= 0 and numbers.max() < 10_000_000
    assert tracemalloc.get_traced_memory()[1] < 10_000
    tracemalloc.stop()
    _lode.order(7, 3, 1000, 0, 1, 0, numbers)
    assert numbers.tolist() == [feistel(7, 3, 1000, i) for i in range(1000)]


def numbered(path, n):
    with records.create(path, keys="none") as w:
        for i in range(n):
            w.put(None, np.int64(i).tobytes())
    return records.open(path)


def test_any_batch(tmp_path):
    s = numbered(tmp_path / "s", 1000)
    for how in (dict(), dict(drop_last=True), dict(rank=2, ranks=3), dict(order="quasi_random")):
        loader = s.loader(64, seed=1, **how)
        want = [b.data.tobytes() for b in s.loader(64, seed=1, **how)]
        assert [loader[i].data.tobytes() for i in range(len(loader))] == want
        assert loader[-1].data.tobytes() == want[-1]
        assert (loader.state["epoch"], loader.state["batch"]) == (0, 0)
        for bad in (len(loader), -len(loader) - 1):
            with pytest.raises(IndexError):
                loader[bad]
        loader.set_epoch(1)
        again = [loader[i].data.tobytes() for i in range(len(loader))]
        assert again != want and again == [b.data.tobytes() for b in loader]


@pytest.mark.parametrize("order", ["sequential", "random", "quasi_random"])
def test_a_loader_reads_by_number(tmp_path, order):
    """Where keys are integers, too, which are others than the numbers."""
    with records.create(tmp_path / "s", keys="integers") as w:
        for i in range(300):
            w[299 - i] = np.int64(i).tobytes()
    s = records.open(tmp_path / "s")
    loader = s.loader(32, order=order, stretch=20)
    want = loader.permutation().tolist()
    assert [x for b in loader for x in b.data.view(np.int64)] == want
    keys = [5, 299, 7]
    numbers = s.numbers(keys)
    assert [bytes(r) for r in s.at_many(numbers)] == [bytes(r) for r in s.get_many(keys)]
    assert [bytes(r) for r in s.at_many([0, 299])] == [s.at(0), s.at(299)]
    assert [bytes(r) for r in s.get_many(np.array(keys))] == [s[k] for k in keys]
    assert len(s.at_many([])) == 0
    for bad, error in (([1.5], TypeError), ([[1]], ValueError), ([300], ValueError),
                       ([-1], ValueError), (["5"], TypeError)):  # fmt: skip
        with pytest.raises(error):
            s.at_many(bad)


def test_a_loader_of_arrays(tmp_path):
    with records.create(tmp_path / "s") as w:
        for i in range(50):
            w[f"k{i}"] = np.full((2, 3), i, "f4")
    s = records.open(tmp_path / "s")
    loader = s.loader(16, seed=2, arrays=True)
    got = list(loader)
    assert [b.shape for b in got] == [(16, 2, 3)] * 3 + [(2, 2, 3)]
    assert {b.dtype for b in got} == {np.dtype("f4")}
    loader.set_epoch(0)
    assert np.concatenate(got)[:, 0, 0].tolist() == loader.permutation().tolist()


def test_states_are_of_what_they_were_made_with(tmp_path):
    s = numbered(tmp_path / "s", 200)
    how = dict(order="quasi_random", seed=5, stretch=10, window=3, ranks=2)
    loader = s.loader(16, rank=1, **how)
    one = list(loader)
    loader.set_epoch(0)
    begun = iter(loader)
    next(begun), next(begun)
    state = pickle.loads(pickle.dumps(loader.state))
    rest = [b.data.tobytes() for b in s.loader(16, rank=1, state=state, **how)]
    assert rest == [b.data.tobytes() for b in one[2:]]
    for name, other in (("seed", 6), ("order", "random"), ("stretch", 11), ("window", 4),
                        ("ranks", 3), ("drop_last", True)):  # fmt: skip
        with pytest.raises(ValueError, match=f"state is of {name}="):
            s.loader(16, state=state, **{**how, name: other})
    with pytest.raises(ValueError, match="state is of batch_size=16, and not 17"):
        s.loader(17, state=state, **how)
    with pytest.raises(ValueError, match="state is of records=200"):
        numbered(tmp_path / "t", 201).loader(16, state=state, **how)
    with pytest.raises(ValueError, match="batch 99"):
        s.loader(16, state={"epoch": 0, "batch": 99})
    with pytest.raises(KeyError):
        s.loader(16, state={"epoch": 0})


def as_it_is(batch):
    return batch


def test_workers_of_torch(tmp_path):
    """Each batch once, in order where torch asks for them, whatever the workers."""
    torch = pytest.importorskip("torch", reason="NO TORCH: its DataLoader is not tested")
    data = torch.utils.data
    s = numbered(tmp_path / "s", 1000)
    want = [b.data.tobytes() for b in s.loader(64, seed=3)]

    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(s.loader(64, seed=3))

    for workers in (0, 3):
        for how in ("fork", "spawn") if workers else (None,):
            rest = dict(batch_size=None, num_workers=workers, multiprocessing_context=how)
            got = data.DataLoader(s.loader(64, seed=3), **rest)
            assert [torch.cat(records).numpy().tobytes() for records in got] == want
            got = data.DataLoader(s.loader(64, seed=3), collate_fn=as_it_is, **rest)
            assert [b.data.tobytes() for b in got] == want
        got = data.DataLoader(Stream(), batch_size=None, num_workers=workers, collate_fn=as_it_is)
        assert sorted(b.data.tobytes() for b in got) == sorted(want)


def feistel(seed, epoch, n, i):
    """lode_order of more than 256 numbers, in Python's integers."""

    def mix(x):
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        return x ^ x >> 31

    step = 0x9E3779B97F4A7C15

    def part_of(key, part):
        return mix((mix((key + step) % 2**64) + part * step) % 2**64)

    key = part_of(part_of(seed, epoch), 2)
    bits = (n - 1).bit_length()
    low = bits // 2
    while True:
        high_half, low_half = i >> low, i % 2**low
        for r in range(8):
            of = low_half if r % 2 == 0 else high_half
            word = mix((part_of(key, r) + (of + 1) * step) % 2**64)
            if r % 2 == 0:
                high_half ^= word % 2 ** (bits - low)
            else:
                low_half ^= word % 2**low
        i = high_half << low | low_half
        if i < n:
            return i

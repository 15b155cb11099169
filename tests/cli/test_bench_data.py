"""What the writers of the benchmarks' data promise: lode-gen's copies, lode-twobit's files."""
import re
import struct
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(name="tool")
def find_tool(lode):
    folder = Path(lode).resolve().parents[1] / "bench"
    if not (folder / "lode-twobit").exists():
        pytest.skip("needs lode-gen and lode-twobit")
    return lambda name, *args: subprocess.run([folder / name, *args], check=True,
                                              stdout=subprocess.PIPE).stdout


def records(text):
    return [(part.split("\n", 1)[0].split()[0], part.split("\n", 1)[1].replace("\n", "").replace("\r", ""))
            for part in text.decode().split(">")[1:]]


def read_twobit(data):
    """{name: sequence}, by UCSC's description of the format."""
    magic, version, count, reserved = struct.unpack_from("<4I", data, 0)
    assert (magic, version, reserved) == (0x1A412743, 0, 0)
    at, out = 16, {}
    for _ in range(count):
        name = data[at + 1:at + 1 + data[at]].decode()
        at += 1 + data[at]
        begin, = struct.unpack_from("<I", data, at)
        at += 4
        fields = struct.iter_unpack("<I", data[begin:begin + (len(data) - begin) // 4 * 4])
        fields = [value for value, in fields]
        bases, n = fields[0], fields[1]
        n_runs = list(zip(fields[2:2 + n], fields[2 + n:2 + 2 * n]))
        rest = fields[2 + 2 * n:]
        masks = rest[0]
        mask_runs = list(zip(rest[1:1 + masks], rest[1 + masks:1 + 2 * masks]))
        assert rest[1 + 2 * masks] == 0
        dna = begin + 4 * (2 + 2 * n + 1 + 2 * masks + 1)
        letters = ["TCAG"[data[dna + i // 4] >> (6 - i % 4 * 2) & 3] for i in range(bases)]
        for start, size in n_runs:
            letters[start:start + size] = "N" * size
        for start, size in mask_runs:
            letters[start:start + size] = "".join(letters[start:start + size]).lower()
        out[name] = "".join(letters)
    return out


def test_twobit_holds_the_sequence_with_gaps_and_masks(tool, tmp_path):
    fasta = (b">a first\nACGTacgtNNNNnnACG\nTTTTT\n>empty\n>b\r\nacgtRYK\r\nNA\r\n"
             b">c\n" + b"gattaca\n" * 1000 + b"N" * 50)
    (tmp_path / "x.fa").write_bytes(fasta)
    tool("lode-twobit", tmp_path / "x.fa", tmp_path / "x.2bit")
    expected = {name: re.sub("[^ACGTNacgtn]", "N", sequence) for name, sequence in records(fasta)}
    assert read_twobit((tmp_path / "x.2bit").read_bytes()) == expected


def test_copies_of_a_genome_differ_a_little_and_not_in_case(tool, tmp_path):
    (tmp_path / "one.fa").write_bytes(tool("lode-gen", "--bases", "200000", "--contigs", "2",
                                           "--soft-mask", "--n-runs", "2"))
    how = ("--repeat", tmp_path / "one.fa", "--bases", "600000", "--mutate", "1000")
    one = records((tmp_path / "one.fa").read_bytes())
    copies = records(tool("lode-gen", *how, "--keep-case"))
    assert copies[:2] == [("r1_" + name, sequence) for name, sequence in one]
    for i, (_, sequence) in enumerate(copies):
        like = one[i % 2][1]
        changed = [(a, b) for a, b in zip(sequence, like) if a != b]
        assert len(sequence) == len(like)
        assert all(a.islower() == b.islower() and "N" not in (a, b) for a, b in changed)
        assert i < 2 or len(like) / 2000 < len(changed) < len(like) / 500
    assert copies[2][1] != copies[4][1]
    upper = records(tool("lode-gen", *how))
    assert upper == [(name, sequence.upper()) for name, sequence in copies]


def test_dna_masks_do_not_change_the_letters(tool):
    how = ("--bases", "300000", "--contigs", "3", "--dna", "--seed", "5")
    upper, masked = tool("lode-gen", *how), tool("lode-gen", *how, "--soft-mask")
    assert masked != upper and masked.replace(b">chr", b">CHR").upper() == upper.upper()
    lower = sum(base.islower() for _, sequence in records(masked) for base in sequence)
    assert 0.4 < lower / 300000 < 0.6

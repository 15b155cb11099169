"""The transcripts and the C example of README.md are what the programs do."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from console import transcript

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def generator(lode):
    return Path(lode).resolve().parents[1] / "bench" / "lode-gen"


def test_transcripts_are_what_the_commands_print(lode, tmp_path):
    if not generator(lode).exists() or not shutil.which("samtools"):
        pytest.skip("needs lode-gen and samtools")
    path = [str(Path(lode).resolve().parent), str(generator(lode).parent), os.environ["PATH"]]
    steps = transcript(README)
    assert len(steps) > 15
    for command, expected in steps:
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, text=True,
                              env={**os.environ, "PATH": ":".join(path)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.stdout == expected, command


def test_c_example_compiles_and_runs(lode, tmp_path):
    build = Path(lode).resolve().parents[1]
    library = build / "lib"
    if not list(library.glob("liblode.so*")):
        pytest.skip("no shared library in this build")
    example = re.search(r"```c\n(.*?)```", README, re.S)[1]
    (tmp_path / "example.c").write_text(example)
    subprocess.run(["cc", "-std=c11", "-Wall", "-Werror", "-I", ROOT / "lib/include", "example.c",
                    "-L", library, f"-Wl,-rpath,{library}", "-llode", "-o", "example"],
                   cwd=tmp_path, check=True)
    sequence = "ACGTN" * 30
    (tmp_path / "x.fa").write_text(f">c\n{sequence}\n")
    subprocess.run([lode, "index", "-q", "x.fa"], cwd=tmp_path, check=True)
    out = subprocess.run(["./example", "x.fa.lode", "c"], cwd=tmp_path, capture_output=True,
                         text=True, check=True)
    assert out.stdout == sequence[:60] + "\n"

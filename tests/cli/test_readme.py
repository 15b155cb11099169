"""The transcripts and the C example of README.md are what the programs do."""
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

import conftest
import gen
from console import transcript

ROOT = Path(__file__).resolve().parents[2]
DOCS = Path(os.environ.get("LODE_DOCS", Path(conftest.LODE).parents[1] / "docs"))
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
    sequence = "ACGTN" * 300
    (tmp_path / "toy.fa.gz").write_bytes(gen.bgzf(f">chr2\n{sequence}\n".encode()))
    subprocess.run([lode, "index", "-q", "toy.fa.gz"], cwd=tmp_path, check=True)
    out = subprocess.run(["./example"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stdout == sequence[1000:1060] + "\n"
    body = example.partition("{\n")[2].rpartition("}")[0]
    assert body.count("\n") == 12


# --------------------------------------------------------------------------------- pictures --

def module_of(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"bench/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="plot", scope="module")
def import_plot():
    return module_of("plot")


FIGURES = json.loads((ROOT / "docs/speed.json").read_text())


def test_plot_is_drawn_from_the_figures(plot):
    assert (ROOT / "docs/speed.svg").read_text() == plot.plot(FIGURES)
    ElementTree.fromstring(plot.plot(FIGURES))
    assert "docs/speed.svg" in README


def test_plot_shows_every_row_that_the_benchmark_writes(plot):
    drawn = plot.plot(FIGURES)
    for row in FIGURES:
        assert f">{plot.escape(plot.LABELS[row['row']])}</text>" in drawn
    assert drawn.count('class="label"') == len(FIGURES)


def test_plot_knows_every_row_that_has_a_floor(plot):
    asked = re.findall(r'^ +\{"(\w+)", [0-9.]+, ', (ROOT / "bench/goals.c").read_text(), re.M)
    assert len(asked) > 20
    assert set(asked) <= set(plot.LABELS)


def test_table_has_the_figures_and_every_row_of_them():
    table = module_of("table")
    assert table.put(README, FIGURES) == README
    for row in FIGURES:
        assert f"| {row['peer_name']} |" in README
        assert f"| {table.number(row['ours'])} {row['unit']} |" in README


def test_rows_that_lode_loses_are_named():
    told = README.partition("Where lode loses:")[2].partition("\n## ")[0]
    for row in FIGURES:
        if row["ratio"] < 1:
            for side in ("ours", "peer"):
                assert f" {float(f'{row[side]:.2g}'):g} " in told, row


def test_layout_is_drawn_from_the_tables_of_the_format():
    picture = (ROOT / "docs/layout.svg").read_text()
    assert picture == (DOCS / "layout.svg").read_text()
    ElementTree.fromstring(picture)
    assert "docs/layout.svg" in README

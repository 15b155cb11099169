#!/usr/bin/env python3
"""Writes tests/unit/flat_zoo.h anew: what flatc makes of herd.fbs, herd.json and tree.fbs, as base64."""
import base64
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEAD = """/* Made by tests/flatbuffers/make_header.py with flatc 2.0.8, not to be edited: base64 of what flatc
 * makes of herd.fbs (every kind of field), herd.json, and tree.fbs. */
#ifndef LODE_TESTS_FLAT_ZOO_H
#define LODE_TESTS_FLAT_ZOO_H

/* clang-format off */
"""


def literal(name: str, data: bytes) -> str:
    text = base64.b64encode(data).decode()
    lines = [f'    "{text[i : i + 92]}"' for i in range(0, len(text), 92)]
    return f"static const char {name}[] =\n" + "\n".join(lines) + ";\n"


with tempfile.TemporaryDirectory() as work:
    def flatc(*args: str) -> None:
        subprocess.run(["flatc", "--binary", "-o", work, *args], check=True)

    for schema in ("herd", "tree"):
        flatc("--schema", "--bfbs-builtins", str(HERE / f"{schema}.fbs"))
    flatc(str(HERE / "herd.fbs"), str(HERE / "herd.json"))
    made = {name: (pathlib.Path(work) / name).read_bytes() for name in ("herd.bfbs", "herd.bin", "tree.bfbs")}

parts = [literal("flat_" + name.replace(".", "_"), data) for name, data in made.items()]
out = HERE.parent / "unit" / "flat_zoo.h"
out.write_text(HEAD + "\n".join(parts) + "/* clang-format on */\n\n#endif\n")

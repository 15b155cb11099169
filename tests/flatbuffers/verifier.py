"""flatbuffers::Verifier, with the code that flatc makes of a schema, as a function of Python."""
import ctypes
import pathlib
import shutil
import subprocess

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent

SHIM = """#include "{name}_generated.h"

extern "C" int ok(const uint8_t *p, size_t n)
{{
    flatbuffers::Verifier verifier(p, n);
    return {verify}(verifier);
}}
"""


def missing():
    """What is not there to build it with; None: all is."""
    for program, package in (("flatc", "flatbuffers-compiler"), ("g++", "g++")):
        if shutil.which(program) is None:
            return f"{program} is not there (Debian: {package})"
    header = ["-E", "-include", "flatbuffers/flatbuffers.h", "-x", "c++", "/dev/null"]
    if subprocess.run(["g++", "-std=c++17", *header], capture_output=True).returncode != 0:
        return "flatbuffers/flatbuffers.h is not there (Debian: libflatbuffers-dev)"
    return None


def build(work, fbs, verify):
    """ok(address, size) of payloads; verify: the schema's function in C++, with its namespace."""
    fbs, work = pathlib.Path(fbs), pathlib.Path(work)
    for schema in (HERE / "zoo.fbs", fbs):  # herd.fbs includes it
        subprocess.run(["flatc", "-o", work, "--cpp", schema], check=True)
    source, library = work / f"{fbs.stem}_verifier.cpp", work / f"{fbs.stem}_verifier.so"
    source.write_text(SHIM.format(name=fbs.stem, verify=verify))
    how = ["-std=c++17", "-O2", "-shared", "-fPIC"]
    subprocess.run(["g++", *how, "-o", library, source], check=True)
    ok = ctypes.CDLL(str(library)).ok
    ok.argtypes, ok.restype = [ctypes.c_void_p, ctypes.c_size_t], ctypes.c_int
    return ok


def aligned(payload):
    """The bytes as an array, at a multiple of 64."""
    room = np.zeros(len(payload) + 64, np.uint8)
    first = -room.ctypes.data % 64
    array = room[first : first + len(payload)]
    array[:] = np.frombuffer(payload, np.uint8)
    return array

"""Codecs: objects to bytes and back, as vlstore.serialize has them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")


@dataclass(frozen=True)
class Codec(Generic[T]):
    """pack(obj, /, *, out=None) gives a buffer, or fills out; unpack(buf, /) gives the object."""

    pack: Callable[..., Any]
    unpack: Callable[[Any], T]


def _bytewise(buffer: Any) -> memoryview:
    view = memoryview(buffer)
    return view.cast("B") if view.nbytes > 0 else memoryview(b"")


def _filled(out: Any, data: memoryview) -> Any:
    _bytewise(out)[: len(data)] = data
    return out


def _pack_floats(x: npt.NDArray[Any], /, *, out: Any = None) -> Any:
    if not x.flags.c_contiguous:
        raise ValueError("Only C-contiguous arrays may be serialized.")
    if x.dtype != np.float32:
        raise ValueError("Data must be float32.")
    data = _bytewise(x)
    return data if out is None else _filled(out, data)


def _unpack_floats(x: Any, /) -> npt.NDArray[np.float32]:
    return np.frombuffer(x, np.float32)


flatfloatndarray_codec: Codec[npt.NDArray[np.float32]] = Codec(_pack_floats, _unpack_floats)

# ---- frames of molecules: a FlatBuffers table, FBFrame{name, nsites, ncodim = 3, types: [int32],
# masses, positions, forces: [float32]}

_FIELDS = ("name", "nsites", "ncodim", "types", "masses", "positions", "forces")
_VTABLE = struct.Struct("<9H")  # its own size, the table's, and where each field stands
_TABLE = struct.Struct("<iIiiIIII")  # back to the vtable, then the fields
_ROOT = 4 + 20  # the table stands behind the root offset and the vtable, at a multiple of 4


def create_fbframe_buffer(
    name: str,
    atom_types: Sequence[int],
    masses: Sequence[float],
    nsites: int,
    positions: npt.NDArray[Any],
    forces: npt.NDArray[Any],
    builder: Any = None,
    check: bool = True,
) -> bytes:
    """A FlatBuffers FBFrame. positions and forces: (nsites, codim), stored as float32. builder is
    not used: vectors are copied whole."""
    positions, forces = np.asarray(positions), np.asarray(forces)
    if check:
        for what, array in (("Forces", forces), ("Positions", positions)):
            if array.ndim != 2:
                raise ValueError(f"{what} must be 2 dimensional: this object is a single frame.")
            if len(array) != nsites:
                raise ValueError(
                    f"{what} have the wrong number of entries; Expected {nsites}, found "
                    f"{len(array)}."
                )
        if positions.shape != forces.shape:
            raise ValueError("Forces and positions have differing shapes.")
    text = name.encode()
    codim = positions.shape[1] if positions.ndim == 2 else 3
    vectors = [
        np.ascontiguousarray(v, t).reshape(-1)
        for v, t in ((atom_types, "<i4"), (masses, "<f4"), (positions, "<f4"), (forces, "<f4"))
    ]
    at = _ROOT + _TABLE.size
    places, at = [at], at + 4 + (len(text) + 4) // 4 * 4
    for v in vectors:
        places.append(at)
        at += 4 + v.nbytes
    out = bytearray(at)
    struct.pack_into("<I", out, 0, _ROOT)
    _VTABLE.pack_into(out, 4, 18, 32, 4, 8, 12, 16, 20, 24, 28)
    fields = [p - (_ROOT + f) for p, f in zip(places, (4, 16, 20, 24, 28))]
    _TABLE.pack_into(out, _ROOT, _ROOT - 4, fields[0], nsites, codim, *fields[1:])
    struct.pack_into("<I", out, places[0], len(text))
    out[places[0] + 4 : places[0] + 4 + len(text)] = text
    for place, v in zip(places[1:], vectors):
        struct.pack_into("<I", out, place, len(v))
        out[place + 4 : place + 4 + v.nbytes] = v.tobytes()
    return bytes(out)


class _Frame:
    """An FBFrame in a buffer: every offset is checked before it is followed. ValueError."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer
        self.table = self._u32(0)
        vtable = self.table - self._number("<i", self.table)
        size = self._number("<H", vtable)
        if size < 4 or size % 2 or not 0 <= vtable <= len(buffer) - size:
            raise ValueError("not a FlatBuffers frame: its table of fields")
        slots = struct.unpack_from(f"<{(size - 4) // 2}H", buffer, vtable + 4)
        self.slots = dict(zip(_FIELDS, slots))

    def _number(self, form: str, at: int) -> int:
        if not 0 <= at <= len(self.buffer) - struct.calcsize(form):
            raise ValueError("not a FlatBuffers frame: an offset leaves it")
        return int(struct.unpack_from(form, self.buffer, at)[0])

    def _u32(self, at: int) -> int:
        return self._number("<I", at)

    def integer(self, field: str, default: int) -> int:
        slot = self.slots.get(field, 0)
        return self._number("<i", self.table + slot) if slot else default

    def vector(self, field: str, width: int) -> memoryview:
        slot = self.slots.get(field, 0)
        if not slot:
            return memoryview(b"")
        at = self.table + slot
        at += self._u32(at)
        n = self._u32(at) * width
        if at + 4 + n > len(self.buffer):
            raise ValueError("not a FlatBuffers frame: a vector leaves it")
        return self.buffer[at + 4 : at + 4 + n]


@dataclass(frozen=True)
class BackedAtomicData:
    """A frame of particles over a buffer: its arrays are views of it."""

    raw: memoryview
    fb: _Frame

    @classmethod
    def from_values(cls, **values: Any) -> BackedAtomicData:
        """From name, atom_types, masses, nsites, positions, forces."""
        return _unpack_frame(create_fbframe_buffer(**values))

    @property
    def name(self) -> bytes:
        """As vlstore has it: bytes."""
        return bytes(self.fb.vector("name", 1))

    @property
    def n_sites(self) -> int:
        return self.fb.integer("nsites", 0)

    @property
    def masses(self) -> npt.NDArray[np.float32]:
        return np.frombuffer(self.fb.vector("masses", 4), "<f4")

    @property
    def atom_types(self) -> npt.NDArray[np.int32]:
        return np.frombuffer(self.fb.vector("types", 4), "<i4")

    def _by_site(self, field: str) -> npt.NDArray[np.float32]:
        shape = (self.n_sites, self.fb.integer("ncodim", 3))
        return np.frombuffer(self.fb.vector(field, 4), "<f4").reshape(shape)

    @property
    def pos(self) -> npt.NDArray[np.float32]:
        return self._by_site("positions")

    @property
    def forces(self) -> npt.NDArray[np.float32]:
        return self._by_site("forces")


def _pack_frame(frame: BackedAtomicData, /, *, out: Any = None) -> Any:
    return frame.raw.toreadonly() if out is None else _filled(out, frame.raw)


def _unpack_frame(buffer: Any, /) -> BackedAtomicData:
    view = _bytewise(buffer)
    return BackedAtomicData(view, _Frame(view))


BackedAtomicDataCodec: Codec[BackedAtomicData] = Codec(_pack_frame, _unpack_frame)

"""Schemas of FlatBuffers, by which records are checked."""

from __future__ import annotations

import os
from typing import Any, Union

from . import _lode


class Schema:
    """A schema of FlatBuffers: proves that bytes are one, before anything reads them in place.

    bfbs: a binary schema, as bytes or the path of its file; ``flatc --binary --schema frame.fbs``
    writes frame.bfbs. CorruptIndexError where it is none.

    >>> schema = records.Schema("frame.bfbs")                              # doctest: +SKIP
    >>> with records.create("frames.lode") as w:                           # doctest: +SKIP
    ...     w.put("f0", builder.Output(), schema=schema)    # checked
    >>> view = records.open("frames.lode").view("f0")       # checked     # doctest: +SKIP
    >>> Frame.GetRootAs(view).Atoms(0)                      # in place    # doctest: +SKIP
    """

    def __init__(self, bfbs: Union[bytes, str, os.PathLike[str]]) -> None:
        if not isinstance(bfbs, bytes):
            with open(bfbs, "rb") as file:
                bfbs = file.read()
        self._bfbs = bfbs
        self._schema = _lode.Schema(bfbs)
        #: The type of records of it, which a store keeps with them.
        self.type = str(self._schema.type())

    def check(self, data: Any) -> None:
        """CorruptIndexError unless data, anything with a buffer, is a FlatBuffer of the schema's
        root table: it says the place and what is wrong. What passes can be read by the schema
        without a byte outside data being touched."""
        self._schema.check(data, "")

    def __reduce__(self) -> Any:
        return (Schema, (self._bfbs,))

    def __repr__(self) -> str:
        return f"<lode.records.Schema: {len(self._bfbs):,} bytes>"

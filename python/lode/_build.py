"""Builds: what lode.index() and lode.index_tracks() share."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Optional, Union

from . import _lode
from ._batch import thread_count
from ._errors import in_python

_Path = Union[str, "os.PathLike[str]"]


def _bar(total: int) -> Any:
    from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]

    return tqdm(total=total, unit="B", unit_scale=True, desc="lode.index")


class _Progress:
    """A tqdm bar, made at the first call, when tqdm is there."""

    def __init__(self) -> None:
        self.bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = _bar(total)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _has_tqdm() -> bool:
    try:
        import tqdm.auto  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        return False
    return True


def build(
    inputs: Union[_Path, Sequence[_Path]],
    out: Optional[_Path],
    *,
    pack: bool = False,
    digest: bool = False,
    threads: int = 0,
    lenient: bool = False,
    rescan: bool = False,
    duplicates: str = "error",
    names: Optional[_Path] = None,
    track: int = 0,
    add: bool = False,
    progress: Union[bool, Callable[[int, int], None]] = False,
) -> str:
    """The path of the index that was made. See lode.index()."""
    if duplicates not in ("error", "first"):
        raise ValueError("duplicates is 'error' or 'first'")
    many = [inputs] if isinstance(inputs, (str, bytes, os.PathLike)) else list(inputs)
    if not many:
        raise ValueError("nothing to index: inputs is empty")
    if not callable(progress) and not isinstance(progress, bool):
        raise TypeError("progress is True, False, or a function of (done, total)")
    bar = _Progress() if progress is True and _has_tqdm() else None
    told: list[str] = []
    try:
        path = _lode.build(
            [os.fsencode(p) for p in many],
            None if out is None else os.fsencode(out),
            thread_count(threads),
            duplicates == "first",
            lenient,
            rescan,
            digest,
            None if names is None else os.fsencode(names),
            pack,
            track,
            add,
            bar if bar is not None else progress if callable(progress) else None,
            lambda severity, text: told.append(in_python(text)) if severity > 0 else None,
        )
    finally:
        if bar is not None:
            bar.close()
        for text in told:
            warnings.warn(text, stacklevel=3)
    return os.fsdecode(path)

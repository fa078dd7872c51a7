"""The trajectory file: one JSON header and one stack of float states in an .npz, read without trust.

The reader takes files from strangers. It never unpickles, looks at sizes before it allocates, and answers
every malformed file with one DataError.
"""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from flowdemo.errors import DataError

FORMAT = "flowdemo-trajectory-1"
MAX_HEADER_BYTES = 1 << 20
MAX_BYTES = 512 << 20  # 51 states of 6 x 512 x 512 floats are 321 MB
_STATE_TYPES = ("float16", "float32")
_DAMAGE = (
    OSError, EOFError, KeyError, ValueError, TypeError, RuntimeError, NotImplementedError, OverflowError,
    MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def write_archive(path: str | Path, header: dict[str, Any], states: np.ndarray, dtype: str) -> None:
    """Write a JSON header and states [n, ...] as compressed .npz; the same content gives the same bytes.

    Raises:
        DataError: dtype is not float16 or float32, a state does not fit it, the header is not plain JSON, or
            the file cannot be written.
    """
    if dtype not in _STATE_TYPES:
        raise DataError("States are stored as float16 or float32; choose one of them.", field="dtype")
    with np.errstate(over="ignore"):
        stored = states.astype(dtype)
    if not np.isfinite(stored).all():
        raise DataError(f"The trajectory has values that {dtype} cannot hold, so it was not saved.")
    try:
        text = json.dumps(header, allow_nan=False, sort_keys=True).encode()
    except (TypeError, ValueError):
        raise DataError("The notes of a trajectory must be plain JSON values to be saved.", "meta") from None
    try:
        with open(path, "wb") as file:  # an open file, as numpy would append .npz to a bare name
            np.savez_compressed(file, header=np.frombuffer(text, dtype=np.uint8), states=stored)
    except OSError:
        raise DataError("The trajectory file cannot be written; check folder and free space.") from None


def read_archive(path: str | Path, max_bytes: int = MAX_BYTES) -> tuple[dict[str, Any], np.ndarray]:
    """Read what `write_archive` wrote: the header, and the states [n, ...] as float32, all finite.

    Raises:
        DataError: the file is missing, not such an archive, truncated, too large, or holds other array types,
            an empty stack, or values that are not finite.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            text = _member(archive, "header.npy", ("uint8",), MAX_HEADER_BYTES)
            states = _member(archive, "states.npy", _STATE_TYPES, max_bytes)
        header = json.loads(text.tobytes(), parse_constant=_refuse)
    except FileNotFoundError:
        raise DataError("The trajectory file does not exist; check its name.") from None
    except _DAMAGE:
        raise DataError("The file is not a readable trajectory; save it again and retry.") from None
    if not isinstance(header, dict) or states.ndim < 2:
        raise DataError("The trajectory file lacks its header or its states; save it again and retry.")
    if not np.isfinite(states).all():
        raise DataError("The trajectory file holds values that are not finite, so it was not loaded.")
    return header, states.astype(np.float32)


def require_consistent(header: dict[str, Any], n: int) -> None:
    """Check the types, lengths and orders of a header against the n states it came with.

    Raises:
        DataError: a part is missing, of the wrong type, or contradicts another.
    """
    lists = [header.get(key) for key in ("grid", "progress", "evaluations", "moving")]
    names = [header.get(key) for key in ("format", "solver", "system")]
    if (
        not all(isinstance(values, list) for values in lists)
        or not all(isinstance(name, str) for name in names)
        or not isinstance(header.get("meta"), dict)
        or header["format"] != FORMAT
        or not _fits(*lists, n)
    ):
        raise DataError("The trajectory file contradicts itself; save it again and retry.")


def _fits(grid: list[Any], progress: list[Any], evaluations: list[Any], moving: list[Any], n: int) -> bool:
    return (
        len(grid) >= n == len(progress) == len(evaluations) == len(moving)
        and all(_is_number(value) for value in grid + progress)
        and all(type(count) is int for count in evaluations)
        and all(type(flag) is bool for flag in moving)
        and _rises([0, *progress, 1])
        and _rises([0, *evaluations])
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 2**53  # also refuses NaN and infinity


def _rises(values: Sequence[float]) -> bool:
    return all(a <= b for a, b in pairwise(values))


def _member(archive: zipfile.ZipFile, name: str, types: tuple[str, ...], limit: int) -> np.ndarray:
    """Read one array after its declared type and size have been found harmless."""
    declared = archive.getinfo(name).file_size
    if declared > limit:
        raise DataError(f"The trajectory file exceeds the limit of {limit >> 20} MB; store fewer steps.")
    with archive.open(name) as stream:
        shape, dtype = _array_header(stream)
    if dtype.name not in types or min(shape, default=0) < 1 or math.prod(shape) * dtype.itemsize > declared:
        raise ValueError(name)
    with archive.open(name) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _array_header(stream: Any) -> tuple[tuple[int, ...], np.dtype]:
    if np.lib.format.read_magic(stream) != (1, 0):  # later versions are for field names and huge headers
        raise ValueError("version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return shape, dtype


def _refuse(constant: str) -> None:
    raise ValueError(constant)

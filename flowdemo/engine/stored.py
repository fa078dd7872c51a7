"""Stored trajectories: small files that show a finished run at once, marked as stored."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from flowdemo.engine.frames import Seen, draw_seen
from flowdemo.engine.given import Given
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import DataError
from flowdemo.request import FORMAT, Request
from flowdemo.zoo.manifest import Manifest

UNIT = 256  # codes are stored as whole 1/256 of a state unit: finer than one grey level (1/127.5)
MAX_BYTES = 32 << 20
KINDS_BY_RANK = {3: "picture", 2: "mask", 1: "label"}  # of the input's array


def save_stored(record: RunRecord, path: Path, about: dict[str, str]) -> None:
    """Write a finished run.

    Args:
        record: a run that is done.
        path: ``….zip``.
        about: ``title`` and ``origin`` of the input, for people.
    """
    steps = [{"t": d.frame.t, "evaluations": d.frame.evaluations, "seconds": d.frame.seconds} for d in record.drawn]
    head = {
        "format": FORMAT,
        "request": record.request.to_json(),
        "device": record.device,
        "weights": {name: entry["sha256"] for name, entry in record.manifest.files.items()},
        "about": about,
        "steps": steps,
    }
    halves = {"": [d.codes for d in record.drawn]}
    if record.manifest.joint:
        halves["image-"] = [d.image for d in record.drawn]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(_entry("head.json"), json.dumps(head, indent=1))
        archive.writestr(_entry("input.npy"), _npy(record.given.pixels))
        for half, states in halves.items():
            whole = np.clip(np.round(np.stack(states).astype(np.float32) * UNIT), -32768, 32767).astype("<i2")
            # Differences from frame to frame are small numbers, and low and high bytes apart compress far better.
            moves = np.diff(whole, axis=0, prepend=np.zeros_like(whole[:1]))
            archive.writestr(_entry(f"{half}low.npy"), _npy((moves & 0xFF).astype(np.uint8)))
            archive.writestr(_entry(f"{half}high.npy"), _npy((moves >> 8).astype(np.int8)))


def read_head(path: Path) -> dict:
    """Description of a stored run, without its frames.

    Raises:
        DataError: not a stored run of this version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            head = json.loads(archive.read("head.json"))
    except Exception as error:  # the ZIP reader answers damage with errors of many families
        raise DataError(f"The stored run {path.stem!r} cannot be read.") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise DataError(f"The stored run {path.stem!r} is of another version.")
    return head


def read_input(path: Path) -> np.ndarray:
    """The input of a stored run, uint8 ``[H, W, 3]``, labels ``[H, W]`` or one label ``[1]``, without its frames.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pixels = _array(archive, "input.npy")
    except Exception as error:
        raise DataError(f"The stored run {path.stem!r} cannot be read.") from error
    if pixels.dtype != np.uint8 or (pixels.ndim not in KINDS_BY_RANK) or (pixels.ndim == 1 and len(pixels) != 1):
        raise DataError(f"The stored run {path.stem!r} is damaged.")
    return pixels


def load_stored(path: Path, manifest: Manifest) -> RunRecord:
    """A finished record with origin ``"stored"``, its frames drawn from the stored states.

    Raises:
        DataError: the file is damaged, too large, or does not fit the model.
    """
    head = read_head(path)
    try:
        record = _read(path, head, manifest)
    except DataError:
        raise
    except Exception as error:  # as above, and numpy's own
        raise DataError(f"The stored run {path.stem!r} is damaged.") from error
    record.finish("done")
    return record


def _read(path: Path, head: dict, manifest: Manifest) -> RunRecord:
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
            raise DataError(f"The stored run {path.stem!r} is too large.")
        codes = _states(archive, "")
        images = _states(archive, "image-") if manifest.joint else None
    pixels = read_input(path)
    raw = dict(head["request"])
    settings = tuple(sorted(raw.pop("settings").items()))
    raw.pop("format")
    request = Request(**raw, settings=settings)
    given = Given(KINDS_BY_RANK[pixels.ndim], pixels, str(head["about"].get("origin", "")))
    if request.model != manifest.name or request.input != given.sha256:
        raise DataError(f"The stored run {path.stem!r} is not of this model, or its input was changed.")
    record = RunRecord(request, manifest, given, "stored", str(head["device"]), id=f"stored-{path.stem}")
    _draw_all(record, codes, images, head["steps"])
    return record


def _draw_all(record: RunRecord, codes: np.ndarray, images: np.ndarray | None, steps: list[dict]) -> None:
    width, height = record.manifest.size
    run = (record.request.steps + 1, record.request.samples)
    if codes.shape != (*run, 3, height, width):
        raise ValueError(f"states of shape {codes.shape}")
    if images is not None and (images.shape[:2], images.shape[3:]) != (run, (height, width)):
        raise ValueError(f"image halves of shape {images.shape}")
    manifest, before = record.manifest, None
    for i, (state, step) in enumerate(zip(codes, steps, strict=True)):
        classes = None if manifest.levels else manifest.codebook.decode(state)
        seen = Seen(state, classes, None if images is None else images[i], manifest.levels)
        at = (i, i / record.request.steps, float(step["t"]), int(step["evaluations"]), float(step["seconds"]))
        before = draw_seen(*at, seen, before)
        record.add(before)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))  # a fixed date: the same run gives the same bytes
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _states(archive: zipfile.ZipFile, half: str) -> np.ndarray:
    """States of one half, float32 ``[N + 1, K, C, H, W]``."""
    moves = (_array(archive, f"{half}high.npy").astype(np.int16) << 8) | _array(archive, f"{half}low.npy")
    return np.cumsum(moves, axis=0, dtype=np.int16) / np.float32(UNIT)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    return np.load(io.BytesIO(archive.read(name)), allow_pickle=False)

"""What a person takes home from a run: pictures, sheet, animation, archive, mask, recipe; each with its recipe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowdemo.engine.probe import index
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS
from flowdemo.rendering import animation, encoders, masks, recipe, sheet, views
from flowdemo.request import TO_IMAGE

SECONDS_PER_FRAME = 0.12
HOLD = 1.5  # seconds the last frame of an animation stays
LARGE = 512  # longer side that small states are scaled up to in animations and sheets
GAP = 32  # of the gap between two halves: one in so many of the width

MAX_MASK = 48 * 1024  # characters: a recipe may have 64 kB, and noise painted at 256 px would pass it


@dataclass(frozen=True)
class Product:
    """A file to download."""

    name: str
    mime: str
    data: bytes


def make(record: RunRecord, kind: Any, frame: Any = 0, sample: Any = 0) -> Product:
    """Build one product.

    Args:
        record: a run with at least one frame.
        kind: ``frame``, ``picture``, ``sheet``, ``gif``, ``webp``, ``zip``, ``mask`` or ``recipe``.
        frame, sample: which frame (for ``frame``) and which sample.

    Raises:
        InputError: unknown kind, frame or sample, or a kind this run has not.
    """
    if not isinstance(kind, str) or kind not in PRODUCTS:
        raise InputError(f"There is no such download; choose one of: {', '.join(PRODUCTS)}.", field="kind")
    if not record.drawn:
        raise InputError("This run has no frames yet.", field="run")
    frame = index(frame, len(record.drawn), "frame")
    sample = index(sample, record.request.samples, "sample")
    suffix, mime, build = PRODUCTS[kind]
    return Product(file_name(record, kind, frame, sample) + suffix, mime, build(record, frame, sample))


def recipe_of(record: RunRecord) -> dict[str, Any]:
    """The recipe, with the weights' hashes, and with the painted mask itself unless it is too intricate."""
    files = record.manifest.files
    raw = record.request.to_json() | {"weights": {name: entry["sha256"] for name, entry in files.items()}}
    if record.given.label is not None:
        raw |= {"label": record.given.label}
    if record.given.kind == "mask":
        mask = encoders.data_uri("image/png", encoders.png(record.given.pixels, level=9))
        raw |= {"mask": mask} if len(mask) <= MAX_MASK else {}
    return raw


def file_name(record: RunRecord, kind: str, frame: int, sample: int) -> str:
    """Model, direction, steps, solver, and β and seed where they matter."""
    request = record.request
    parts = [request.model, request.direction, f"{request.steps}steps", request.solver]
    if record.given.label is not None:
        parts[1] = "class-" + re.sub(r"[^a-z0-9]+", "-", _given_name(record).lower()).strip("-")
    if request.direction in TO_IMAGE:
        parts.append(f"beta{request.beta:g}")
    if request.direction in record.manifest.kind.random:
        parts.append(f"seed{request.seeds[sample]}")
    return "_".join(parts + ([f"frame{frame:03d}"] if kind == "frame" else [kind] if kind != "picture" else []))


def frame_pictures(record: RunRecord, sample: int) -> list[np.ndarray]:
    """Every state as a picture, uint8 ``[H, W, 3]``; of joint states both halves, image left and label right."""
    states = [views.state_picture(codes) for codes in record.codes(sample)]
    images = record.images(sample)
    if images is None:
        return states
    return [beside(views.state_picture(image), state) for image, state in zip(images, states, strict=True)]


def beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures of one height side by side, uint8 ``[H, W + gap + W, 3]``."""
    gap = np.full((left.shape[0], max(left.shape[1] // GAP, 1), 3), 255, np.uint8)
    return np.concatenate([left, gap, right], axis=1)


def result_picture(record: RunRecord, sample: int) -> np.ndarray:
    """What the run was for: the coloured class map, or the picture; for a label read from a picture its last frame."""
    if record.request.direction in TO_IMAGE:
        images = record.images(sample)
        return views.state_picture((record.codes(sample) if images is None else images)[-1])
    if record.manifest.levels:
        return frame_pictures(record, sample)[-1]
    return views.class_map(record.classes(sample)[-1], record.manifest.palette)


def _frame(record: RunRecord, frame: int, sample: int) -> bytes:
    return recipe.embed(encoders.png(frame_pictures(record, sample)[frame]), recipe_of(record))


def _picture(record: RunRecord, frame: int, sample: int) -> bytes:
    return recipe.embed(encoders.png(result_picture(record, sample)), recipe_of(record))


def _mask(record: RunRecord, frame: int, sample: int) -> bytes:
    if record.manifest.levels:
        raise InputError("This run has one label for the whole picture, and no mask.", field="kind")
    labels = record.given.pixels if record.given.kind == "mask" else record.classes(sample)[-1]
    return recipe.embed(masks.write_palette_png(labels, record.manifest.palette), recipe_of(record))


def _sheet(record: RunRecord, frame: int, sample: int) -> bytes:
    captions = [f"t = {f.t:.2f}" for f in record.frames]
    request = record.request
    footer = f"{request.steps} steps, {SOLVERS[request.solver].label}, {record.frames[-1].evaluations} evaluations"
    if request.direction in TO_IMAGE:
        footer += f", beta = {request.beta:g} {record.manifest.beta_unit}"
    if request.direction in record.manifest.kind.random:
        footer += f", seed {request.seeds[sample]}"
    shown, captions = thinned(frame_pictures(record, sample)), thinned(captions)
    way = request.direction.replace("-", " ")
    title = f"{record.manifest.label} · {way if record.given.label is None else f'{_given_name(record)} to image'}"
    page = sheet.sheet(shown, captions, columns=min(6, len(shown)), title=title, footer=footer)
    return recipe.embed(encoders.png(page), recipe_of(record))


def _given_name(record: RunRecord) -> str:
    return record.manifest.palette.classes[record.given.label].name


def thinned(items: list, most: int = 18) -> list:
    """At most so many, first and last kept: a sheet of 51 frames is unreadable."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _webp(record: RunRecord, frame: int, sample: int) -> bytes:
    return animation.webp(_enlarged(record, sample), SECONDS_PER_FRAME, hold_last=HOLD)


def _gif(record: RunRecord, frame: int, sample: int) -> bytes:
    return animation.gif(_enlarged(record, sample), SECONDS_PER_FRAME, hold_last=HOLD)


def _enlarged(record: RunRecord, sample: int) -> list[np.ndarray]:
    return enlarged(frame_pictures(record, sample))


def enlarged(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Pictures uint8 ``[H, W, …]`` scaled by a whole number, so that small ones stay crisp wherever they are shown."""
    factor = max(LARGE // max(pictures[0].shape[:2]), 1)
    return [p.repeat(factor, axis=0).repeat(factor, axis=1) for p in pictures]


def _zip(record: RunRecord, frame: int, sample: int) -> bytes:
    files = {f"frames/{i:03d}.png": encoders.png(p) for i, p in enumerate(frame_pictures(record, sample))}
    files["result.png"] = _picture(record, frame, sample)
    if not record.manifest.levels:
        files["mask.png"] = _mask(record, frame, sample)
    files["recipe.json"] = _recipe(record, frame, sample)
    return animation.zip_frames(files, {"times": [f.t for f in record.frames]})


def _recipe(record: RunRecord, frame: int, sample: int) -> bytes:
    return (json.dumps(recipe_of(record), indent=1, ensure_ascii=False) + "\n").encode()


PRODUCTS: dict[str, tuple[str, str, Callable[[RunRecord, int, int], bytes]]] = {
    "frame": (".png", "image/png", _frame),
    "picture": (".png", "image/png", _picture),
    "sheet": (".png", "image/png", _sheet),
    "gif": (".gif", "image/gif", _gif),
    "webp": (".webp", "image/webp", _webp),
    "zip": (".zip", "application/zip", _zip),
    "mask": (".png", "image/png", _mask),
    "recipe": (".json", "application/json", _recipe),
}

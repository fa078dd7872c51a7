"""What a person takes home from a shape run: sheet, animation, numbers, mask, and the recipe."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flowdemo.engine.products import HOLD, MAX_MASK, SECONDS_PER_FRAME, Product, enlarged, thinned
from flowdemo.engine.shape_messages import grey
from flowdemo.engine.shape_methods import METHODS
from flowdemo.errors import InputError
from flowdemo.rendering import animation, encoders, masks, recipe, sheet
from flowdemo.request import FORMAT

if TYPE_CHECKING:
    from flowdemo.engine.shapes import ShapeRun

DENTED = (213, 94, 0)  # of dented pixels
EVEN = 0xFE  # grey levels of pictures: with the colour above, all of them must fit a palette of 256


def make(run: ShapeRun, kind: Any) -> Product:
    """Build one product.

    Args:
        run: with at least one frame.
        kind: ``sheet`` (PNG of at most 18 frames), ``gif``, ``npz`` (``u`` float32 ``[F, H, W]`` and ``times``),
            ``mask`` (8-bit PNG of 0 and 1, where u ≥ ½ in the last frame) or ``recipe``; PNGs carry the recipe.

    Raises:
        InputError: unknown kind, or nothing is worked out yet.
    """
    if not isinstance(kind, str) or kind not in PRODUCTS:
        raise InputError(f"There is no such download; choose one of: {', '.join(PRODUCTS)}.", field="kind")
    if not run.frames:
        raise InputError("This run has no frames yet.", field="run")
    suffix, mime, build = PRODUCTS[kind]
    return Product(f"shape_{run.question.method}_{run.iterations}" + suffix, mime, build(run))


def recipe_of(run: ShapeRun) -> dict[str, Any]:
    """The question with the mask itself, unless that is too intricate, and how many iterations were made."""
    raw = {"format": FORMAT, **run.question.to_json(), "iterations": run.iterations}
    field = grey(run.question.field)
    return raw | ({"field": field} if len(field) <= MAX_MASK else {})


def numbers_of(run: ShapeRun) -> list[dict[str, Any]]:
    """Index, what the frame counts, and its numbers, for each frame."""
    return [{"index": frame.index, "t": frame.t, **frame.numbers} for frame in run.frames]


def pictures(run: ShapeRun) -> list[np.ndarray]:
    """Frames uint8 ``[H, W, 3]``: u in grey, dented pixels in a colour."""
    found = []
    for frame in run.frames:
        picture = (np.rint(255 * frame.u).astype(np.uint8) & EVEN)[..., None].repeat(3, 2)
        picture[frame.dented] = DENTED
        found.append(picture)
    return found


def save_shape(run: ShapeRun, out: Path) -> None:
    """Write a grey picture of each frame, the sheet, the animation, the numbers, the mask and the recipe."""
    (out / "frames").mkdir(parents=True, exist_ok=True)
    for frame in run.frames:
        levels = np.rint(255 * frame.u).astype(np.uint8)
        (out / "frames" / f"{frame.index:03d}.png").write_bytes(encoders.png(levels))
    names = {"sheet": "sheet.png", "gif": "trajectory.gif", "npz": "u.npz", "mask": "mask.png", "recipe": "recipe.json"}
    for kind, name in names.items():
        (out / name).write_bytes(make(run, kind).data)


def mask_png(run: ShapeRun) -> bytes:
    """Where u ≥ ½ in the last frame, as 8-bit PNG of 0 and 1."""
    mask = (run.frames[-1].u >= 0.5).astype(np.uint8)
    return recipe.embed(masks.write_index_png(mask), recipe_of(run))


def _sheet(run: ShapeRun) -> bytes:
    method, last = METHODS[run.question.method], run.frames[-1]
    captions = [f"{method.symbol} {frame.t:g}" if frame.index else "start" for frame in run.frames]
    shown, captions = thinned(pictures(run)), thinned(captions)
    footer = f"area {last.numbers['area']} px, solidity {last.numbers['solidity']:.3f}, dented level lines in colour"
    page = sheet.sheet(shown, captions, columns=min(6, len(shown)), title=f"Shape · {method.label}", footer=footer)
    return recipe.embed(encoders.png(page), recipe_of(run))


def _gif(run: ShapeRun) -> bytes:
    return animation.gif(enlarged(pictures(run)), SECONDS_PER_FRAME, hold_last=HOLD)


def _npz(run: ShapeRun) -> bytes:
    buffer = io.BytesIO()
    times = np.array([frame.t for frame in run.frames])
    np.savez_compressed(buffer, u=np.stack([frame.u for frame in run.frames]), times=times)
    return buffer.getvalue()


def _recipe(run: ShapeRun) -> bytes:
    return (json.dumps(recipe_of(run), indent=1, ensure_ascii=False) + "\n").encode()


PRODUCTS = {
    "sheet": (".png", "image/png", _sheet),
    "gif": (".gif", "image/gif", _gif),
    "npz": (".npz", "application/octet-stream", _npz),
    "mask": ("_mask.png", "image/png", mask_png),
    "recipe": (".json", "application/json", _recipe),
}

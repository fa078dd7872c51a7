"""A shape run at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.engine.shape_methods import METHODS
from flowdemo.engine.shape_products import numbers_of, recipe_of, save_shape
from flowdemo.engine.shaper import Shaper
from flowdemo.errors import InputError

OWN = ("soften", "parts")  # of --set, not of the method


def shape(method: str, mask: Path | None, settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """Run a shape prior on a mask file, print a line for each frame, and write the files; returns recipe and numbers.

    Args:
        method: a name of :data:`~flowdemo.engine.shape_methods.METHODS`.
        mask: the file.
        settings: of the method, and ``soften`` (pixels) and ``parts`` (1 or 0).

    Raises:
        InputError: one of them cannot be used.
    """
    if mask is None or not mask.is_file():
        raise InputError("Give a mask file as --mask FILE.", field="mask")
    if settings.get("parts", 1) not in (0, 1):
        raise InputError("The setting parts is 1, each part on its own, or 0.", field="parts")
    asked = {"soften": settings.get("soften"), "parts": bool(settings.get("parts", 1))}
    own = {name: value for name, value in settings.items() if name not in OWN}
    shaper = Shaper()
    run = shaper.start(mask, method=method, settings=own, **asked)
    (out / "frames").mkdir(parents=True, exist_ok=True)  # before the work: a place that cannot be written to
    symbol = METHODS[method].symbol
    for frame in shaper.stream(run):
        told = frame.numbers
        print(f"{symbol} {frame.t:5g}  area {told['area']:6} px  solidity {told['solidity']:.4f}  chord violation "
              f"{told['chord']:.4f}  dented {100 * told['dented_share']:.2f} %  {frame.seconds:.2f} s")  # fmt: skip
    save_shape(run, out)
    if note := shaper.meta(run)["note"]:
        print(note)
    print(f"written to {out}")
    return {"recipe": recipe_of(run), "frames": numbers_of(run)}

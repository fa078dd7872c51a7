"""A shape prior on a run at a terminal: classes by their names, and the mask after as a file."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from flowdemo.engine.core import Engine
from flowdemo.engine.priors import GROWTHS, ITERATIONS, METHODS, Priors
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import InputError
from flowdemo.request import IMAGE_TO_MASK, Request
from flowdemo.systems.nests import Order

PICTURES = ("before", "after", "difference")


def chosen(engine: Engine, request: Request, names: str, method: str) -> list[int]:
    """Indices of the classes with these names, separated by commas.

    Raises:
        InputError: the run will not end in a mask, or there is no such class, or method; the ground has no shape.
    """
    if request.direction != IMAGE_TO_MASK:
        raise InputError("A shape prior needs a run from image to mask; leave --prior out.", field="prior")
    if method not in METHODS:
        raise InputError(f"The shape prior is one of {', '.join(METHODS)}.", field="prior")
    known = [entry.name for entry in engine.manifest(request.model).palette.classes]
    shapes = [name for i, name in enumerate(known) if i not in Order.of(known).ground]
    wanted = [name.strip() for name in names.split(",")]
    if wrong := [name for name in wanted if name not in shapes]:
        raise InputError(f"There is no shape {wrong[0]!r}; choose of: {', '.join(shapes)}.", field="prior")
    return sorted({known.index(name) for name in wanted})


def save_prior(engine: Engine, record: RunRecord, classes: list[int], method: str, out: Path) -> list[dict[str, Any]]:
    """Write ``mask_prior.png`` of every sample with the bounds that the page begins with, and print what was done.

    Returns:
        One entry a sample: ``text``, ``added``, ``taken`` and ``rows`` of :meth:`~.priors.Priors.repair`.
    """
    priors, told = Priors(engine), []
    present = [entry["index"] for entry in priors.offer(record)["classes"] if entry["index"] in classes]
    for k in range(record.request.samples if present else 0):
        found = priors.repair(record.id, k, present, method, GROWTHS[0], ITERATIONS[0])
        suffix = f"_{k}" if record.request.samples > 1 else ""
        data = base64.b64decode(found["after"].partition(",")[2])
        (out / f"mask_prior{suffix}.png").write_bytes(data)
        told.append({key: value for key, value in found.items() if key not in (*PICTURES, "name")})
        changes = "; ".join(f"{row['name']} {row['area'][0]} → {row['area'][1]} pixels" for row in found["rows"])
        print(f"{found['text']} {changes}")
    if not present:
        print("None of the classes for the shape prior is in the mask.")
    return told

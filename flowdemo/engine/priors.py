"""A shape prior on the mask that a run arrived at: what can be chosen, what came of it, and the mask to take home."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from flowdemo.engine.probe import index as checked
from flowdemo.engine.products import file_name, recipe_of
from flowdemo.engine.roundtrip import result_of
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import EngineError, InputError
from flowdemo.rendering import encoders, masks, recipe, views
from flowdemo.rendering.palette import Palette
from flowdemo.request import TO_IMAGE
from flowdemo.systems.nests import Order

if TYPE_CHECKING:
    from flowdemo.engine.core import Engine
    from flowdemo.systems.shape_prior import Shaped

METHODS = {
    "line-scan": ("Line scan", "fills up to the convex hull"),
    "curvature": ("Curvature flow", "moves dented contours outwards, iteration by iteration"),
}
ITERATIONS = (50, 200, 1000)  # of the curvature flow
GROWTHS = (5, 10, 25, None)  # percent by which a part may grow; None for no bound
DEADLINE = 20.0  # seconds for one answer
PATIENCE = 10.0  # seconds to wait for another answer
ADDED, TAKEN = (213, 94, 0), (0, 114, 178)  # apart for all eyes, also on the pale grey of what stayed


class Priors:
    """Shape priors on the results of kept runs, one at a time; nothing is changed in the runs.

    Args:
        engine: whose runs are looked at.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one = threading.Lock()

    def offer(self, record: RunRecord) -> dict[str, Any] | None:
        """Run and classes to choose from, ``{"run", "size", "yields", "classes": [{"index", "name", "color", "within",
        "share", "chosen"}]}``; None if the run did not end in a mask. ``yields`` says whose pixels are taken,
        ``within`` names the classes that lie in one, ``share`` is that of its pixels in the results of all samples."""
        done = record.summary is not None and record.summary.status == "done"
        if not done or record.request.direction in TO_IMAGE or record.manifest.levels:
            return None
        palette, last = record.manifest.palette, record.drawn[-1].classes
        order = _order(palette)
        shares = [float((last == entry.index).mean()) for entry in palette.classes]
        present = [e for e in palette.classes if shares[e.index] and e.index not in order.ground]
        outermost = [chain[0] for chain in order.nests]
        first = next((e.index for e in present if e.index in outermost), None)
        if first is None and order.ground and present:
            first = present[0].index
        classes = [{"index": e.index, "name": e.name, "color": list(e.color), "share": shares[e.index],
                    "within": [palette.classes[i].name for i in order.chain(e.index)[1:]],
                    "chosen": e.index == first} for e in present]  # fmt: skip
        return {"run": record.id, "size": list(record.manifest.size), "classes": classes, "yields": _yields(palette)}

    def repair(
        self, run: str, sample: int, chosen: list[int], method: str, growth: int | None, iterations: int
    ) -> dict[str, Any]:
        """The result of a run with the shapes of some classes made convex.

        Args:
            growth: one of :data:`GROWTHS`.
            iterations: one of :data:`ITERATIONS`, for the curvature flow alone.

        Returns:
            ``before`` and ``after`` as palette PNG and ``difference`` as PNG, all data URLs; ``name`` of the file
            ``after``, which holds the recipe of the run and a comment on the prior; ``added`` and ``taken`` pixels;
            ``rows`` of chosen classes with ``area`` in pixels and ``solidity`` before and after; ``text``, what was
            done.

        Raises:
            InputError: no such run, class, method, growth or number of iterations, or the run has no mask.
            EngineError: it takes too long, or the server is busy.
        """
        record = self._engine.runs.get(run)
        chosen = self._check(record, chosen, method, growth, iterations)
        sample = checked(sample, record.request.samples, "sample")
        mask, palette = result_of(record, sample).pixels, record.manifest.palette
        order = _order(palette)
        if not self._one.acquire(timeout=PATIENCE):
            raise EngineError("The server is busy; try once more.")
        try:
            shaped = self._shaped(mask, chosen, order, palette, method, growth, iterations)
            rows = [_row(palette, order, index, mask, shaped.mask) for index in chosen]
        finally:
            self._one.release()
        text = _told(shaped, METHODS[method][0], iterations if method == "curvature" else None, growth)
        comment = f"Shape prior on {', '.join(row['name'] for row in rows)}. {text}"
        after = recipe.embed(masks.write_palette_png(shaped.mask, palette, {"Comment": comment}), recipe_of(record))
        difference, added, taken = _difference(mask, shaped.mask, palette, order, chosen)
        return {
            "before": _url(masks.write_palette_png(mask, palette)), "after": _url(after),
            "difference": _url(encoders.png(difference)), "name": file_name(record, "mask", 0, sample) + "_prior.png",
            "added": added, "taken": taken, "rows": rows, "text": text,
        }  # fmt: skip

    def _check(self, record: RunRecord, chosen: Any, method: Any, growth: Any, iterations: Any) -> list[int]:
        offer = self.offer(record)
        if offer is None:
            raise InputError("A shape prior needs a run that ended in a mask.", field="run")
        known = [entry["index"] for entry in offer["classes"]]
        if not isinstance(chosen, list) or not chosen or any(index not in known for index in chosen):
            raise InputError("Choose at least one class of this mask.", field="classes")
        if method not in tuple(METHODS):
            raise InputError(f"The shape prior is one of {', '.join(METHODS)}.", field="method")
        if growth not in GROWTHS or iterations not in ITERATIONS:
            raise InputError("Choose growth and iterations from their lists.", field="growth")
        return sorted(set(chosen))

    def _shaped(
        self, mask: np.ndarray, chosen: list[int], order: Order, palette: Palette, method: str, growth: int | None,
        iterations: int,
    ) -> Shaped:  # fmt: skip
        with self._engine._importing:  # torch comes with it, which the first run may be importing right now
            from flowdemo.systems.shape_prior import Manner, apply_prior
        begin = time.monotonic()

        def watch() -> None:
            if time.monotonic() - begin > DEADLINE:
                raise EngineError(f"This took longer than {DEADLINE:g} s and was ended; choose fewer iterations.")

        manner = Manner(method, float("inf") if growth is None else growth / 100, iterations=iterations)
        return apply_prior(mask, chosen, order.yielding(chosen, len(palette.classes)), order.nests, manner, watch)


def _order(palette: Palette) -> Order:
    return Order.of([entry.name for entry in palette.classes])


def _yields(palette: Palette) -> str:
    """Whose pixels are taken, as a sentence."""
    order, names = _order(palette), [entry.name for entry in palette.classes]
    if not order.ground:
        return "It takes pixels of every class that is not chosen."
    said = f"It takes pixels of the class {names[order.ground[0]]}"
    for outer, *inner in order.nests[:1]:
        said += f"; {names[inner[0]]} also takes those of {names[outer]}, and stays inside"
    return said + "."


def _row(palette: Palette, order: Order, index: int, before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    from flowdemo.systems.convexity_measures import solidity

    chain = order.chain(index)
    shapes = [np.isin(mask, chain) for mask in (before, after)]
    return {
        "name": " with ".join(palette.classes[i].name for i in chain),
        "color": list(palette.classes[index].color),
        "area": [int(shape.sum()) for shape in shapes],
        "solidity": [round(solidity(shape), 4) for shape in shapes],
    }


def _difference(
    before: np.ndarray, after: np.ndarray, palette: Palette, order: Order, chosen: list[int]
) -> tuple[np.ndarray, int, int]:
    """What changed over the pale mask, uint8 ``[H, W, 3]``; pixels taken from the classes that yield, and from others.

    With a ground, other classes are those that a shape inside them grew over.
    """
    ground = np.isin(before, order.yielding(chosen, len(palette.classes)))
    changed = before != after
    grey = views.class_map(before, palette).astype(np.float32).mean(2)
    picture = np.repeat((178 + grey * 0.27).astype(np.uint8)[..., None], 3, axis=2)
    picture[changed & ground], picture[changed & ~ground] = ADDED, TAKEN
    return picture, int((changed & ground).sum()), int((changed & ~ground).sum())


def _told(shaped: Shaped, method: str, iterations: int | None, growth: int | None) -> str:
    """One line on what became of the parts."""
    how = method if iterations is None else f"{method}, {iterations} iterations"
    parts = [f"{_count(shaped.grown, 'part')} grown"]
    parts += [f"{shaped.convex} with nothing to add"] if shaped.convex else []
    parts += [f"{shaped.refused} left alone, which would have grown by more than {growth} %"] if shaped.refused else []
    parts += [f"{_count(shaped.specks, 'speck')} of under 32 pixels left alone"] if shaped.specks else []
    return f"{how}: {', '.join(parts)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _url(png: bytes) -> str:
    return encoders.data_uri("image/png", png)

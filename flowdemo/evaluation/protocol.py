"""``evaluate``: a model on a split of a data folder, one row of scores per number of steps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from tqdm import tqdm

from flowdemo.data import FolderInfo, SegmentationSplit, read_info, segmentation_batches, split_length
from flowdemo.data.folders import resize_labels
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation.segmentation import confusion_matrix, scores
from flowdemo.evaluation.synthesis import Judge, Reference, Synthesis
from flowdemo.flow import Step
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE
from flowdemo.zoo import Model, available, load, read_manifest

STEPS = (1, 2, 5, 10, 25)
BATCH_PIXELS = 16 * 128 * 128  # pixels that are run at once, which bounds the memory
DIGITS = 5  # significant ones
MAX_SAMPLES = 64


@dataclass(frozen=True)
class _Run:
    """What stays the same over the rows of one evaluation."""

    model: Model
    direction: str
    solver: str
    beta: float
    settings: Mapping[str, float]

    def end(self, given: np.ndarray, seeds: Sequence[int], steps: int) -> Step:
        """Last step of a batch's trajectory."""
        start: Tensor = self.model.system.start(self.direction, given, self.beta, tuple(seeds))
        last = None
        for step in self.model.system.steps(self.direction, start, steps, self.solver, **self.settings):
            last = step
        return last


def evaluate(
    model: Model, data: str | Path, split: str = "test", steps: Sequence[int] | None = None, native: bool = False,
    direction: str | None = None, limit: int | None = None, seed: int = 0,
    settings: Mapping[str, float] | None = None, solver: str = "euler", beta: float | None = None, samples: int = 2,
    bar: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Score a model on a data folder.

    Pictures are resized to the model's size (Lanczos), masks by nearest neighbour. Runs are in full precision, in
    batches of fixed size, and depend on the seed alone.

    Args:
        model: from ``flowdemo.load``.
        data: a folder of the layout; its classes must be the model's.
        split: name of the split.
        steps: numbers of steps, one row each; 1, 2, 5, 10, 25 if None. A one-step model has the row 1 only.
        native: score masks at the ground truth's own size (the prediction is resized by nearest neighbour), not at the
            model's.
        direction: the system's first if None. ``image-to-mask`` gives ``miou``, ``pixel_accuracy``,
            ``per_class_iou`` (see :func:`~flowdemo.evaluation.segmentation.scores`); ``mask-to-image`` gives the scores
            of :class:`~flowdemo.evaluation.synthesis.Synthesis`.
        limit: only the first so many pictures.
        seed: picture i takes the seeds ``seed + i·samples + k``.
        settings, solver: of the trajectory.
        beta: half-width of the perturbation in grey levels (``mask-to-image``); the model's default if None.
        samples: pictures per mask (``mask-to-image``).
        bar: show a progress bar.

    Returns:
        ``{"model", "data", "split", "n", "direction", "solver", "seed", "rows": [{"steps", "evaluations", …,
        "seconds_per_item"}]}``; scores 0 to 1, ``seconds_per_item`` per picture, read-out included.

    Raises:
        DataError: folder or split is missing or unreadable, or its classes are not the model's.
        InputError: a direction, number of steps, β or setting that the system does not have.
    """
    info, direction = read_info(data), direction or model.system.directions[0]
    beta = model.manifest.beta.get("default", 0.0) if beta is None else beta
    run = _Run(model, direction, solver, beta, settings or {})
    _check(run, info, native, limit, samples)
    n = min(split_length(data, split), limit or 10**9)
    steps = _steps(model, steps)
    head = {"model": model.name, "data": info.name, "split": split, "n": n, "direction": direction, "solver": solver,
            "seed": seed, "size": "native" if native else list(model.manifest.size)}
    batches = _batches(model, data, split, n, bar)
    if direction == IMAGE_TO_MASK:
        return head | {"rows": _segmentation(run, batches, steps, native)}
    return head | {"beta": beta, "samples": samples} | _synthesis(run, batches, steps, n, seed, samples)


def find_judge(model: Model) -> Judge | None:
    """The discriminative model of the same data among those at hand, one of the same size first; None if there is none.
    """
    manifests = [read_manifest(folder) for folder in available().values()]
    fitting = [m for m in manifests if m.system == "discriminative" and m.data.get("name") == _data_name(model)
               and len(m.palette.classes) == len(model.manifest.palette.classes)]
    fitting.sort(key=lambda m: m.size != model.manifest.size)
    if not fitting:
        return None
    judge = load(fitting[0].name, model.device)
    return Judge(judge.system, judge.manifest.size, len(judge.manifest.palette.classes))


def _segmentation(run: _Run, batches: Iterator[SegmentationSplit], steps: Sequence[int], native: bool) -> list[dict]:
    names = tuple(entry.name for entry in run.model.manifest.palette.classes)
    matrices = {count: np.zeros((len(names), len(names)), np.int64) for count in steps}
    clock = _Clock()
    for batch in batches:
        for count in steps:
            with clock.of(count, len(batch)):
                last = run.end(batch.images, [0] * len(batch), count)
                found = run.model.system.classes(last.x)
            clock.evaluations[count] = last.evaluations
            truths = batch.native if native else batch.labels
            for truth, mask in zip(truths, found, strict=True):
                sized = resize_labels(mask, (truth.shape[1], truth.shape[0]))
                matrices[count] += confusion_matrix(truth, sized, len(names))
    return [clock.row(count, scores(matrices[count], names)) for count in steps]


def _synthesis(
    run: _Run, batches: Iterator[SegmentationSplit], steps: Sequence[int], n: int, seed: int, samples: int
) -> dict[str, Any]:
    judge, reference, clock, done = find_judge(run.model), Reference.of(n), _Clock(), 0
    gathered = {count: Synthesis(judge) for count in steps}
    for batch in batches:
        reference.add(done, batch.images, batch.labels, judge)
        seeds = np.arange(done, done + len(batch)) * samples + seed
        for count in steps:
            made = []
            for k in range(samples):
                with clock.of(count, len(batch)):
                    last = run.end(batch.labels, (seeds + k).tolist(), count)
                    made.append(run.model.system.picture(last.x))
                clock.evaluations[count] = last.evaluations
            gathered[count].add(np.stack(made), batch.labels)
        done += len(batch)
    found = {"photos": _rounded(reference.facts()),
             "rows": [clock.row(count, gathered[count].scores(reference)) for count in steps]}
    return found if judge else found | {"missing": _missing(run.model)}


class _Clock:
    """Seconds, items and evaluations per number of steps."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self.items: dict[int, int] = {}
        self.evaluations: dict[int, int] = {}

    def of(self, steps: int, items: int) -> _Clock:
        self._open = (steps, items, time.perf_counter())
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        steps, items, begin = self._open
        self.seconds[steps] = self.seconds.get(steps, 0.0) + time.perf_counter() - begin
        self.items[steps] = self.items.get(steps, 0) + items

    def row(self, steps: int, found: dict[str, Any]) -> dict[str, Any]:
        head = {"steps": steps, "evaluations": self.evaluations[steps]}
        return _rounded(head | found | {"seconds_per_item": self.seconds[steps] / self.items[steps]})


def _check(run: _Run, info: FolderInfo, native: bool, limit: int | None, samples: int) -> None:
    name, system, classes = run.model.name, run.model.system, len(run.model.manifest.palette.classes)
    if info.classes != classes:
        raise DataError(f"The data {info.name!r} has {info.classes} classes, but the model {name!r} knows {classes}.")
    if run.direction not in system.directions:
        known = ", ".join(system.directions)
        raise InputError(f"The model {name!r} runs {known}, not {run.direction!r}.", field="direction")
    if native and run.direction == MASK_TO_IMAGE:
        raise InputError("Scores at the ground truth's own size are for masks; leave native out.", field="native")
    if (limit is not None and limit < 1) or not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"The limit must be at least 1, and the samples per mask 1 to {MAX_SAMPLES}.", field="limit")
    bound = system.codebook.beta_bound
    if run.direction == MASK_TO_IMAGE and not 0 <= run.beta < bound:
        raise InputError(f"The perturbation must be at least 0 and below {bound:g} grey levels.", field="beta")
    if unknown := run.settings.keys() - {option.name for option in system.options}:
        raise InputError(f"The model {name!r} has no setting {min(unknown)!r}.", field="set")


def _steps(model: Model, steps: Sequence[int] | None) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(steps or STEPS))
    if model.manifest.system != "discriminative":
        return wanted
    if 1 not in wanted:
        raise InputError(f"The model {model.name!r} has one step only; set the steps to 1.", field="steps")
    return (1,)


def _batches(model: Model, data: str | Path, split: str, n: int, bar: bool) -> Iterator[SegmentationSplit]:
    width, height = model.manifest.size
    size = max(1, BATCH_PIXELS // (width * height))
    with tqdm(total=n, disable=not bar, unit="picture") as shown:
        for batch in segmentation_batches(data, split, (width, height), size, n):
            yield batch
            shown.update(len(batch))


def _missing(model: Model) -> str:
    return (f"There is no discriminative model trained on {_data_name(model)!r}, so resegmentation_accuracy and "
            "frechet_discriminative are left out.")


def _data_name(model: Model) -> str | None:
    return model.manifest.data.get("name")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value

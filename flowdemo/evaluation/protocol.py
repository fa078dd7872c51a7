"""``evaluate``: a model on a split of a data folder, one row of scores per number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from flowdemo.data import (
    ArrayInfo,
    ArraySplit,
    FolderInfo,
    SegmentationSplit,
    read_info,
    read_split,
    segmentation_batches,
    split_length,
)
from flowdemo.data.folders import resize_labels
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import labels
from flowdemo.evaluation.inspection import evaluate_inspection
from flowdemo.evaluation.judges import data_of, find_judge
from flowdemo.evaluation.runs import Clock, Run, rounded
from flowdemo.evaluation.segmentation import BoundaryF1, confusion_matrix, scores
from flowdemo.evaluation.shapes import evaluate_shapes
from flowdemo.evaluation.synthesis import Reference, Synthesis
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, MAX_SEED, TO_IMAGE
from flowdemo.systems.shape_models import OWN
from flowdemo.zoo import Model
from flowdemo.zoo.kinds import GLOBAL

Batch = TypeVar("Batch", SegmentationSplit, ArraySplit)
STEPS = (1, 2, 5, 10, 25)
BATCH_PIXELS = 16 * 128 * 128  # pixels that are run at once, which bounds the memory
MAX_SAMPLES = 64


def evaluate(
    model: Model, data: str | Path, split: str = "test", steps: Sequence[int] | None = None, native: bool = False,
    direction: str | None = None, limit: int | None = None, seed: int = 0,
    settings: Mapping[str, float] | None = None, solver: str = "euler", beta: float | None = None, samples: int = 2,
    bar: bool = False, noise: Sequence[float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score a model on a data set.

    Pictures are resized to the model's size (Lanczos; small labelled pictures get a border instead), masks by nearest
    neighbour. Runs are in full precision, in batches of fixed size, and depend on the seed alone.

    Args:
        model: from ``flowdemo.load``.
        data: a folder of the layout, or a directory with an array file for models of labelled pictures; its classes
            must be the model's.
        split: name of the split.
        steps: numbers of steps, one row each; 1, 2, 5, 10, 25 if None. A one-step model has the row 1 only. A detector
            takes them as numbers of times, 8 if None, and the rest as
            :func:`~flowdemo.evaluation.inspection.evaluate_inspection` says.
        native: score masks at the ground truth's own size (the prediction is resized by nearest neighbour), not at the
            model's.
        direction: the system's first if None. ``image-to-mask`` gives ``miou``, ``pixel_accuracy``,
            ``per_class_iou`` (see :func:`~flowdemo.evaluation.segmentation.scores`) and ``boundary_f1`` (see
            :class:`~flowdemo.evaluation.segmentation.BoundaryF1`); ``mask-to-image`` gives the scores
            of :class:`~flowdemo.evaluation.synthesis.Synthesis`; ``image-to-label`` and ``label-to-image`` those of
            :mod:`flowdemo.evaluation.labels`.
        limit: only the first so many pictures.
        seed: towards the label picture i takes the seed ``seed + i``, where the system draws something; towards the
            image sample k of label i takes ``seed + i·samples + k``.
        settings, solver: of the trajectory.
        beta: half-width of the perturbation of a given mask or label; the model's default if None.
        samples: pictures per mask or label.
        bar: show a progress bar.
        noise: segmenters of single objects only, see :func:`~flowdemo.evaluation.shapes.evaluate_shapes`.

    Returns:
        ``{"model", "data", "split", "n", "direction", "solver", "seed", "settings", "rows": [{"steps", "evaluations",
        …, "seconds_per_item"}]}``; scores 0 to 1, ``settings`` those in force, defaults too, ``seconds_per_item`` per
        picture, read-out included.

    Raises:
        DataError: folder or split is missing or unreadable, or its classes are not the model's.
        InputError: a direction, number of steps, β or setting that the system does not have.
    """
    if model.manifest.kind.detects:
        return evaluate_inspection(model, data, split, steps, limit, seed, settings, bar, direction)
    if model.manifest.system in OWN:
        return evaluate_shapes(model, data, split, noise, limit, seed, settings, bar)
    if noise is not None:
        raise InputError(f"The model {model.name!r} is not scored with noise; leave noise out.", field="noise")
    info, direction = read_info(data), direction or model.system.directions[0]
    beta = model.manifest.beta.get("default", 0.0) if beta is None else beta
    run = Run(model, direction, solver, beta, settings or {})
    _check(run, info, native, limit, seed, samples)
    n = min(split_length(data, split), limit or 10**9)
    steps = _steps(model, steps)
    head = {"model": model.name, "data": info.name, "split": split, "n": n, "direction": direction, "solver": solver,
            "seed": seed, "settings": run.in_force, "size": "native" if native else list(model.manifest.size)}
    return head | _scored(run, data, split, n, steps, native, seed, samples, bar)


def _scored(
    run: Run, data: str | Path, split: str, n: int, steps: Sequence[int], native: bool, seed: int, samples: int,
    bar: bool,
) -> dict[str, Any]:  # fmt: skip
    """What there is to tell of one direction, its rows among it."""
    if run.model.manifest.labels == GLOBAL:
        return _labelled(run, read_split(data, split, run.model.manifest.size, n), steps, seed, samples, bar)
    batches = _batches(run.model, data, split, n, bar)
    if run.direction == IMAGE_TO_MASK:
        return {"rows": _segmentation(run, batches, steps, native, seed)}
    return {"beta": run.beta, "samples": samples} | _synthesis(run, batches, steps, n, seed, samples)


def _labelled(
    run: Run, split: ArraySplit, steps: Sequence[int], seed: int, samples: int, bar: bool
) -> dict[str, Any]:
    parts = labels.batches(split, _batch(run.model))
    with tqdm(total=len(split), disable=not bar, unit="picture") as shown:
        if run.direction == IMAGE_TO_LABEL:
            return {"rows": labels.classification(run, _counted(parts, shown), steps, seed)}
        made = labels.generation(run, _counted(parts, shown), steps, seed, samples)
    return {"beta": run.beta, "samples": samples} | made


def _segmentation(
    run: Run, batches: Iterator[SegmentationSplit], steps: Sequence[int], native: bool, seed: int
) -> list[dict]:
    names = tuple(entry.name for entry in run.model.manifest.palette.classes)
    matrices = {count: np.zeros((len(names), len(names)), np.int64) for count in steps}
    contours = {count: BoundaryF1(len(names)) for count in steps}
    clock, done = Clock(), 0
    for batch in batches:
        seeds = range(seed + done, seed + done + len(batch))
        for count in steps:
            with clock.of(count, len(batch)):
                last = run.end(batch.images, seeds, count)
                found = run.model.system.classes(last.x)
            clock.asked(count, last.evaluations)
            truths = batch.native if native else batch.labels
            for truth, mask in zip(truths, found, strict=True):
                sized = resize_labels(mask, (truth.shape[1], truth.shape[0]))
                matrices[count] += confusion_matrix(truth, sized, len(names))
                contours[count].add(truth, sized)
        done += len(batch)
    return [clock.row(count, scores(matrices[count], names) | {"boundary_f1": contours[count].score()})
            for count in steps]  # fmt: skip


def _synthesis(
    run: Run, batches: Iterator[SegmentationSplit], steps: Sequence[int], n: int, seed: int, samples: int
) -> dict[str, Any]:
    judge, reference, clock, done = find_judge(run.model), Reference.of(n), Clock(), 0
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
                clock.asked(count, last.evaluations)
            gathered[count].add(np.stack(made), batch.labels)
        done += len(batch)
    found = {"photos": rounded(reference.facts()),
             "rows": [clock.row(count, gathered[count].scores(reference)) for count in steps]}
    return found if judge else found | {"missing": _missing(run.model)}


def _check(run: Run, info: FolderInfo, native: bool, limit: int | None, seed: int, samples: int) -> None:
    name, system, manifest = run.model.name, run.model.system, run.model.manifest
    classes = len(manifest.palette.classes)
    if isinstance(info, ArrayInfo) != (manifest.labels == GLOBAL):
        wants = "one label for each picture" if manifest.labels == GLOBAL else "masks"
        raise DataError(f"The model {name!r} needs a set with {wants}, which {info.name!r} has not.")
    if info.classes != classes:
        raise DataError(f"The data {info.name!r} has {info.classes} classes, but the model {name!r} knows {classes}.")
    if run.direction not in system.directions:
        known = ", ".join(system.directions)
        raise InputError(f"The model {name!r} runs {known}, not {run.direction!r}.", field="direction")
    if native and run.direction != IMAGE_TO_MASK:
        raise InputError("Scores at the ground truth's own size are for masks; leave native out.", field="native")
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}.", field="seed")
    if (limit is not None and limit < 1) or not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"The limit must be at least 1, and the samples per label 1 to {MAX_SAMPLES}.", field="limit")
    if run.direction in TO_IMAGE and not 0 <= run.beta < manifest.beta_bound:
        limits = f"below {manifest.beta_bound:g} {manifest.beta_unit}"
        raise InputError(f"The perturbation must be at least 0 and {limits}.", field="beta")
    _check_settings(run)


def _check_settings(run: Run) -> None:
    options = {option.name: option for option in run.model.system.options}
    for key, value in run.settings.items():
        if key not in options:
            raise InputError(f"The model {run.model.name!r} has no setting {key!r}.", field="set")
        low, high = options[key].low, options[key].high
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise InputError(f"The setting {key} must be a number from {low:g} to {high:g}.", field="set")


def _steps(model: Model, steps: Sequence[int] | None) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(steps or STEPS))
    if not model.manifest.kind.one_step:
        return wanted
    if 1 not in wanted:
        raise InputError(f"The model {model.name!r} has one step only; set the steps to 1.", field="steps")
    return (1,)


def _batches(model: Model, data: str | Path, split: str, n: int, bar: bool) -> Iterator[SegmentationSplit]:
    with tqdm(total=n, disable=not bar, unit="picture") as shown:
        yield from _counted(segmentation_batches(data, split, model.manifest.size, _batch(model), n), shown)


def _batch(model: Model) -> int:
    """Pictures that are run at once."""
    width, height = model.manifest.size
    return max(1, BATCH_PIXELS // (width * height))


def _counted(batches: Iterator[Batch], shown: tqdm) -> Iterator[Batch]:
    for batch in batches:
        yield batch
        shown.update(len(batch))


def _missing(model: Model) -> str:
    return (f"There is no discriminative model trained on {data_of(model)!r}, so resegmentation_accuracy and "
            "frechet_discriminative are left out.")

"""Classify and generate: what the engine computes for the tab, as the messages of its widget."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np

from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.engine.frames import Frame
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.rendering import encoders, views
from flowdemo.rendering.digits import FIELD, prepare_digit
from flowdemo.rendering.pictures import read_picture
from flowdemo.request import IMAGE_TO_LABEL, LABEL_TO_IMAGE
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.labels.contract import DRAWING, READY, Column, Offer, Reply, Shown
from flowdemo.zoo import Manifest

LADDER = (1, 2, 5, 10, 25)  # steps of the runs that are shown side by side
SEEDS = 8  # runs that are asked whether they agree
BOTH_WAYS = {IMAGE_TO_LABEL, LABEL_TO_IMAGE}

log = logging.getLogger(__name__)


def offers(engine: Engine) -> list[Offer]:
    """Models that label whole pictures and make pictures of a label, those that read drawn digits first: they can be
    tried at once. Nothing is loaded.
    """
    found = [m for m in engine.manifests().values() if m.levels and set(m.kind.directions) >= BOTH_WAYS]
    return [_offer(engine, manifest) for manifest in sorted(found, key=reads_digits, reverse=True)]


def ladder(runner: Runner, asked: dict[str, Any], data: bytes, session: str) -> Iterator[Reply]:
    """Read one picture with one seed in more and more steps.

    Yields:
        The prepared picture, then after each run all columns so far, since a message may be dropped for a newer one.

    Raises:
        InputError: with the field at fault.
    """
    manifest = runner.engine.manifest(asked["model"])
    picture, note = prepared(manifest, asked["kind"], data)
    reply: Reply = {"prepared": {"picture": encoders.data_uri("image/png", picture), "note": note}, "columns": []}
    records = [_reading(runner, asked, picture, steps) for steps in LADDER]
    yield reply
    runner.engine.model(manifest.name)  # so that no column counts the time of loading
    for record in records:
        end = _finished(runner, record, session)
        reply = reply | {"columns": [*reply["columns"], _column(record, end)]}
        yield reply


def agreement(runner: Runner, asked: dict[str, Any], data: bytes, session: str) -> Iterator[Reply]:
    """Read one picture from several start noises at once.

    Raises:
        InputError: with the field at fault.
    """
    manifest = runner.engine.manifest(asked["model"])
    picture, note = prepared(manifest, asked["kind"], data)
    record = _reading(runner, asked, picture, asked["steps"], SEEDS)
    _finished(runner, record, session)
    levels = [sample.level for sample in record.frames[-1].samples]
    found = {"steps": record.request.steps, "seed": record.request.seed, "nearest": [v.nearest for v in levels],
             "means": [round(v.mean, 4) for v in levels]}  # fmt: skip
    yield {"prepared": {"picture": encoders.data_uri("image/png", picture), "note": note}, "agreement": found}


def generated(runner: Runner, asked: dict[str, Any], session: str) -> Iterator[Reply]:
    """Make pictures of a class: a message for each frame, the last one with the finished pictures and who reads them.

    Raises:
        InputError: with the field at fault.
    """
    raw = {name: asked[name] for name in ("model", "steps", "beta", "seed", "samples")}
    record = runner.prepare(raw | {"direction": LABEL_TO_IMAGE, "solver": "euler"}, None, None, label=asked["label"])
    about = _about(record)
    with closing(runner.stream(record, session)) as messages:
        for message in messages:
            if message["end"] and message["end"]["status"] == "failed":
                raise InputError(message["end"]["message"])
            if message["frame"]:
                yield {"run": about, "frame": frame_shown(record.frames[message["frame"]["index"]])}
    pictures = [views.state_picture(image.astype(np.float32)) for image in record.drawn[-1].image]
    reads = _judged(runner.engine, record.manifest, np.stack(pictures))
    made = [{"picture": encoders.data_uri("image/png", encoders.png(p)), "reads": r}
            for p, r in zip(pictures, reads, strict=True)]  # fmt: skip
    yield {"run": about, "made": made}


def frames_of(engine: Engine, run: str, indices: list[int]) -> list[Shown]:
    """Frames of a run that the framework dropped on their way.

    Raises:
        InputError: no such run, or none that made pictures.
    """
    record = engine.runs.get(run)
    if record.request.direction != LABEL_TO_IMAGE:
        raise InputError("This run made no pictures of a label.", field="run")
    return [frame_shown(record.frames[i]) for i in indices if i < len(record.drawn)]


def prepared(manifest: Manifest, kind: str, data: bytes) -> tuple[bytes, str]:
    """A person's picture as the model sees it: a PNG of the model's size, and what was done.

    Args:
        kind: ``"drawing"`` (white on black), ``"file"`` (anything), or ``"ready"`` (prepared before, or made here).

    Raises:
        InputError: not a picture, without ink, or ready but of another size.
    """
    if kind == READY:
        given = Given.picture(data, manifest)
        if given.note:
            width, height = manifest.size
            raise InputError(f"A prepared picture must be {width} × {height} pixels.", field="image")
        return encoders.png(given.pixels), ""
    if reads_digits(manifest):
        digit = prepare_digit(read_picture(data), manifest.size, drawn=kind == DRAWING)
        return encoders.png(digit.picture), digit.note
    given = Given.picture(data, manifest)
    size = "The picture was brought to {} × {} pixels.".format(*manifest.size)
    return encoders.png(given.pixels), f"{given.note} {size}".strip()


def reads_digits(manifest: Manifest) -> bool:
    """Whether pictures are drawn in white on black, and prepared like the digits of MNIST."""
    return manifest.channels == 1 and min(manifest.size) >= FIELD


def judge_of(engine: Engine, manifest: Manifest) -> Manifest | None:
    """A classifier that was trained apart, on the same data, for pictures of the same size."""
    judge = next(iter(manifest.judges(engine.manifests().values())), None)
    return judge if judge and judge.size == manifest.size else None


def frame_shown(frame: Frame) -> Shown:
    """The image half alone, which is what forms."""
    pictures = [encoders.data_uri("image/jpeg", sample.partner.state) for sample in frame.samples]
    return {"index": frame.index, "t": frame.t, "evaluations": frame.evaluations, "seconds": round(frame.seconds, 4),
            "pictures": pictures}  # fmt: skip


def _offer(engine: Engine, manifest: Manifest) -> Offer:
    limits, judge = engine.limits(manifest.name), judge_of(engine, manifest)
    return {
        "name": manifest.name,
        "label": manifest.label,
        "classes": [entry.name for entry in manifest.palette.classes],
        "levels": manifest.levels.values.round(6).tolist(),
        "size": list(manifest.size),
        "digits": reads_digits(manifest),
        "steps": limits.default_steps.get(LABEL_TO_IMAGE, min(25, limits.max_steps)),
        "max_steps": limits.max_steps,
        "max_samples": limits.max_samples,
        "beta": limits.default_beta,
        "beta_bound": limits.beta_bound,
        "judge": judge.label if judge else None,
        "lands": manifest.posterior and manifest.temperature == 0,
    }


def _reading(runner: Runner, asked: dict[str, Any], picture: bytes, steps: Any, samples: int = 1) -> RunRecord:
    raw = {"model": asked["model"], "direction": IMAGE_TO_LABEL, "solver": "euler", "steps": steps,
           "seed": asked["seed"], "samples": samples}  # fmt: skip
    record = runner.prepare(raw, picture)
    record.kept = False  # the message holds all that is shown of it
    return record


def _finished(runner: Runner, record: RunRecord, session: str) -> dict[str, Any]:
    """Run to the end; returns the ``end`` of the player's messages.

    Raises:
        InputError: the run did not get there.
    """
    end = None
    with closing(runner.stream(record, session)) as messages:
        for message in messages:
            end = message["end"] or end
    if end["status"] != "done":
        raise InputError(end["message"])
    return end


def _column(record: RunRecord, end: dict[str, Any]) -> Column:
    path = [[frame.t, round(frame.samples[0].level.mean, 5)] for frame in record.frames]
    last = record.frames[-1].samples[0].level
    return {"steps": record.request.steps, "evaluations": end["numbers"]["evaluations"],
            "seconds": end["numbers"]["seconds"], "path": path, "nearest": last.nearest,
            "distances": [round(d, 4) for d in last.distances]}  # fmt: skip


def _about(record: RunRecord) -> dict[str, Any]:
    request = record.request
    return {"id": record.id, "model": request.model, "label": record.given.label, "steps": request.steps,
            "seed": request.seed, "beta": request.beta, "samples": request.samples}  # fmt: skip


def _judged(engine: Engine, manifest: Manifest, pictures: np.ndarray) -> list[int | None]:
    """Classes that another network reads in finished pictures ``[K, H, W, 3]``; Nones where there is none."""
    judge = judge_of(engine, manifest)
    if judge is None:
        return [None] * len(pictures)
    try:
        system = engine.model(judge.name).system
        *_, last = system.steps(IMAGE_TO_LABEL, system.start(IMAGE_TO_LABEL, pictures), 1)
        return system.category(last.x).tolist()
    except FlowdemoError as error:  # the pictures are there all the same
        log.warning("the judge %s is not ready: %s", judge.name, error)
        return [None] * len(pictures)

"""Named endpoints for programs; every parameter has a default."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from flowdemo.engine import Given
from flowdemo.engine.products import make
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.rendering.intake.header import MAX_BYTES
from flowdemo.ui.messages import summary_json
from flowdemo.ui.runner import Runner, read_file


def add(runner: Runner) -> None:
    """Register ``/trajectory`` and ``/models`` in the blocks being built."""

    def trajectory(
        model: str = "",
        direction: str = "",
        image: Any = None,
        mask: Any = None,
        steps: float = 10,
        solver: str = "euler",
        beta: float = -1,
        seed: float = 0,
        samples: float = 1,
        temperature: float = 1.0,
    ) -> dict:
        """Run one trajectory and return its result.

        Args:
            model: name of a model (see /models); the first one if empty.
            direction: "image-to-mask" or "mask-to-image"; the model's first if empty.
            image: a picture, as an uploaded file or a data URL, for image-to-mask.
            mask: a mask (class numbers, palette or class colours), likewise, for mask-to-image.
            steps: number of intervals, 1 to 50.
            solver: euler, adams_bashforth2, midpoint, heun, rk4 or dopri5.
            beta: half-width of the perturbation in grey levels; -1 for the model's default.
            seed: of the perturbation.
            samples: pictures per mask, 1 to 8.
            temperature: sharpness of the class posterior, 0 to 1.

        Returns:
            recipe, numbers, and for each sample "picture" and "mask" as PNG data URLs.
        """
        try:
            return _answer(runner, _values(runner, locals_of(locals())))
        except FlowdemoError as error:
            raise gr.Error(error.message, print_exception=False) from None

    def models() -> list:
        """List the models with their directions, sizes, classes and bounds."""
        return [_described(runner, name) for name in runner.engine.manifests()]

    gr.api(trajectory, api_name="trajectory", concurrency_id="engine", concurrency_limit=1)
    gr.api(models, api_name="models")


def locals_of(values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an endpoint, without what it closes over."""
    return {k: v for k, v in values.items() if k != "runner"}


def _values(runner: Runner, given: dict[str, Any]) -> tuple[dict[str, Any], bytes | None, Any]:
    model = given["model"] or next(iter(runner.engine.manifests()))
    manifest = runner.engine.manifest(model)
    raw = {k: given[k] for k in ("steps", "solver", "seed", "samples")} | {"model": model}
    raw["direction"] = given["direction"] or None
    raw["beta"] = None if given["beta"] == -1 else given["beta"]
    if given["temperature"] != 1:
        raw["settings"] = {"temperature": given["temperature"]}
    mask = _bytes(given["mask"], "mask")
    labels = None if mask is None else Given.mask(mask, manifest).pixels
    return raw, _bytes(given["image"], "image"), labels


def _answer(runner: Runner, values: tuple[dict[str, Any], bytes | None, Any]) -> dict[str, Any]:
    record = runner.prepare(*values)
    for _ in runner.engine.stream(record):
        pass
    products = [
        {kind: _url(make(record, kind, 0, k).data) for kind in ("picture", "mask")}
        for k in range(record.request.samples)
    ]
    numbers = summary_json(record.summary)
    return {"recipe": record.request.to_json(), "samples": products, "status": numbers["status"],
            "numbers": numbers["numbers"], "curves": numbers["curves"]}  # fmt: skip


def _described(runner: Runner, name: str) -> dict[str, Any]:
    manifest, limits = runner.engine.manifest(name), runner.engine.limits(name)
    return {
        "name": name,
        "label": manifest.label,
        "directions": list(limits.directions),
        "size": list(manifest.size),
        "classes": [c.name for c in manifest.palette.classes],
        "max_steps": limits.max_steps,
        "beta_bound": limits.beta_bound,
        "default_beta": limits.default_beta,
    }


def _bytes(value: Any, field: str) -> bytes | None:
    """A data URL, or a file uploaded to this app; no other path and no address is ever opened.

    Raises:
        InputError: anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.startswith("data:") and len(value) <= MAX_BYTES * 4 // 3 + 200:
        try:
            return base64.b64decode(value.partition(",")[2], validate=True)
        except (binascii.Error, ValueError):
            raise InputError(f"The {field} is not a valid data URL.", field=field) from None
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        path = Path(value["path"]).resolve()
        if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file():
            return read_file(str(path))
    raise InputError(f"Give the {field} as an uploaded file or a data URL of at most 12 MB.", field=field)


def _url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")

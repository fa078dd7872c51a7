"""``manifest.json``: what a model folder says about itself, checked before it is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flowdemo.codes import Codebook, base_k
from flowdemo.errors import InputError, ModelError
from flowdemo.rendering.palette import Palette

FORMAT = 1
SYSTEMS = ("semflow", "discriminative")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
FILE = re.compile(r"(autoencoder/)?[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")  # flat, but for that one folder
SPACES = ("pixels", "latents")
MAX_SIDE = 1024


@dataclass(frozen=True)
class Manifest:
    """One model's description.

    Attributes:
        name: key of the model, ``[a-z0-9._-]``.
        label: name for people.
        system: key of :data:`SYSTEMS`.
        size: (w, h) of the pictures it works on.
        palette: classes with names and display colours; the ignore label's index is the number of classes.
        network: network description (:class:`~flowdemo.networks.unet.UNetConfig` as JSON).
        prediction: SemFlow's form of answer, or ``"logits"``.
        beta: ``{"default", "trained"}`` in grey levels; empty where a system has no perturbation.
        steps: default number of steps per direction.
        space: ``{"kind": "pixels"}`` or ``{"kind": "latents"}`` with an ``autoencoder`` folder beside the manifest.
        data: name, terms and citation of the training set.
        training: command, seed, seconds, steps, samples, device.
        scores: what was measured, each with model, data, split, steps and seeds.
        files: ``{file name: {"sha256", "bytes"}}``.
        parameters: number of weights.
        licence: terms of the weights.
        settings: defaults of the system's own options where the model's differ from the system's.
    """

    name: str
    label: str
    system: str
    size: tuple[int, int]
    palette: Palette
    network: dict[str, Any]
    prediction: str
    beta: dict[str, float]
    steps: dict[str, int]
    space: dict[str, Any]
    data: dict[str, Any]
    training: dict[str, Any]
    scores: dict[str, Any]
    files: dict[str, dict[str, Any]]
    parameters: int
    licence: str
    settings: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def codebook(self) -> Codebook:
        """The model's category codes: SemFlow's grid for its classes and void."""
        return base_k(len(self.palette.classes), self.palette.ignore is not None)

    @property
    def task(self) -> str:
        return "segmentation" if self.system == "discriminative" else "segmentation and synthesis"

    @property
    def bytes(self) -> int:
        return sum(int(entry["bytes"]) for entry in self.files.values())

    @classmethod
    def from_json(cls, raw: Any) -> Manifest:
        """Check and build.

        Raises:
            ModelError: an entry is missing or outside what this version knows.
        """
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise ModelError("The model folder's manifest is not of a format this version of flowdemo reads.")
        known = {k: v for k, v in raw.items() if k in cls.__dataclass_fields__ and k != "extra"}
        try:
            _check_kinds(known)
            width, height = known["size"]
            known["size"] = (width, height)
            known["palette"] = Palette.from_json(known["palette"])
            manifest = cls(**known)
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise ModelError("The model folder's manifest lacks an entry or holds one of the wrong kind.") from error
        manifest._check()
        return manifest

    def _check(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ModelError("A model's name may hold small letters, digits, dots and dashes only.")
        if self.system not in SYSTEMS:
            raise ModelError(f"This version of flowdemo does not know the system {self.system[:40]!r}.")
        if not all(8 <= side <= MAX_SIDE for side in self.size):
            raise ModelError(f"The model {self.name!r} has a side outside 8 to {MAX_SIDE} pixels.")
        if not all(FILE.fullmatch(name) for name in self.files):
            raise ModelError(f"The manifest of {self.name!r} names a file outside its folder.")
        if self.space.get("kind") not in SPACES:
            raise ModelError(f"The manifest of {self.name!r} names a state space that this version does not know.")

    def to_json(self) -> dict[str, Any]:
        """Everything but ``extra``, as plain JSON values."""
        raw = {k: getattr(self, k) for k in self.__dataclass_fields__ if k != "extra"}
        return {"format": FORMAT} | raw | {"size": list(self.size), "palette": self.palette.to_json()}


_KINDS: dict[str, type] = {
    "name": str, "label": str, "system": str, "size": list, "palette": dict, "network": dict, "prediction": str,
    "beta": dict, "steps": dict, "space": dict, "data": dict, "training": dict, "scores": dict, "files": dict,
    "parameters": int, "licence": str,
}  # fmt: skip


def _check_kinds(raw: dict[str, Any]) -> None:
    """Raise TypeError where a value is not what the code that reads it relies on."""
    for key, kind in _KINDS.items():
        if not isinstance(raw[key], kind):
            raise TypeError(key)
    if not all(_is_number(value, 0, 255) for value in raw["beta"].values()):
        raise TypeError("beta")
    settings = raw.get("settings", {})
    if not isinstance(settings, dict) or not all(_is_number(value, 0, 1) for value in settings.values()):
        raise TypeError("settings")
    counts = [*raw["size"], *raw["steps"].values(), raw["parameters"]]
    counts += [entry["bytes"] for entry in raw["files"].values()]
    if not all(type(value) is int and 0 <= value < 1 << 40 for value in counts):
        raise TypeError("size")
    if not all(isinstance(entry["sha256"], str) for entry in raw["files"].values()):
        raise TypeError("files")


def _is_number(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high

"""``manifest.json``: what a model folder says about itself, checked before it is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flowdemo.codes import Codebook, base_k
from flowdemo.errors import ModelError
from flowdemo.rendering.palette import Palette

FORMAT = 1
SYSTEMS = ("semflow", "discriminative")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
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
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def codebook(self) -> Codebook:
        """The model's category codes: SemFlow's grid for its classes and void."""
        return base_k(len(self.palette.classes), self.palette.ignore is not None)

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
            width, height = known["size"]
            known["size"] = (int(width), int(height))
            known["palette"] = Palette.from_json(known["palette"])
            manifest = cls(**known)
        except (KeyError, TypeError, ValueError) as error:
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
        if any("/" in name or "\\" in name or name.startswith(".") for name in self.files):
            raise ModelError(f"The manifest of {self.name!r} names a file outside its folder.")

    def to_json(self) -> dict[str, Any]:
        """Everything but ``extra``, as plain JSON values."""
        raw = {k: getattr(self, k) for k in self.__dataclass_fields__ if k != "extra"}
        return {"format": FORMAT} | raw | {"size": list(self.size), "palette": self.palette.to_json()}

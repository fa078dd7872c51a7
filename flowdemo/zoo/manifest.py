"""``manifest.json``: what a model folder says about itself, checked before it is believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from flowdemo.codes import FAMILIES, Codebook, codebook
from flowdemo.codes.levels import Levels, level_line
from flowdemo.errors import InputError, ModelError
from flowdemo.flow.gradings import AGGREGATIONS, MAX_PATHS, POOLINGS, WEIGHTS
from flowdemo.rendering.palette import Palette
from flowdemo.request import MAX_STEPS
from flowdemo.zoo.kinds import GLOBAL, JOINT, KINDS, PIXEL, SYSTEMS, Kind

FORMAT = 1
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
FILE = re.compile(r"(autoencoder/)?[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")  # flat, but for that one folder
SPACES = ("pixels", "latents")
STARTS = ("image", "gaussian")  # sources of a FlowSeg
COLOURS = (1, 3)  # channels of grey pictures, and of pictures in colour
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
        prediction: the flow's form of answer, or ``"logits"``.
        beta: ``{"default", "trained"}`` in grey levels, or level spacings for labels of whole pictures; empty where a
            system has no perturbation.
        steps: default number of steps per direction.
        space: ``{"kind": "pixels"}`` or ``{"kind": "latents"}`` with an ``autoencoder`` folder beside the manifest.
        data: name, terms and citation of the training set.
        training: command, seed, seconds, steps, samples, device.
        scores: what was measured, each with model, data, split, steps and seeds.
        files: ``{file name: {"sha256", "bytes"}}``.
        parameters: number of weights.
        licence: terms of the weights.
        settings: defaults of the system's own options where the model's differ from the system's.
        flow: what a SymmFlow or a classifier adds: ``labels``, ``"pixel"`` or ``"global"``; where it differs from the
            published form also ``amplitude`` of global levels (2), ``time_scale`` (1; the network is told
            time_scale·t) and ``skip`` (0), see :class:`~flowdemo.systems.symmflow.SymmFlowHead`. What a FlowSeg adds:
            ``codes``, their family, and ``start``, its source. What a Flow Mismatching adds: ``exposure``, ``spread``
            and ``paths`` of :class:`~flowdemo.systems.mismatch.FlowMismatching`, its
            :class:`~flowdemo.systems.grading.Grading`, and ``glance`` where it has a second scale
            (:class:`~flowdemo.systems.glance.Glance`). Empty for others.
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
    flow: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> str:
        """``"pixel"`` for masks, ``"global"`` for labels of whole pictures."""
        return self.flow.get("labels", PIXEL)

    @property
    def levels(self) -> Levels | None:
        """Levels of the labels of whole pictures; None for masks."""
        if self.labels != GLOBAL:
            return None
        return Levels(len(self.palette.classes), float(self.flow.get("amplitude", 2.0)))

    @property
    def joint(self) -> bool:
        """Whether its states hold image and label side by side."""
        return self.system in JOINT

    @property
    def channels(self) -> int:
        """Of its pictures in pixel space: 1 for grey, 3 for colour."""
        shown = self.network["in_channels"]
        if self.system == "flowseg":
            return shown - 3
        if self.system != "symmflow":
            return shown
        if self.labels == PIXEL:
            return shown - 3
        told = len(self.palette.classes) if self.posterior else 0  # beside the state the evidence for each class
        return shown - 1 - told

    @property
    def posterior(self) -> bool:
        """Whether the network answers with probabilities of classes, on the way of a flow."""
        return self.prediction == "posterior" or (self.prediction == "endpoints" and self.system == "symmflow")

    @property
    def temperature(self) -> float:
        """Sharpness of a class posterior where a run does not say otherwise: 1 as trained, 0 its mode."""
        return self.settings.get("temperature", 1.0)

    @property
    def kind(self) -> Kind:
        known = KINDS[self.system, self.labels]
        return replace(known, random=()) if self.flow.get("start") == "image" else known  # then nothing is drawn

    @property
    def codebook(self) -> Codebook:
        """The model's category codes for its classes and void, or the line of its levels."""
        if self.labels == GLOBAL:
            return level_line(len(self.palette.classes))
        return codebook(self.flow.get("codes", "base-k"), len(self.palette.classes), self.palette.ignore is not None)

    @property
    def beta_bound(self) -> float:
        """β must stay below it: half the spacing of the codes, in :attr:`beta_unit`; 0 where there is no β."""
        if not self.kind.perturbed:
            return 0.0
        return 0.5 if self.labels == GLOBAL else self.codebook.beta_bound

    @property
    def beta_unit(self) -> str:
        """What β is counted in, for people."""
        return "level spacings" if self.labels == GLOBAL else "grey levels"

    def judges(self, others: Iterable[Manifest]) -> list[Manifest]:
        """Those of ``others`` that may judge this model's pictures: one-step models of the same data and classes that
        were trained apart, those of the same size first.
        """
        wanted = (self.kind.judged_by, self.data.get("name"), len(self.palette.classes))
        fitting = [m for m in others if (m.system, m.data.get("name"), len(m.palette.classes)) == wanted]
        return sorted(fitting, key=lambda m: m.size != self.size)

    @property
    def abilities(self) -> str:
        """What the model can do and what not, in sentences; empty where its data say nothing."""
        told = ("can", "makes", "cannot") if self.kind.perturbed else ("can", "cannot")
        return " ".join(str(self.data[key]) for key in told if self.data.get(key))

    @property
    def task(self) -> str:
        return self.kind.task

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
        if (self.flow or self.system in (*JOINT, "flowseg", "mismatch")) and not _is_flow(self.system, self.flow):
            raise ModelError(f"The manifest of {self.name!r} describes a flow that this version cannot use.")
        if (self.system, self.labels) not in KINDS or (self.labels == GLOBAL and len(self.palette.classes) < 2):
            raise ModelError(f"The manifest of {self.name!r} describes labels that its system does not have.")
        if not all(8 <= side <= MAX_SIDE for side in self.size):
            raise ModelError(f"The model {self.name!r} has a side outside 8 to {MAX_SIDE} pixels.")
        if not all(FILE.fullmatch(name) for name in self.files):
            raise ModelError(f"The manifest of {self.name!r} names a file outside its folder.")
        if self.space.get("kind") not in SPACES:
            raise ModelError(f"The manifest of {self.name!r} names a state space that this version does not know.")
        if self.space["kind"] == "pixels" and not self._sees_pictures():
            raise ModelError(f"The network of {self.name!r} takes pictures that are neither grey nor in colour.")
        if not all(1 <= steps <= MAX_STEPS for steps in self.steps.values()):
            raise ModelError(f"The model {self.name!r} has a default number of steps outside 1 to {MAX_STEPS}.")
        if self.beta.get("default", 0) and not self.beta["default"] < self.beta_bound:
            raise ModelError(f"The model {self.name!r} has a default β at which its codes cannot be told apart.")

    def _sees_pictures(self) -> bool:
        return type(self.network.get("in_channels")) is int and self.channels in COLOURS

    def to_json(self) -> dict[str, Any]:
        """Everything but ``extra`` and an empty ``flow``, as plain JSON values."""
        raw = {k: getattr(self, k) for k in self.__dataclass_fields__ if k != "extra" and (k != "flow" or self.flow)}
        return {"format": FORMAT} | raw | {"size": list(self.size), "palette": self.palette.to_json()}


_KINDS: dict[str, type] = {
    "name": str, "label": str, "system": str, "size": list, "palette": dict, "network": dict, "prediction": str,
    "beta": dict, "steps": dict, "space": dict, "data": dict, "training": dict, "scores": dict, "files": dict,
    "parameters": int, "licence": str,
}  # fmt: skip

_MISMATCH_WORDS = ("exposure", "weight", "aggregation")
_MISMATCH = {"spread": (1e-3, 10.0), "paths": (1, MAX_PATHS), "share": (1e-3, 1.0), "smooth": (0.0, 16.0),
             "margin": (0, 64)}  # fmt: skip
_GLANCED = {"glance_share": (0.0, 1e3), "glance_smooth": (0.0, 16.0)}
_FLOW = {"amplitude": (1e-3, 100.0), "time_scale": (1e-3, 1e6), "skip": (0.0, 100.0)}  # bounds


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
    if not isinstance(raw.get("flow", {}), dict):
        raise TypeError("flow")


def _is_flow(system: str, flow: dict[str, Any]) -> bool:
    if system == "mismatch":
        words = all(isinstance(flow.get(key), str) for key in _MISMATCH_WORDS)
        words = words and flow["weight"] in WEIGHTS and flow["aggregation"] in AGGREGATIONS
        numbers = all(_is_number(flow.get(key), low, high) for key, (low, high) in _MISMATCH.items())
        whole = all(type(flow.get(key)) is int for key in ("paths", "margin"))
        words = words and flow.get("pooling", POOLINGS[0]) in POOLINGS
        numbers = numbers and all(_is_number(flow.get(key, 0.0), 0.0, 16.0) for key in ("coherence", "wide"))
        known = {*_MISMATCH_WORDS, *_MISMATCH}
        numbers = numbers and all(_is_number(flow.get(key, 0.0), *bounds) for key, bounds in _GLANCED.items())
        words = words and flow.get("glance_weight", "") in ("", *WEIGHTS)
        numbers = numbers and all(_are_rims(flow[key]) for key in ("rims", "glance_rims") if key in flow)
        numbers = numbers and ("glance" not in flow or _is_glance(flow["glance"]))
        open_ones = {"pooling", "coherence", "wide", "rims", "glance", "glance_rims", "glance_weight", *_GLANCED}
        return words and numbers and whole and flow.keys() - open_ones == known
    if system == "flowseg":
        return flow.keys() == {"codes", "start"} and flow["codes"] in FAMILIES and flow["start"] in STARTS
    numbers = all(_is_number(flow.get(key, low), low, high) for key, (low, high) in _FLOW.items())
    return numbers and flow.get("labels") in (PIXEL, GLOBAL) and flow.keys() <= {"labels", *_FLOW}


def _are_rims(value: Any) -> bool:
    """What :meth:`flowdemo.systems.rims.Rim.to_json` writes, by the name of a detector, the method among them."""
    if not isinstance(value, dict) or "mismatch" not in value:
        return False
    return all(
        isinstance(rim, dict) and rim.keys() - {"cells"} == {"columns", "rows"}
        and type(rim.get("cells", 0)) is int and 0 <= rim.get("cells", 0) <= 128
        and all(isinstance(rim[line], list) and len(rim[line]) <= 64 for line in ("columns", "rows"))
        and all(_is_number(height, 1e-3, 1e4) for line in ("columns", "rows") for height in rim[line])
        for rim in value.values()
    )  # fmt: skip


def _is_glance(value: Any) -> bool:
    """What :meth:`flowdemo.systems.glance.Glance.to_json` writes."""
    if not isinstance(value, dict) or value.keys() != {"side", "means", "spreads", "coherence"}:
        return False
    side, lines = value["side"], (value["means"], value["spreads"])
    return (
        type(side) is int and 2 <= side <= 128 and _is_number(value["coherence"], 0.0, 16.0)
        and all(isinstance(line, list) and len(line) == 3 for line in lines)
        and all(_is_number(mean, -100.0, 100.0) for mean in value["means"])
        and all(_is_number(spread, 1e-4, 100.0) for spread in value["spreads"])
    )  # fmt: skip


def _is_number(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high

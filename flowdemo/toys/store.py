"""Stored spirals: one folder with a manifest and the weights of several training seeds, verified before use.

Like the zoo's folders, but read without torch, so that the page can draw a trained field as soon as it opens. A folder
is read from its bytes once: what was hashed is what is parsed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from flowdemo.errors import ModelError
from flowdemo.toys.folded import STATE_SHAPES, Folded
from flowdemo.toys.spiral import MAX_SEED
from flowdemo.zoo.folders import MAX_MANIFEST, roots
from flowdemo.zoo.manifest import NAME

FORMAT = 1
SYSTEM = MODEL = "symmflow-spiral"
LABEL = "SymmFlow, spiral"
WEIGHTS, MANIFEST = "weights.safetensors", "manifest.json"
PARAMETERS = 1576
MAX_SEEDS = 16
MAX_BYTES = 1 << 20
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ToyManifest:
    """What a spiral's folder says about itself.

    Attributes:
        name: key of the model, ``[a-z0-9._-]``.
        label: name for people.
        runs: one per training seed, in the order of seeds: ``{"seed", "steps", "points", "seconds", "loss", "command",
            "device", "torch"}``.
        files: ``{"weights.safetensors": {"sha256", "bytes"}}``.
        scores: what was measured, as ``evaluate`` returns it.
    """

    name: str
    label: str
    runs: tuple[dict[str, Any], ...]
    files: dict[str, dict[str, Any]]
    scores: dict[str, Any] = field(default_factory=dict)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run["seed"] for run in self.runs)

    @property
    def bytes(self) -> int:
        return self.files[WEIGHTS]["bytes"]

    @classmethod
    def from_json(cls, raw: Any) -> ToyManifest:
        """Check and build.

        Raises:
            ModelError: it is not the manifest of a spiral, or an entry is missing or of the wrong kind.
        """
        if not isinstance(raw, dict) or raw.get("format") != FORMAT or raw.get("system") != SYSTEM:
            raise ModelError("The folder's manifest does not describe a spiral of this version of flowdemo.")
        try:
            known = {key: raw[key] for key in ("name", "label", "runs", "files", "scores")}
            if not _sound(**known):
                raise ValueError("entries")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelError("The spiral's manifest lacks an entry or holds one of the wrong kind.") from error
        return cls(**known | {"runs": tuple(known["runs"])})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, with what is the same for every spiral."""
        return {
            "format": FORMAT, "name": self.name, "label": self.label, "system": SYSTEM,
            "task": "classification and generation of points", "parameters": PARAMETERS, "licence": "MIT",
            "data": {"name": "toy:spiral", "terms": "Points made in code; MIT, as the code."},
            "runs": list(self.runs), "scores": self.scores, "files": self.files,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Spiral:
    """A loaded folder: its description, and one velocity field per training seed."""

    manifest: ToyManifest
    networks: Mapping[int, Folded]


def at_hand() -> dict[str, Path]:
    """Name → folder of every spiral among the model folders; damaged ones are left out."""
    found: dict[str, Path] = {}
    for root in roots():
        for path in sorted(root.glob(f"*/{MANIFEST}")):
            try:
                found.setdefault(read_manifest(path.parent).name, path.parent)
            except ModelError:
                continue
    return found


def find(name: str | Path = MODEL) -> Path:
    """Folder of a spiral given by name or folder.

    Raises:
        ModelError: there is none.
    """
    known = at_hand()
    if str(name) in known:
        return known[str(name)]
    for folder in (Path(name), *(root / name for root in roots() if NAME.fullmatch(str(name)))):
        if os.path.isfile(folder / MANIFEST):
            return folder
    raise ModelError(f"There is no spiral {str(name)[:80]!r}; there are: {', '.join(known) or 'none'}.", field="model")


def load_spiral(name: str | Path = MODEL) -> Spiral:
    """Load and verify a spiral by name or folder.

    Raises:
        ModelError: unknown, damaged, or not what its manifest says.
    """
    manifest, arrays = _read(find(name))
    return Spiral(manifest, {seed: Folded.from_state(arrays[seed]) for seed in manifest.seeds})


def read_manifest(folder: Path) -> ToyManifest:
    """The manifest of a spiral's folder.

    Raises:
        ModelError: there is none, or it is of something else.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.stat().st_size > MAX_MANIFEST:
        raise ModelError(f"The folder {folder.name!r} is not a model: it has no readable manifest.json.")
    try:
        return ToyManifest.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The manifest of {folder.name!r} is not valid JSON.") from error


def add_run(folder: Path, run: dict[str, Any], arrays: Mapping[str, np.ndarray], name: str = MODEL) -> ToyManifest:
    """Store one more training seed in a folder, which is made where it is missing; its old scores no longer hold.

    Args:
        folder: of a spiral, or none yet.
        run: see :class:`ToyManifest`.
        arrays: of ``folded.STATE_SHAPES``, float32.
        name: of a new folder's model.

    Raises:
        ModelError: the folder holds something else or this seed already.
    """
    manifest, seeds = ToyManifest(name, LABEL, (), {}), {}
    if (folder / MANIFEST).exists():
        manifest, seeds = _read(folder)
    check_new(manifest, run["seed"], folder)
    seeds[run["seed"]] = dict(arrays)
    data = save({f"seed{s}.{k}": np.ascontiguousarray(v, np.float32) for s, a in seeds.items() for k, v in a.items()})
    runs = tuple(sorted((*manifest.runs, run), key=lambda entry: entry["seed"]))
    files = {WEIGHTS: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(data)
    return write_manifest(folder, replace(manifest, runs=runs, files=files, scores={}))


def check_new(manifest: ToyManifest, seed: int, folder: Path) -> None:
    """Raise ModelError (field ``"seed"``) if the folder cannot take a run of this seed."""
    if seed in manifest.seeds:
        raise ModelError(f"{folder.name!r} holds seed {seed} already; choose another seed or folder.", field="seed")
    if len(manifest.runs) >= MAX_SEEDS:
        raise ModelError(f"{folder.name!r} holds {MAX_SEEDS} seeds, which is the limit.", field="seed")


def write_manifest(folder: Path, manifest: ToyManifest) -> ToyManifest:
    text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")
    return manifest


def _read(folder: Path) -> tuple[ToyManifest, dict[int, dict[str, np.ndarray]]]:
    """Manifest, and per seed the arrays of a file whose hash agrees with it."""
    manifest = read_manifest(folder)
    path, entry = folder / WEIGHTS, manifest.files[WEIGHTS]
    if not path.is_file():
        raise ModelError(f"The model {manifest.name!r} lacks its file {WEIGHTS!r}.")
    data = path.read_bytes() if path.stat().st_size == entry["bytes"] else b""
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ModelError(f"The file {WEIGHTS!r} of model {manifest.name!r} is not the one its manifest describes.")
    try:
        tensors = load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The weights of {manifest.name!r} are not a safetensors file of plain numbers.") from error
    wanted = {f"seed{seed}.{name}": (seed, name) for seed in manifest.seeds for name in STATE_SHAPES}
    if tensors.keys() != wanted.keys() or any(value.dtype != np.float32 for value in tensors.values()):
        raise ModelError(f"The weights of {manifest.name!r} are not those of the seeds its manifest names.")
    return manifest, {seed: {n: tensors[f"seed{seed}.{n}"] for n in STATE_SHAPES} for seed in manifest.seeds}


def _sound(name: Any, label: Any, runs: Any, files: Any, scores: Any) -> bool:
    """Whether every entry is of the kind that the code relies on."""
    return (
        NAME.fullmatch(name) is not None
        and isinstance(label, str) and label.isprintable() and len(label) <= 80
        and isinstance(runs, list) and 1 <= len(runs) <= MAX_SEEDS and all(map(_is_run, runs))
        and len({run["seed"] for run in runs}) == len(runs)
        and isinstance(files, dict) and files.keys() == {WEIGHTS}
        and _HASH.fullmatch(files[WEIGHTS]["sha256"]) is not None
        and type(files[WEIGHTS]["bytes"]) is int and 0 < files[WEIGHTS]["bytes"] <= MAX_BYTES
        and isinstance(scores, dict) and all(map(_is_score, scores.values()))
    )  # fmt: skip


def _is_run(run: Any) -> bool:
    whole = all(type(run[key]) is int and 0 <= run[key] <= MAX_SEED for key in ("seed", "steps", "points"))
    texts = all(isinstance(run[key], str) for key in ("command", "device", "torch"))
    return whole and texts and _are_numbers(run["seconds"], run["loss"])


def _is_score(result: Any) -> bool:
    """Whether it is what ``scores.evaluate`` returns, as far as it is read again."""
    rows = all(
        _are_numbers(*(row[key] for key in ("steps", "evaluations", "accuracy", "seconds_per_item")), *row["per_seed"])
        and len(row["per_seed"]) == len(result["seeds"])
        for row in result["rows"]
    )
    return rows and isinstance(result["solver"], str) and _are_numbers(result["n"], result["seed"], *result["seeds"])


def _are_numbers(*values: Any) -> bool:
    return all(type(value) in (int, float) and abs(value) < 1e12 for value in values)

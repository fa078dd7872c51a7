"""Writing a model folder, and reading one with its hashes verified. Weights are safetensors, never pickles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from flowdemo.errors import ModelError
from flowdemo.zoo.manifest import Manifest

WEIGHTS = "weights.safetensors"
MAX_MANIFEST = 1 << 20


def save_model(folder: str | Path, manifest: Manifest, network: nn.Module) -> Manifest:
    """Write weights in half precision and the manifest with their hash; returns the manifest as written."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    entry = {"sha256": file_hash(folder / WEIGHTS), "bytes": (folder / WEIGHTS).stat().st_size}
    return write_manifest(folder, replace(manifest, files=manifest.files | {WEIGHTS: entry}))


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", "utf-8")
    return manifest


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a model folder.

    Raises:
        ModelError: there is none, or it cannot be used.
    """
    path = Path(folder) / "manifest.json"
    if not path.is_file() or path.stat().st_size > MAX_MANIFEST:
        raise ModelError(f"The folder {Path(folder).name!r} is not a model: it has no readable manifest.json.")
    try:
        return Manifest.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The manifest of {Path(folder).name!r} is not valid JSON.") from error


def read_weights(folder: Path, manifest: Manifest) -> dict[str, Tensor]:
    """Float32 tensors of a model folder whose hash agrees with its manifest.

    Raises:
        ModelError: the file is missing, changed, or not safetensors.
    """
    verify(folder, manifest)
    try:
        return {k: v.float() for k, v in load_file(folder / WEIGHTS).items()}
    except SafetensorError as error:
        raise ModelError(f"The weights of {manifest.name!r} are not a safetensors file.") from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file's hash with the manifest's.

    Raises:
        ModelError: a file is missing or has been changed, or there are no weights.
    """
    if WEIGHTS not in manifest.files:
        raise ModelError(f"The manifest of {manifest.name!r} names no {WEIGHTS}; only safetensors are loaded.")
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"The model {manifest.name!r} lacks its file {name!r}.")
        if file_hash(path) != entry.get("sha256"):
            raise ModelError(f"The file {name!r} of model {manifest.name!r} is not the one its manifest describes.")


def file_hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

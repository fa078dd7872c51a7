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
PATCHES = "patches.safetensors"  # statistics of normal patches beside a flow of normal pictures
AUTOENCODER = "autoencoder"
AUTOENCODER_CONFIG = "autoencoder/config.json"
AUTOENCODER_WEIGHTS = "autoencoder/diffusion_pytorch_model.safetensors"
MAX_CONFIG = 1 << 16


def save_model(
    folder: str | Path, manifest: Manifest, network: nn.Module, autoencoder: nn.Module | None = None,
    patches: dict[str, Tensor] | None = None,
) -> Manifest:  # fmt: skip
    """Write weights in half precision and the manifest with their hashes; returns the manifest as written.

    Args:
        folder: made where it is missing.
        manifest: its ``files`` are filled in.
        network: whose state is stored.
        autoencoder: a diffusers ``AutoencoderKL`` for a model in latent space, stored as diffusers stores it.
        patches: further tensors, stored as they are.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [WEIGHTS]
    _save_half(network, folder / WEIGHTS)
    if autoencoder is not None:
        autoencoder.save_config(folder / AUTOENCODER)
        _save_half(autoencoder, folder / AUTOENCODER_WEIGHTS)
        names += [AUTOENCODER_CONFIG, AUTOENCODER_WEIGHTS]
    if patches is not None:
        save_file({key: tensor.contiguous() for key, tensor in patches.items()}, folder / PATCHES)
        names.append(PATCHES)
    files = {n: {"sha256": file_hash(folder / n), "bytes": (folder / n).stat().st_size} for n in names}
    return write_manifest(folder, replace(manifest, files=files))


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", "utf-8")
    return manifest


def read_weights(folder: Path, manifest: Manifest) -> dict[str, Tensor]:
    """Float32 tensors of a model folder whose hash agrees with its manifest.

    Raises:
        ModelError: the file is missing, changed, or not safetensors.
    """
    verify(folder, manifest)
    return _load_full(folder / WEIGHTS, manifest)


def read_patches(folder: Path, manifest: Manifest) -> dict[str, Tensor]:
    """Tensors that :func:`save_model` stored as ``patches``; :func:`read_weights` has verified them.

    Raises:
        ModelError: there are none, or they cannot be read.
    """
    if PATCHES not in manifest.files:
        raise ModelError(f"The model {manifest.name!r} has no statistics of normal patches.")
    return _load_full(folder / PATCHES, manifest)


def read_autoencoder(folder: Path, manifest: Manifest) -> tuple[dict, dict[str, Tensor]]:
    """Configuration and float32 tensors of a latent model's autoencoder; :func:`read_weights` has verified both.

    Raises:
        ModelError: the manifest does not vouch for both files, or they cannot be read.
    """
    if not {AUTOENCODER_CONFIG, AUTOENCODER_WEIGHTS} <= manifest.files.keys():
        raise ModelError(f"The manifest of {manifest.name!r} names no autoencoder, which its latent space needs.")
    path = folder / AUTOENCODER_CONFIG
    try:
        config = json.loads(path.read_text("utf-8")) if path.stat().st_size <= MAX_CONFIG else None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ModelError(f"The autoencoder of {manifest.name!r} has no usable config.json.")
    return config, _load_full(folder / AUTOENCODER_WEIGHTS, manifest)


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
        if path.stat().st_size != entry["bytes"] or file_hash(path) != entry["sha256"]:
            raise ModelError(f"The file {name!r} of model {manifest.name!r} is not the one its manifest describes.")


def _save_half(module: nn.Module, path: Path) -> None:
    save_file({k: v.detach().to("cpu", torch.float16).contiguous() for k, v in module.state_dict().items()}, path)


def _load_full(path: Path, manifest: Manifest) -> dict[str, Tensor]:
    try:
        return {k: v.float() for k, v in load_file(path).items()}
    except SafetensorError as error:
        raise ModelError(f"The weights of {manifest.name!r} are not a safetensors file.") from error


def file_hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

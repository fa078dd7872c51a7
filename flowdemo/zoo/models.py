"""Finding and loading models: shipped names, folders, Hub ids."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from flowdemo.autoencoders import Latents, Pixels
from flowdemo.errors import ModelError
from flowdemo.flow import Step
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems.base import System
from flowdemo.systems.discriminative import Discriminative
from flowdemo.systems.semflow import SemFlow, SemFlowHead
from flowdemo.zoo.hub import download
from flowdemo.zoo.manifest import Manifest
from flowdemo.zoo.storage import read_manifest, read_weights

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
ORDER = ("semflow", "discriminative")


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model: its description and its system, ready to run on ``device``."""

    manifest: Manifest
    system: System
    device: torch.device

    @property
    def name(self) -> str:
        return self.manifest.name

    def trajectory(
        self,
        given: np.ndarray,
        direction: str | None = None,
        steps: int = 10,
        solver: str = "euler",
        beta: float | None = None,
        seed: int = 0,
        **settings: float,
    ) -> Iterator[Step]:
        """Integrate one input; yields N + 1 :class:`~flowdemo.flow.Step`, the first being the start.

        Args:
            given: a picture uint8 ``[H, W, 3]`` or labels uint8 ``[H, W]`` of the model's size
                (``flowdemo.rendering.pictures.fit`` brings any picture there).
            direction: one of the system's, its first by default.
            steps, solver: number of intervals and a name of ``flowdemo.flow.SOLVERS``.
            beta: half-width of the perturbation in grey levels; the model's default if None.
            seed: of the perturbation.
            settings: the system's own options.
        """
        direction = direction or self.system.directions[0]
        beta = self.manifest.beta.get("default", 0.0) if beta is None else beta
        start = self.system.start(direction, np.asarray(given)[None], beta, (seed,))
        return self.system.steps(direction, start, steps, solver, **settings)


def roots() -> list[Path]:
    """Folders that hold model folders: ``FLOWDEMO_MODELS`` (``os.pathsep`` between several), then the shipped ones."""
    extra = [Path(p) for p in os.environ.get("FLOWDEMO_MODELS", "").split(os.pathsep) if p]
    return [*extra, CHECKPOINTS]


def available() -> dict[str, Path]:
    """Name → folder of every model at hand, flows first."""
    found: dict[str, tuple[int, Path]] = {}
    for root in roots():
        for path in sorted(root.glob("*/manifest.json")):
            manifest = read_manifest(path.parent)
            found.setdefault(manifest.name, (ORDER.index(manifest.system), path.parent))
    return {name: entry[1] for name, entry in sorted(found.items(), key=lambda item: item[1][0])}


def find(name: str | Path) -> Path:
    """Folder of a model given by shipped name, folder, or Hub id (``owner/name``).

    Raises:
        ModelError: there is no such model.
    """
    known = available()
    if str(name) in known:
        return known[str(name)]
    if (Path(name) / "manifest.json").is_file():
        return Path(name)
    if isinstance(name, str) and name.count("/") == 1 and not name.startswith((".", "/")):
        return download(name)
    raise ModelError(f"There is no model {str(name)[:80]!r}; there are: {', '.join(known) or 'none'}.", field="model")


def load(name: str | Path, device: str | torch.device | None = None) -> Model:
    """Load and verify a model.

    Args:
        name: see :func:`find`.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``; the best at hand if None.

    Raises:
        ModelError: unknown, damaged, or not what its manifest says.
    """
    folder = find(name)
    manifest = read_manifest(folder)
    device = torch.device(device or best_device())
    network = _network(folder, manifest).to(device)
    if manifest.system == "discriminative":
        return Model(manifest, Discriminative(network, manifest.codebook, device), device)
    space = _space(folder, manifest, device)
    head = SemFlowHead(manifest.prediction, manifest.codebook, space.channels)
    if network.config.out_channels != head.out_channels:
        raise ModelError(f"The network of {manifest.name!r} does not answer with what its manifest says.")
    return Model(manifest, SemFlow(network, head, space, device), device)


def best_device() -> str:
    """cuda where there is one, then mps, then cpu."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _network(folder: Path, manifest: Manifest) -> PatchUNet:
    network = PatchUNet(UNetConfig.from_json(manifest.network))
    try:
        network.load_state_dict(read_weights(folder, manifest))
    except RuntimeError as error:
        raise ModelError(f"The weights of {manifest.name!r} do not fit the network its manifest describes.") from error
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _space(folder: Path, manifest: Manifest, device: torch.device) -> Pixels | Latents:
    if manifest.space.get("kind") != "latents":
        return Pixels()
    from diffusers import AutoencoderKL

    path = folder / "autoencoder"
    autoencoder = AutoencoderKL.from_pretrained(path, use_safetensors=True, local_files_only=True)
    return Latents(autoencoder.to(device))

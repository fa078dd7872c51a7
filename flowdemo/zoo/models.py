"""Loading models: shipped names, folders, Hub ids. The room's heavy half: it imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from flowdemo.autoencoders import Latents, Pixels
from flowdemo.autoencoders.kl import check_config
from flowdemo.errors import ModelError
from flowdemo.flow import Step
from flowdemo.systems.base import System
from flowdemo.zoo.builders import Network, build, design
from flowdemo.zoo.devices import choose_device
from flowdemo.zoo.folders import find, read_manifest
from flowdemo.zoo.manifest import Manifest
from flowdemo.zoo.storage import read_autoencoder, read_weights


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model: its description and its system, ready to run on ``device``; ``folder`` is where it came from."""

    manifest: Manifest
    system: System
    device: torch.device
    folder: Path | None = None

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
            given: a picture uint8 ``[H, W, 3]`` or a mask uint8 ``[H, W]`` of the model's size
                (``flowdemo.rendering.pictures.fit`` brings any picture there), or one label.
            direction: one of the system's, its first by default.
            steps, solver: number of intervals and a name of ``flowdemo.flow.SOLVERS``.
            beta: half-width of the perturbation in the model's unit; the model's default if None.
            seed: of all that is drawn.
            settings: the system's own options.
        """
        direction = direction or self.system.directions[0]
        beta = self.manifest.beta.get("default", 0.0) if beta is None else beta
        start = self.system.start(direction, np.asarray(given)[None], beta, (seed,))
        return self.system.steps(direction, start, steps, solver, **settings)


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
    device = torch.device(choose_device(None if device is None else str(device)))
    network = _network(folder, manifest).to(device)
    return Model(manifest, build(manifest, network, _space(folder, manifest, device), device), device, folder)


def _network(folder: Path, manifest: Manifest) -> Network:
    """The network, built without memory and filled from the file, so that a manifest's sizes alone cost nothing."""
    weights = read_weights(folder, manifest)
    return _filled(design(manifest), weights, manifest).to(memory_format=torch.channels_last)


def _space(folder: Path, manifest: Manifest, device: torch.device) -> Pixels | Latents:
    if manifest.space["kind"] == "pixels":
        return Pixels()
    from diffusers import AutoencoderKL

    config, weights = read_autoencoder(folder, manifest)
    check_config(config, manifest.name)
    return Latents(_filled(lambda: AutoencoderKL.from_config(config), weights, manifest).to(device))


def _filled(build: Callable[[], nn.Module], weights: dict[str, torch.Tensor], manifest: Manifest) -> nn.Module:
    try:
        with torch.device("meta"):
            module = build()
        module.load_state_dict(weights, assign=True)
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(f"The weights of {manifest.name!r} do not fit the network its manifest describes.") from error
    return module.eval().requires_grad_(False)

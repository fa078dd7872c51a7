"""Small detectors, surfaces and inspection sets for tests of Flow Mismatching."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from flowdemo.networks.glance import GlanceUNet
    from flowdemo.networks.unet import PatchUNet
    from flowdemo.zoo import Manifest

DETECTOR = "tiny-detector"
SIZE = (32, 32)  # of a crop; pictures up to 48 × 48 are seen whole
FLOW = {"exposure": "plain", "spread": 0.4, "paths": 2, "weight": "noise", "aggregation": "min", "share": 0.2,
        "smooth": 0.0, "margin": 0}  # fmt: skip
GLANCE = {"side": 8, "means": [0.0, -2.0, -2.0], "spreads": [0.2, 0.5, 0.5], "coherence": 0.5}
GLANCED = FLOW | {"glance": GLANCE, "glance_share": 0.5, "glance_smooth": 1.0}  # of two scales
TIMES = 3
PATHS_KNOWN, TIMES_KNOWN = 2, 3  # of the reference below


def reference_entry() -> dict[str, Any]:
    """Scores of normal pictures as training stores them, under two of the nine gradings."""
    gradings = {
        "noise/min": {"scores": [0.5, 0.7, 0.9], "threshold": 0.5, "scale": 2.0},
        "noise/order": {"scores": [0.6, 0.8, 1.0], "threshold": 0.6, "scale": 2.4},
        "velocity/mean": {"scores": [5.0, 7.0, 9.0], "threshold": 4.0, "scale": 16.0},
    }
    return {"data": "drawn-surfaces", "split": "val", "n": 3, "paths": PATHS_KNOWN, "times": TIMES_KNOWN, "seed": 0,
            "gradings": gradings}  # fmt: skip


def tiny_flow(channels: int = 1, seed: int = 0) -> PatchUNet:
    """A random network; nothing of it starts at zero."""
    from flowdemo.networks.unet import PatchUNet, UNetConfig

    return _stirred(PatchUNet, UNetConfig(channels, channels, 2, (8, 16), (False, False), 1, 8), seed)


def tiny_glance(cells: int = 3, seed: int = 0) -> GlanceUNet:
    """A random network of grey pixels, and one of grids whose sides are multiples of 2."""
    from flowdemo.networks.glance import GlanceConfig, GlanceUNet
    from flowdemo.networks.unet import UNetConfig

    grid = UNetConfig(cells, cells, 2, (8,), (False,), 1, 8)
    return _stirred(GlanceUNet, GlanceConfig(1, 1, 2, (8, 16), (False, False), 1, 8, grid=grid), seed)


def _stirred(network: type, config: Any, seed: int) -> Any:
    import torch

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        made = network(config)
        for weight in made.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    return made.eval()


def detector_manifest(network: PatchUNet | None = None, **changes: Any) -> Manifest:
    from flowdemo.networks.unet import UNetConfig, parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest

    config = network.config if network else UNetConfig(1, 1, 2, (8, 16), (False, False), 1, 8)
    palette = Palette((ClassColour(0, "normal", (240, 240, 240)), ClassColour(1, "defect", (214, 72, 24))))
    plain = {
        "name": DETECTOR, "label": "Tiny detector", "system": "mismatch", "size": SIZE, "palette": palette,
        "network": config.to_json(), "prediction": "velocity", "beta": {}, "steps": {"detect": TIMES},
        "space": {"kind": "pixels"}, "data": {"name": "drawn-surfaces", "terms": "None."},
        "training": {"command": "none"}, "scores": {"reference": reference_entry()}, "files": {},
        "parameters": parameter_count(network) if network else 1, "licence": "MIT", "flow": FLOW,
    }  # fmt: skip
    return Manifest(**plain | changes)


def patch_tensors(channels: int = 1, seed: int = 0) -> dict[str, Any]:
    """Statistics of the patches of a few surfaces."""
    from flowdemo.systems.exposure import exposed
    from flowdemo.systems.patch_statistics import PatchStatistics

    return PatchStatistics.fit([exposed(texture(seed + i), channels, "plain") for i in range(2)]).tensors()


def write_tiny_detector(
    folder: Path, channels: int = 1, patches: bool = True, network: PatchUNet | None = None, **changes: Any
) -> Path:
    """A model folder as training would leave it; keyword arguments change its manifest."""
    from flowdemo.zoo import save_model

    network = network or tiny_flow(channels)
    tensors = patch_tensors(channels) if patches else None
    save_model(folder, detector_manifest(network, **changes), network, patches=tensors)
    return folder


def write_tiny_glance(folder: Path, cells: int = 3, **changes: Any) -> Path:
    """As above, of two scales."""
    return write_tiny_detector(folder, network=tiny_glance(cells), **{"flow": GLANCED} | changes)


def texture(seed: int, size: tuple[int, int] = (40, 36)) -> np.ndarray:
    """A sound surface of (w, h) pixels, uint8 ``[h, w]``: grain around a slow wave."""
    rng = np.random.default_rng(seed)
    wave = 20 * np.sin(np.arange(size[0]) / 5 + rng.uniform(0, 6))
    return np.clip(120 + wave + rng.normal(0, 8, size[::-1]), 0, 255).astype(np.uint8)


def grain(seed: int, sigma: float, size: tuple[int, int] = (40, 40)) -> np.ndarray:
    """A surface whose pixels are independent normal values of standard deviation ``sigma`` in [-1, 1] about 0."""
    drawn = np.random.default_rng(seed).normal(0, sigma, size[::-1])
    return np.clip(np.rint((drawn + 1) * 127.5), 0, 255).astype(np.uint8)


def save(pixels: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def unpacked(url: str) -> np.ndarray:
    """Pixels of a data URL with a PNG."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))

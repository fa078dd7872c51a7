"""Small random models and inputs for tests."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

POSTERIOR, VELOCITY, ONE_STEP = "a-posterior", "b-velocity", "c-one-step"
JOINT, LEVELS = "d-joint", "e-levels"  # SymmFlow with masks, and with labels of whole pictures
CLASSES = ("background", "cell", "nucleus")
SIDE = 32


def write_tiny_model(folder: Path, name: str, system: str, prediction: str, out: int, seed: int = 0) -> None:
    """A random network in a model folder as training would leave it; nothing of it starts at zero."""
    import torch

    from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest, save_model

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = PatchUNet(UNetConfig(3, out, 2, (8, 16), (False, False), 1, 8, 4))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    colours = ((244, 241, 234), (120, 180, 214), (88, 62, 132))
    palette = Palette(
        tuple(ClassColour(i, n, c) for i, (n, c) in enumerate(zip(CLASSES, colours, strict=True))),
        ClassColour(len(CLASSES), "ignore", (0, 0, 0)),
    )
    manifest = Manifest(
        name=name, label=f"Tiny {prediction}", system=system, size=(SIDE, SIDE), palette=palette,
        network=network.config.to_json(), prediction=prediction,
        beta={} if system == "discriminative" else {"default": 20.0, "trained": 60.0},
        steps={"image-to-mask": 1} if system == "discriminative" else {"image-to-mask": 3, "mask-to-image": 4},
        space={"kind": "pixels"}, data={"name": "drawn", "terms": "None."}, training={"command": "none"}, scores={},
        files={}, parameters=parameter_count(network), licence="MIT",
    )  # fmt: skip
    save_model(folder, manifest, network)


def write_tiny_symmflow(folder: Path, name: str, labels: str, seed: int = 0) -> None:
    """As above, of joint states: ``"pixel"`` labels of the same classes, or ``"global"`` ones of grey pictures."""
    import torch

    from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest, save_model

    whole = labels == "global"
    channels = (2, 2) if whole else (6, 6 + len(CLASSES) + 1)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = PatchUNet(UNetConfig(*channels, 2, (8, 16), (False, False), 1, 8, 4))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    ignore = None if whole else ClassColour(len(CLASSES), "ignore", (0, 0, 0))
    palette = Palette(tuple(ClassColour(i, n, (80 * i, 90, 60)) for i, n in enumerate(CLASSES)), ignore)
    there, back = ("image-to-label", "label-to-image") if whole else ("image-to-mask", "mask-to-image")
    manifest = Manifest(
        name=name, label=f"Tiny {labels} labels", system="symmflow", size=(SIDE, SIDE), palette=palette,
        network=network.config.to_json(), prediction="velocity" if whole else "posterior",
        beta={"default": 0.25, "trained": 0.25} if whole else {"default": 20.0, "trained": 60.0},
        steps={there: 3, back: 4}, space={"kind": "pixels"}, data={"name": "drawn", "terms": "None."},
        training={"command": "none"}, scores={}, files={}, parameters=parameter_count(network), licence="MIT",
        flow={"labels": labels, "time_scale": 1000.0},
    )  # fmt: skip
    save_model(folder, manifest, network)


def png_bytes(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def mask_labels() -> np.ndarray:
    """A disc in a disc, with a corner to ignore: every label of the tiny models, uint8 ``[32, 32]``."""
    y, x = np.mgrid[:SIDE, :SIDE]
    radius = np.hypot(x - 14, y - 17)
    labels = ((radius < 11).astype(np.uint8) + (radius < 5)).astype(np.uint8)
    labels[:4, -6:] = len(CLASSES)
    return labels

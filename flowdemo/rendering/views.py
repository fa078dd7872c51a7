"""States, class indices and velocities as pictures uint8 [H, W, 3]."""

from __future__ import annotations

import numpy as np
from PIL import Image

from flowdemo.errors import EngineError
from flowdemo.rendering.palette import Palette

# Anchors of the viridis colour map (Smith and van der Walt, CC0), 33 at equal distances from 0 to 255.
_VIRIDIS = (
    "440154470d6048186a482374472d7b4536814240863f49893b528b375a8d33638d2f6a8e2c728e297a8e26818e23898e"
    "21908c1f988b1f9f8821a68528ae8031b57b3ebc744cc26c5dc9636ece5882d34c96d83fabdc32c0df24d5e21aeae51a"
    "fde725"
)


def state_picture(x: np.ndarray) -> np.ndarray:
    """State float [3, H, W] (or grey [1, H, W]) to a picture: -1 is 0, 1 is 255, clipped; NaN is 0.

    Raises:
        EngineError: the state has another number of channels, so it has to be decoded first.
    """
    if x.ndim != 3 or x.shape[0] not in (1, 3):
        raise EngineError(f"A state of shape {list(x.shape)} is no picture; decode it first.")
    levels = np.multiply(x, 127.5, dtype=np.float32)
    levels += np.float32(128)  # 127.5, and a half so that the cast below rounds
    np.fmax(levels, 0, out=levels)
    np.fmin(levels, 255, out=levels)
    picture = np.empty((*x.shape[1:], 3), dtype=np.uint8)
    for channel in range(3):
        picture[..., channel] = levels[channel % len(levels)]
    return picture


def class_map(indices: np.ndarray, palette: Palette) -> np.ndarray:
    """Indices uint8 [H, W] in their class colours."""
    return _coloured(indices, palette.lut())


def overlay(photo: np.ndarray, indices: np.ndarray, palette: Palette, opacity: float) -> np.ndarray:
    """Class colours over a photo of the same size; opacity 0 shows the photo, 1 the classes.

    Ignored pixels show the photo.
    """
    below, above = Image.fromarray(photo), Image.fromarray(class_map(indices, palette))
    mixed = Image.blend(below, above, min(max(float(opacity), 0.0), 1.0))
    if palette.ignore is not None:
        mixed.paste(below, mask=Image.fromarray(indices == palette.ignore.index))
    return np.array(mixed)


def speed(v: np.ndarray) -> np.ndarray:
    """|v|, float32 [..., H, W]: the Euclidean norm over the channels of v [..., C, H, W]. Not-a-number counts as 0."""
    v = v.astype(np.float32, copy=False)
    squared = np.einsum("...chw,...chw->...hw", v, v)
    return np.sqrt(np.nan_to_num(squared, copy=False, nan=0.0, posinf=0.0))


def speed_map(speed: np.ndarray) -> tuple[np.ndarray, float]:
    """A speed, float [H, W], quantised for the browser to colour.

    Returns:
        levels uint8 [H, W] and the scale, which is the largest speed: speed = level / 255 · scale.
    """
    top = float(speed.max())
    if top <= 0:
        return np.zeros(speed.shape, dtype=np.uint8), 0.0
    return np.minimum(speed * np.float32(255 / top) + np.float32(0.5), 255).astype(np.uint8), top


def viridis_lut() -> np.ndarray:
    """The viridis colour map uint8 [256, 3], within 2 grey levels, from its anchors."""
    anchors = np.frombuffer(bytes.fromhex(_VIRIDIS), dtype=np.uint8).reshape(-1, 3)
    at = np.linspace(0, 255, len(anchors))
    columns = [np.interp(np.arange(256), at, anchors[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1).round().astype(np.uint8)


def heat(levels: np.ndarray) -> np.ndarray:
    """Levels uint8 [H, W] in viridis."""
    return _coloured(levels, viridis_lut())


def settling_picture(settling: np.ndarray, steps: int) -> np.ndarray:
    """Step 0 … steps from which each pixel's class stays, int [H, W]: dark settles early, bright late."""
    levels = np.clip(settling, 0, steps) * (255 / max(steps, 1))
    return heat(levels.round().astype(np.uint8))


def contours(indices: np.ndarray) -> np.ndarray:
    """Bool [H, W]: pixels with another class among their four neighbours."""
    edges = np.zeros(indices.shape, dtype=bool)
    down, right = indices[1:] != indices[:-1], indices[:, 1:] != indices[:, :-1]
    edges[1:] |= down
    edges[:-1] |= down
    edges[:, 1:] |= right
    edges[:, :-1] |= right
    return edges


def _coloured(indices: np.ndarray, table: np.ndarray) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(indices, dtype=np.uint8))
    image.putpalette(table.tobytes())
    return np.array(image.convert("RGB"))

"""The canvas of drawn streets: a pinhole camera, flat shapes in metres, and texture, light and air over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

FINE = 4  # samples per pixel and axis
EYE = 1.4  # metres: the camera's height
STREET_NAMES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign_symbol", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
VOID = len(STREET_NAMES)
SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(VOID)
Point = tuple[float, float, float]  # metres: to the right, up, ahead


class Scene:
    """Two canvases drawn with the same shapes: colours and labels. Places are in metres, seen by a pinhole camera."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self.width, self.height, self.rng = width * FINE, height * FINE, rng
        self.centre = self.width * rng.uniform(0.44, 0.56)
        self.horizon = self.height * rng.uniform(0.42, 0.48)
        self.focal = 0.62 * self.height * 1.35
        self.dusk = rng.uniform(0.72, 1.0)
        self.haze = np.array((206, 214, 224), float) if self.dusk > 0.8 else np.array((170, 176, 186), float)
        self.colours = Image.fromarray(self._sky())
        self.indices = Image.new("L", self.colours.size, SKY)
        self.brush, self.pen = ImageDraw.Draw(self.colours), ImageDraw.Draw(self.indices)

    def at(self, point: Point) -> tuple[float, float]:
        """Where a point in metres falls on the canvas."""
        x, y, z = point
        return self.centre + self.focal * x / z, self.horizon - self.focal * (y - EYE) / z

    def face(self, points: Sequence[Point], colour: Sequence[float], label: int | None) -> None:
        """A flat polygon; label None keeps the labels below (markings, windows, shadows)."""
        corners = [self.at(p) for p in points]
        self.brush.polygon(corners, fill=self._tint(colour, max(p[2] for p in points)))
        if label is not None:
            self.pen.polygon(corners, fill=label)

    def ball(self, middle: Point, rx: float, ry: float, colour: Sequence[float], label: int | None) -> None:
        """An upright ellipse with radii in metres."""
        (x, y), scale = self.at(middle), self.focal / middle[2]
        box = (x - rx * scale, y - ry * scale, x + rx * scale, y + ry * scale)
        self.brush.ellipse(box, fill=self._tint(colour, middle[2]))
        if label is not None:
            self.pen.ellipse(box, fill=label)

    def upright(self, x: float, z: float, wide: float, low: float, high: float, colour, label: int | None) -> None:
        """A rectangle that faces the camera."""
        a, b = x - wide / 2, x + wide / 2
        self.face([(a, low, z), (b, low, z), (b, high, z), (a, high, z)], colour, label)

    def picture(self) -> np.ndarray:
        """Texture, light and grain over the drawn colours, at the final size."""
        fine = np.asarray(self.colours, float)
        labels = np.asarray(self.indices)
        grain = grain_of(labels.shape, 1.2, self.rng), grain_of(labels.shape, 5.0, self.rng)
        strength = np.full(VOID + 1, 0.02)
        strength[[TREE, ROAD, PAVEMENT, BUILDING]] = (0.17, 0.035, 0.05, 0.05)
        fine *= (1 + strength[labels] * (0.6 * grain[0] + grain[1]))[..., None]
        fine = gaussian_filter(fine * self.dusk, (2.0, 2.0, 0))
        small = fine.reshape(self.height // FINE, FINE, self.width // FINE, FINE, 3).mean(axis=(1, 3))
        small += self.rng.normal(scale=1.8, size=small.shape)
        return np.clip(small + 0.5, 0, 255).astype(np.uint8)

    def labels(self) -> np.ndarray:
        return np.asarray(self.indices)[FINE // 2 :: FINE, FINE // 2 :: FINE].copy()

    def _sky(self) -> np.ndarray:
        fall = np.linspace(0, 1, self.height)[:, None, None] ** 0.7
        sky = (1 - fall) * np.array((138, 172, 214.0)) + fall * np.array((232, 236, 240.0))
        clouds = np.clip(grain_of((self.height, self.width), self.height / 14, self.rng), 0, 2)[..., None] / 2
        return np.clip(sky + (np.array((244, 245, 248.0)) - sky) * clouds, 0, 255).astype(np.uint8)

    def _tint(self, colour: Sequence[float], depth: float) -> tuple[int, int, int]:
        """Air between: the farther, the paler."""
        air = 1 - np.exp(-depth / 95)
        mixed = np.clip((1 - air) * np.asarray(colour, float) + air * self.haze, 0, 255)
        return int(mixed[0]), int(mixed[1]), int(mixed[2])


def grain_of(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of standard deviation 1; drawn coarse and enlarged, which costs little at any scale."""
    step = max(1, int(sigma / 2))
    coarse = gaussian_filter(rng.normal(size=(-(-shape[0] // step), -(-shape[1] // step))), sigma / step)
    image = Image.fromarray((coarse / coarse.std()).astype(np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))

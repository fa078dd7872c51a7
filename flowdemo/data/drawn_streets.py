"""A street seen from a car, drawn: houses, trees, cars and people, with CamVid's eleven classes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from flowdemo.data.street_scene import (
    BICYCLIST,
    BUILDING,
    CAR,
    FENCE,
    PAVEMENT,
    PEDESTRIAN,
    POLE,
    ROAD,
    SIGN,
    STREET_NAMES,
    TREE,
    VOID,
    Point,
    Scene,
)

STREET_COLORS = (
    (128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (60, 40, 222), (128, 128, 0), (192, 128, 128),
    (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192),
)  # fmt: skip
FAR, NEAR = 90.0, 2.2  # metres
KERB, WALL = 4.2, 7.0  # metres: half the road's width, where the houses begin

_WALLS = ((150, 120, 100), (172, 156, 132), (128, 92, 78), (188, 180, 166), (110, 100, 98), (160, 136, 104))
_CARS = ((52, 60, 74), (150, 34, 36), (196, 198, 202), (34, 74, 120), (70, 76, 70), (228, 228, 224))
_CLOTHES = ((48, 54, 78), (120, 44, 44), (70, 82, 60), (38, 36, 40), (150, 128, 96))


def draw_street(size: int | tuple[int, int] = (176, 128), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A street with houses, trees, cars and people.

    Args:
        size: side, or (w, h), in pixels, at least 32.
        seed: of everything that varies: houses, light, traffic, people.

    Returns:
        Picture uint8 ``[H, W, 3]`` and labels uint8 ``[H, W]``: CamVid's classes 0 to 10, and 11 for the unlabelled.
    """
    width, height = (size, size) if isinstance(size, int) else size
    rng = np.random.default_rng((seed, 2))
    scene = Scene(width, height, rng)
    _ground(scene)
    things = [*_houses(rng), *_roadside(rng), *_traffic(rng)]
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw(scene)
    return scene.picture(), scene.labels()


def _ground(scene: Scene) -> None:
    """Pavement on both sides, the road in bands that pale with distance, kerbs and the dashed middle line."""
    for near, far in _bands(0.75, 24):
        for side in (-1, 1):
            scene.face(_strip(side * KERB, side * 14, near, far), (150, 146, 142), PAVEMENT)
            scene.face(_strip(side * KERB, side * (KERB + 0.18), near, far), (186, 184, 178), None)
        scene.face(_strip(-KERB, KERB, near, far), (92, 94, 98), ROAD)
    for z in np.arange(NEAR, 60, 5.0):
        scene.face(_strip(-0.07, 0.07, z, z + 2.4), (226, 226, 220), None)
    for side in (-1, 1):
        scene.face(_strip(side * 3.75, side * 3.87, 0.75, 60), (196, 184, 96), None)


def _bands(start: float, count: int) -> list[tuple[float, float]]:
    edges = np.geomspace(start, FAR, count + 1)[::-1]
    return [(float(b), float(a)) for a, b in pairwise(edges)]


def _strip(left: float, right: float, near: float, far: float) -> list[Point]:
    return [(left, 0, near), (right, 0, near), (right, 0, far), (left, 0, far)]


def _houses(rng: np.random.Generator) -> list[tuple]:
    things = []
    for side in (-1, 1):
        z = rng.uniform(3, 7)
        while z < FAR:
            long, tall = rng.uniform(7, 14), rng.uniform(5, 11)
            if rng.random() < 0.84:
                things.append((z + long, _house(side, z, z + long, tall, _WALLS[rng.integers(len(_WALLS))])))
            z += long
    return things


def _house(side: int, near: float, far: float, tall: float, wall: tuple[int, int, int]):
    def draw(scene: Scene) -> None:
        x, outer = side * WALL, side * (WALL + 8)
        front = [(x, 0, near), (outer, 0, near), (outer, tall, near), (x, tall, near)]
        scene.face(front, [0.72 * v for v in wall], BUILDING)
        scene.face([(x, 0, near), (x, 0, far), (x, tall, far), (x, tall, near)], wall, BUILDING)
        roof = [(x, tall, near), (x, tall, far), (x + side * 1.6, tall + 1.4, far), (x + side * 1.6, tall + 1.4, near)]
        scene.face(roof, (96, 84, 82), BUILDING)
        for low in np.arange(0.5, tall - 1.6, 2.8):
            for z in np.arange(near + 0.7, far - 1.2, 2.3):
                pane = [(x, low + 0.4, z), (x, low + 0.4, z + 1.2), (x, low + 2, z + 1.2), (x, low + 2, z)]
                shade = 58 + 50 * ((int(z * 7) + int(low * 3)) % 3)
                scene.face(pane, (shade, shade + 8, shade + 18), None)

    return draw


def _roadside(rng: np.random.Generator) -> list[tuple]:
    things = []
    for side in (-1, 1):
        for z in np.arange(rng.uniform(7, 14), 60, rng.uniform(14, 20)):
            x = side * (KERB + 0.4)
            things.append((z, _lamp(x, float(z), side)))
        for z in rng.uniform(11, 48, rng.integers(1, 4)):
            things.append((z, _tree(side * rng.uniform(5.6, 7.5), float(z), rng.uniform(1.5, 2.6), int(z * 97))))
        for z in rng.uniform(6, 26, rng.integers(1, 3)):
            things.append((z, _sign(side * (KERB + 0.6), float(z), bool(rng.random() < 0.5))))
        if rng.random() < 0.6:
            near = rng.uniform(5, 9)
            things.append((near, _fence(side * 6.4, near, near + rng.uniform(6, 14))))
        for z in rng.uniform(6, 22, rng.integers(0, 4)):
            things.append((z, _person(side * rng.uniform(4.7, 6.2), float(z), _CLOTHES[rng.integers(5)], PEDESTRIAN)))
        if rng.random() < 0.5:
            z = rng.uniform(5, 14)
            things.append((z, _bin(side * (KERB + 0.9), float(z))))
    return things


def _traffic(rng: np.random.Generator) -> list[tuple]:
    """Left-hand traffic: the same way on the left, oncoming on the right, parked at either kerb."""
    lanes = [(x, z) for x in (-2.0, 2.0) for z in rng.uniform(11, 42, 1)]
    lanes += [(side * 3.3, z) for side in (-1, 1) for z in np.arange(rng.uniform(6, 12), 40, 6.5)
              if rng.random() < 0.55]
    things = [(z, _car(float(x), float(z), _CARS[rng.integers(6)])) for x, z in lanes]
    if rng.random() < 0.6:
        z = float(rng.uniform(6, 15))
        things.append((z, _cyclist(float(rng.choice([-2.4, 1.4])), z, _CLOTHES[rng.integers(5)])))
    return things


def _lamp(x: float, z: float, side: int):
    def draw(scene: Scene) -> None:
        scene.upright(x, z, 0.17, 0, 5.6, (92, 96, 98), POLE)
        scene.face([(x, 5.5, z), (x - side * 1.3, 5.75, z), (x - side * 1.3, 5.9, z), (x, 5.68, z)], (92, 96, 98), POLE)

    return draw


def _sign(x: float, z: float, round_face: bool):
    def draw(scene: Scene) -> None:
        scene.upright(x, z, 0.09, 0, 2.4, (120, 122, 122), POLE)
        if round_face:
            scene.ball((x, 2.6, z), 0.42, 0.42, (196, 44, 40), SIGN)
            scene.ball((x, 2.6, z), 0.29, 0.29, (240, 240, 236), None)
        else:
            scene.upright(x, z, 0.9, 2.1, 2.9, (36, 84, 160), SIGN)
            scene.upright(x, z, 0.55, 2.45, 2.58, (236, 238, 240), None)

    return draw


def _tree(x: float, z: float, crown: float, seed: int):
    def draw(scene: Scene) -> None:
        rng = np.random.default_rng(seed)
        scene.upright(x, z, 0.32, 0, 2.6, (84, 68, 52), TREE)
        for i in range(34):
            angle, far = rng.uniform(0, 2 * np.pi), crown * np.sqrt(rng.uniform(0, 0.8))
            dx, dy = far * np.cos(angle), far * np.sin(angle)
            light = 0.68 + 0.012 * i + 0.1 * (dy - dx) / crown
            green = [light * v for v in (92, 112, 62)]
            scene.ball((x + dx, 2.4 + crown + dy, z), crown * 0.34, crown * 0.3, green, TREE)

    return draw


def _fence(x: float, near: float, far: float):
    def draw(scene: Scene) -> None:
        scene.face([(x, 0, near), (x, 0, far), (x, 1.1, far), (x, 1.1, near)], (112, 104, 92), FENCE)
        for z in np.arange(near, far, 0.5):
            scene.face([(x, 0, z), (x, 0, z + 0.12), (x, 1.1, z + 0.12), (x, 1.1, z)], (72, 68, 62), None)

    return draw


def _bin(x: float, z: float):
    def draw(scene: Scene) -> None:
        scene.upright(x, z, 0.6, 0, 1.0, (44, 62, 52), VOID)
        scene.upright(x, z, 0.66, 1.0, 1.12, (30, 40, 36), VOID)

    return draw


def _car(x: float, z: float, paint: tuple[int, int, int]):
    """Seen from behind or in front: shadow, flank, body, cabin, glass, wheels, lights."""

    def draw(scene: Scene) -> None:
        dark, back = [0.7 * v for v in paint], z + 3.6
        scene.face(_strip(x - 1.0, x + 1.0, z - 0.2, back), (46, 47, 50), None)
        inner = x - np.sign(x) * 0.85
        flank = [(inner, 0.25, z), (inner, 0.25, back), (inner, 1.0, back), (inner, 1.0, z)]
        scene.face(flank, dark, CAR)
        cabin = [(inner, 1.0, z + 0.3), (inner, 1.0, back), (inner, 1.45, z + 2.6), (inner, 1.45, z + 0.9)]
        scene.face(cabin, (58, 64, 72), CAR)
        for dx in (-0.62, 0.62):
            scene.upright(x + dx, z, 0.26, 0, 0.45, (26, 26, 28), CAR)
        scene.face([(x - 0.88, 0.28, z), (x + 0.88, 0.28, z), (x + 0.9, 0.85, z), (x + 0.78, 1.0, z),
                    (x - 0.78, 1.0, z), (x - 0.9, 0.85, z)], paint, CAR)
        scene.face([(x - 0.78, 1.0, z), (x + 0.78, 1.0, z), (x + 0.6, 1.48, z), (x - 0.6, 1.48, z)], dark, CAR)
        scene.face([(x - 0.66, 1.04, z), (x + 0.66, 1.04, z), (x + 0.52, 1.4, z), (x - 0.52, 1.4, z)], (82, 94, 106),
                   None)
        light = (206, 40, 36) if x < 0 else (248, 244, 222)
        for dx in (-0.72, 0.72):
            scene.upright(x + dx, z, 0.26, 0.66, 0.84, light, None)
        scene.upright(x, z, 0.46, 0.46, 0.58, (232, 226, 170), None)

    return draw


def _person(x: float, z: float, clothes: tuple[int, int, int], label: int, lift: float = 0.0):
    def draw(scene: Scene) -> None:
        scene.ball((x, 0.02, z), 0.34, 0.05, (96, 94, 92), None)
        for dx in (-0.11, 0.11):
            scene.upright(x + dx, z, 0.17, lift, lift + 0.85, (46, 48, 60), label)
        scene.ball((x, lift + 1.12, z), 0.27, 0.42, clothes, label)
        scene.ball((x, lift + 1.62, z), 0.14, 0.17, (206, 164, 138), label)

    return draw


def _cyclist(x: float, z: float, clothes: tuple[int, int, int]):
    def draw(scene: Scene) -> None:
        scene.ball((x, 0.02, z), 0.3, 0.05, (60, 60, 62), None)
        scene.ball((x, 0.36, z), 0.12, 0.36, (30, 30, 32), BICYCLIST)
        _person(x, z, clothes, BICYCLIST, lift=0.3)(scene)
        scene.ball((x, 2.0, z), 0.15, 0.09, (232, 214, 60), BICYCLIST)

    return draw


__all__ = ["STREET_COLORS", "STREET_NAMES", "VOID", "draw_street"]

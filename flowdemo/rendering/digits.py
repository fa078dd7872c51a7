"""Any picture of a digit, prepared as the digits of MNIST were: white ink on black, of one size, centred by its mass.

Those were scaled to fit 20 × 20 pixels with anti-aliasing and laid on 28 × 28 so that their centre of mass is in the
middle. A model of larger pictures sees them with a black border. A network that was trained on such digits reads
others badly, so what a person draws has to go the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from flowdemo.errors import InputError

BOX, FIELD = 20, 28  # pixels: the ink's longer side, and the square in which it is centred
LARGEST = 1024  # a longer side is reduced first
LEAST_CONTRAST = 24  # grey levels between paper and ink; less is a blank sheet with noise
FLOOR = 0.2  # of the ink's contrast: what is fainter in a photo counts as paper
RING = 16  # the border is so manieth part of each side


@dataclass(frozen=True, eq=False)
class Digit:
    """A prepared digit.

    Attributes:
        picture: uint8 ``[h, w]``, black where there is no ink.
        note: what was done, in plain sentences.
    """

    picture: np.ndarray
    note: str


def prepare_digit(picture: np.ndarray, size: tuple[int, int], drawn: bool = False) -> Digit:
    """Bring a picture of a digit into the form of the training digits.

    Args:
        picture: uint8 ``[H, W, 3]``.
        size: (w, h) of the model, at least 28 × 28.
        drawn: it was drawn in white on black, so that nothing has to be found out about paper and ink.

    Raises:
        InputError: no ink (field ``"image"``), or the model is too small for digits (field ``"model"``).
    """
    if min(size) < FIELD:
        raise InputError(f"Digits need a model of {FIELD} × {FIELD} pixels or more.", field="model")
    grey = _grey(picture)
    inverted = not drawn and _is_bright_outside(grey)
    ink = _ink(255 - grey if inverted else grey, drawn)
    centred = _centred(_scaled(_cropped(ink)))
    left, top = (size[0] - FIELD) // 2, (size[1] - FIELD) // 2
    sheet = np.zeros((size[1], size[0]), np.uint8)
    sheet[top : top + FIELD, left : left + FIELD] = np.rint(255 * centred)
    return Digit(sheet, _note(size, inverted, drawn))


def _grey(picture: np.ndarray) -> np.ndarray:
    """Float32 ``[H, W]``, 0 to 255, at most ``LARGEST`` a side."""
    image = Image.fromarray(picture).convert("L")
    factor = -(-max(image.size) // LARGEST)
    return np.asarray(image.reduce(factor) if factor > 1 else image, np.float32)


def _border(grey: np.ndarray) -> np.ndarray:
    """Which pixels belong to the border, bool ``[H, W]``."""
    height, width = (max(side // RING, 1) for side in grey.shape)
    border = np.ones(grey.shape, bool)
    border[height:-height, width:-width] = False
    return border


def _is_bright_outside(grey: np.ndarray) -> bool:
    border = _border(grey)
    return bool(not border.all() and grey[border].mean() > grey[~border].mean())


def _ink(grey: np.ndarray, drawn: bool) -> np.ndarray:
    """How much ink there is, 0 to 1, from bright ink on a dark ground.

    Raises:
        InputError: none.
    """
    ground = 0.0 if drawn else float(np.median(grey[_border(grey)]))
    contrast = float(grey.max()) - ground
    if contrast < LEAST_CONTRAST:
        raise InputError("There is no ink in this picture; draw or choose a digit.", field="image")
    floor = 0.0 if drawn else FLOOR
    return np.clip(((grey - ground) / contrast - floor) / (1 - floor), 0, 1)


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scaled(ink: np.ndarray) -> np.ndarray:
    """To a longer side of ``BOX`` pixels, averaged over what each new pixel covers."""
    height, width = (max(round(side * BOX / max(ink.shape)), 1) for side in ink.shape)
    image = Image.fromarray(ink.astype(np.float32))
    return np.clip(np.asarray(image.resize((width, height), Image.Resampling.BILINEAR)), 0, 1)


def _centred(ink: np.ndarray) -> np.ndarray:
    """On a square of ``FIELD`` pixels, the centre of mass as near to its middle as whole pixels allow."""
    field, mass = np.zeros((FIELD, FIELD), np.float32), ink.sum()
    place = []
    for axis, side in enumerate(ink.shape):
        middle = float((ink.sum(axis=1 - axis) * (np.arange(side) + 0.5)).sum() / mass)
        place.append(min(max(round(FIELD / 2 - middle), 0), FIELD - side))
    field[place[0] : place[0] + ink.shape[0], place[1] : place[1] + ink.shape[1]] = ink
    return field


def _note(size: tuple[int, int], inverted: bool, drawn: bool) -> str:
    notes = ["Light and dark were swapped, since its border is bright."] if inverted else []
    if not drawn:
        notes.append("Its contrast was stretched from paper to ink.")
    border = f", with a black border up to {size[0]} × {size[1]}" if max(size) > FIELD else ""
    notes.append(f"The ink was scaled to fit {BOX} × {BOX} pixels and centred by its mass on {FIELD} × {FIELD}"
                 f"{border}, as the training digits were.")  # fmt: skip
    return " ".join(notes)

"""Contact sheets: the frames of a run side by side, captioned, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flowdemo.errors import InputError

_MARGIN, _GAP = 32, 16
_TITLE, _CAPTION, _FOOTER = 24, 14, 13  # font sizes in pixels
_CELL = 192  # small frames are enlarged by a whole factor up to this side
_MAX_TEXT = 300
_MAX_SIDE = 16_000


@dataclass(frozen=True)
class _Look:
    paper: str
    ink: str
    soft: str
    line: str


_LIGHT = _Look("#ffffff", "#1a1a1a", "#666666", "#d8d8d8")
_DARK = _Look("#14161a", "#f2f2f2", "#9aa0a8", "#33373d")


@dataclass(frozen=True)
class _Grid:
    """Places of cells: cell size, heights of captions, title and footer, cells in a row and in all."""

    width: int
    height: int
    caption: int
    title: int
    footer: int
    columns: int
    count: int

    @property
    def inner_width(self) -> int:
        return self.columns * (self.width + _GAP) - _GAP

    @property
    def size(self) -> tuple[int, int]:
        rows = math.ceil(self.count / self.columns)
        inner = rows * (self.height + self.caption + _GAP) - _GAP
        return self.inner_width + 2 * _MARGIN, self.title + inner + self.footer + 2 * _MARGIN

    def corner(self, i: int) -> tuple[int, int]:
        row, column = divmod(i, self.columns)
        top = _MARGIN + self.title + row * (self.height + self.caption + _GAP)
        return _MARGIN + column * (self.width + _GAP), top


def sheet(
    frames: Sequence[np.ndarray],
    captions: Sequence[str] = (),
    columns: int | None = None,
    title: str = "",
    footer: str = "",
    dark: bool = False,
) -> np.ndarray:
    """Frames uint8 [h, w, 3] on one sheet uint8 [H, W, 3], row by row.

    Small frames are enlarged by a whole factor with crisp pixels. Texts that do not fit are cut with "…".

    Args:
        columns: frames in a row; chosen for a sheet a little wider than high where it is not given.

    Raises:
        InputError: no frame, or a sheet above 16 000 pixels a side (field ``"frames"``).
    """
    if not frames:
        raise InputError("A contact sheet needs at least one frame.", field="frames")
    cells = _enlarged(frames)
    grid = _grid(cells, columns, bool(title), any(captions), bool(footer))
    if max(grid.size) > _MAX_SIDE:
        raise InputError(f"The sheet would pass {_MAX_SIDE} pixels a side; use fewer frames.", "frames")
    look = _DARK if dark else _LIGHT
    page = Image.new("RGB", grid.size, look.paper)
    draw = ImageDraw.Draw(page)
    for i, cell in enumerate(cells):
        _place(page, draw, cell, grid.corner(i), grid, look)
    _captions(draw, captions[: len(cells)], grid, look)
    _write(draw, (_MARGIN, _MARGIN - 4), title, _TITLE, look.ink, grid.inner_width)
    _write(draw, (_MARGIN, grid.size[1] - _MARGIN - _FOOTER), footer, _FOOTER, look.soft, grid.inner_width)
    return np.array(page)


def _enlarged(frames: Sequence[np.ndarray]) -> list[Image.Image]:
    factor = max(1, _CELL // max(max(frame.shape[:2]) for frame in frames))
    return [Image.fromarray(frame.repeat(factor, 0).repeat(factor, 1)) for frame in frames]


def _grid(cells: list[Image.Image], columns: int | None, title: bool, captions: bool, footer: bool) -> _Grid:
    width, height = max(cell.width for cell in cells), max(cell.height for cell in cells)
    caption = _CAPTION + 12 if captions else 0
    if columns is None:
        widest = math.ceil(math.sqrt(1.6 * len(cells) * (height + caption) / width))
        columns = math.ceil(len(cells) / math.ceil(len(cells) / widest))  # so that the last row is full
    return _Grid(
        width,
        height,
        caption,
        title=_TITLE + 16 if title else 0,
        footer=_FOOTER + 20 if footer else 0,
        columns=max(1, min(len(cells), columns)),
        count=len(cells),
    )


def _place(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    cell: Image.Image,
    corner: tuple[int, int],
    grid: _Grid,
    look: _Look,
) -> None:
    left = corner[0] + (grid.width - cell.width) // 2
    top = corner[1] + (grid.height - cell.height) // 2
    page.paste(cell, (left, top))
    draw.rectangle((left - 1, top - 1, left + cell.width, top + cell.height), outline=look.line)


def _captions(draw: ImageDraw.ImageDraw, captions: Sequence[str], grid: _Grid, look: _Look) -> None:
    for i, caption in enumerate(captions):
        left, top = grid.corner(i)
        _write(draw, (left, top + grid.height + 5), caption, _CAPTION, look.soft, grid.width)


def _write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: str, width: int
) -> None:
    if text:
        font = ImageFont.load_default(size)
        draw.text(at, _cut(text, font, width), font=font, fill=ink)


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """One printable line that fits the width."""
    line = "".join(c if c.isprintable() else " " for c in text[:_MAX_TEXT])
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"

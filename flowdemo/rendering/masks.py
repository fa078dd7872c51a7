"""Masks that people give: files of any kind to exact class indices, and indices to files without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.colour_match import (
    SAFE_MARGIN,
    ColourMatch,
    Targets,
    distinct_colours,
    match_colours,
)
from flowdemo.rendering.encoders import png
from flowdemo.rendering.intake.decode import decode, oriented, plain_rgb, read_bytes, read_header
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.rendering.pictures import source_box

_OPAQUE = 128  # alpha below this is unpainted
_FIELD = "mask"
_KINDS = {"index": "class indices", "palette": "class indices of a palette", "colour": "class colours"}
_FAR_LIMIT = 0.05  # share of pixels that may be farther from every class colour than colour_match.FAR
_NAMED = 6  # offending values that a message lists
_INDEX_MODES = ("1", "L", "LA", "P", "I", "I;16", "I;16B", "I;16L")


@dataclass(frozen=True, eq=False)
class MaskReport:
    """A mask as class indices, and how it was read.

    Attributes:
        indices: uint8 [H, W]; classes 0 … n-1 and the ignore index.
        kind: ``"index"`` (grey value = class), ``"palette"`` (palette position = class) or ``"colour"``
            (class colours).
        snapped_share: part of the pixels (0 to 1) whose colour was not exactly a class colour.
        resized: (width, height) of the file if it was resized, else None.
        message: one sentence for the person who gave the file.
    """

    indices: np.ndarray
    kind: str
    snapped_share: float
    resized: tuple[int, int] | None
    message: str


@dataclass(frozen=True, eq=False)
class _Read:
    indices: np.ndarray
    kind: str
    snapped_share: float = 0.0


def read_mask(
    data: bytes | Path,
    palette: Sequence[ClassColour],
    size: tuple[int, int] | None = None,
    ignore: ClassColour | None = None,
    mode: str = "cover",
) -> MaskReport:
    """Read a mask file as class indices.

    Grey and palette files hold indices; colour files (and palette files in class colours) are matched to the
    nearest class colour. Transparent pixels become the ignore label. A size (width, height) is reached by
    nearest neighbour; mode ``"cover"`` crops the centre as `pictures.fit` does, ``"stretch"`` distorts.

    Raises:
        InputError: not a picture file within the limits, indices that are no class, colours that are no class
            colour, or transparency without an ignore label (field ``"mask"``).
    """
    header = read_header(read_bytes(data, "mask"), "mask")
    targets = Targets(tuple(palette), ignore)
    read = _read(decode(header, "mask"), targets, header.lossy)
    indices = oriented(read.indices, header.orientation)
    original = (indices.shape[1], indices.shape[0])
    resized = original if size not in (None, original) else None
    if size is not None and resized:
        indices = resize_nearest(indices, size, mode)
    return MaskReport(indices, read.kind, read.snapped_share, resized, _message(read, resized))


def resize_nearest(indices: np.ndarray, size: tuple[int, int], mode: str = "cover") -> np.ndarray:
    """Indices [H, W] at size (width, height), each the one under the centre of its pixel.

    Raises:
        InputError: the mode is neither ``"cover"`` nor ``"stretch"`` (field ``"fit"``).
    """
    if mode not in ("cover", "stretch"):
        raise InputError("A mask can be fitted by cover or stretch only.", field="fit")
    height, width = indices.shape
    left, top, right, bottom = source_box((width, height), size, mode)
    columns = np.floor(left + (np.arange(size[0]) + 0.5) * ((right - left) / size[0])).astype(int)
    rows = np.floor(top + (np.arange(size[1]) + 0.5) * ((bottom - top) / size[1])).astype(int)
    return indices[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)]


def write_index_png(indices: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """Indices uint8 [H, W] as 8-bit grey PNG: pixel value = class index."""
    return png(indices, text)


def write_palette_png(indices: np.ndarray, palette: Palette, text: Mapping[str, str] | None = None) -> bytes:
    """Indices uint8 [H, W] as palette PNG: pixel value = class index, shown in the class colours."""
    return png(indices, text, palette)


def _read(image: Image.Image, targets: Targets, lossy: bool) -> _Read:
    """Class indices of a decoded file; a lossy one can only be read by its colours."""
    mode = image.mode
    if mode in ("F", "LAB"):
        raise _bad("is stored as floating-point or LAB values; save it with class indices as a grey PNG")
    clear = _unpainted(image, targets)
    if lossy or mode not in _INDEX_MODES:
        return _from_pixels(plain_rgb(image), clear, targets, lossy)
    values = np.array(image.getchannel("L") if mode == "LA" else image)
    if mode == "P":
        return _from_palette(values, _palette_table(image), clear, targets)
    return _from_values(values.astype(np.uint8) if mode == "1" else values, clear, targets)


def _from_palette(values: np.ndarray, table: np.ndarray, clear: np.ndarray, targets: Targets) -> _Read:
    """Palette positions are indices, unless the palette is made of class colours in another order."""
    used = np.unique(values[~clear])
    exact = targets.exact(table[used])
    in_class_colours = bool((exact >= 0).all()) and not _is_grey_ramp(table[used], used)
    if in_class_colours and (exact != used).any():
        lookup = np.zeros(256, dtype=np.uint8)
        lookup[used] = exact
        return _Read(_with_ignore(lookup[values], clear, targets), "colour")
    if targets.are_indices(used).all():
        return _Read(_with_ignore(values, clear, targets), "palette")
    match = match_colours(table[_filled(values, clear, used)], targets)
    if match.far_share > _FAR_LIMIT:
        raise _offenders(used, targets)
    return _accept(match, clear, targets)


def _from_values(values: np.ndarray, clear: np.ndarray, targets: Targets) -> _Read:
    """Grey values are indices; only where they are not may they be class colours, and then exactly."""
    used = np.unique(values[~clear])
    if targets.are_indices(used).all():
        values = np.where(clear, 0, values) if clear.any() else values
        return _Read(_with_ignore(values.astype(np.uint8), clear, targets), "index")
    greys = np.repeat(used[:, None], 3, axis=1)
    if values.dtype != np.uint8 or (targets.exact(greys) < 0).any():
        raise _offenders(used, targets)
    lookup = np.zeros(256, dtype=np.uint8)
    lookup[used] = targets.exact(greys)
    return _Read(_with_ignore(lookup[values], clear, targets), "colour")


def _from_pixels(pixels: np.ndarray, clear: np.ndarray, targets: Targets, lossy: bool) -> _Read:
    """Class colours first; a lossless grey picture whose levels are indices is an index mask in RGB."""
    painted = pixels
    if targets.ignore is not None and clear.any():
        painted = pixels[~clear][:, None]
        pixels[clear] = targets.ignore.color
    colours = None if lossy else distinct_colours(painted, 256)
    if colours is not None and not _are_class_colours(colours, targets):
        levels = colours[:, 0]
        if (colours == levels[:, None]).all() and targets.are_indices(levels).all():
            return _Read(_with_ignore(pixels[..., 0].copy(), clear, targets), "index")
    return _accept(match_colours(pixels, targets), clear, targets)


def _are_class_colours(colours: np.ndarray, targets: Targets) -> bool:
    """Whether all are; a single grey could as well be an index, so it does not count."""
    single_grey = len(colours) == 1 and len(set(colours[0].tolist())) == 1
    return not single_grey and bool((targets.exact(colours) >= 0).all())


def _accept(match: ColourMatch, clear: np.ndarray, targets: Targets) -> _Read:
    if targets.separation == 0:
        raise _bad("is in colours, but two classes share one; save it with class indices as a grey PNG")
    if match.far_share > _FAR_LIMIT:
        share = _percent(match.far_share)
        raise _bad(f"has {share} of its pixels in no class colour; paint it in the model's own colours")
    if match.snapped_share > 0 and targets.separation < SAFE_MARGIN:
        raise _bad("has altered colours, and the class colours are too alike for that; save it as PNG")
    return _Read(_with_ignore(match.indices, clear, targets), "colour", match.snapped_share)


def _unpainted(image: Image.Image, targets: Targets) -> np.ndarray:
    """Bool [H, W]: transparent pixels, which only the ignore label can stand for."""
    if image.mode.startswith("I") or not image.has_transparency_data:
        return np.zeros((image.height, image.width), dtype=bool)
    alpha = image.getchannel("A") if "A" in image.getbands() else image.convert("RGBA").getchannel("A")
    clear = np.asarray(alpha) < _OPAQUE
    if clear.any() and targets.ignore is None:
        share = _percent(float(clear.mean()))
        raise _bad(f"is transparent in {share} of its pixels, but this model has no ignore class; paint them")
    return clear


def _palette_table(image: Image.Image) -> np.ndarray:
    """RGB uint8 [256, 3] of the palette; positions beyond its end are black."""
    table = np.zeros((256, 3), dtype=np.uint8)
    colours = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)[:256]
    table[: len(colours)] = colours
    return table


def _is_grey_ramp(colours: np.ndarray, positions: np.ndarray) -> bool:
    return bool((colours == positions[:, None]).all())


def _filled(values: np.ndarray, clear: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Values with the unpainted pixels given a value that occurs, so that they do not count as foreign."""
    return np.where(clear, used[0], values) if clear.any() else values


def _with_ignore(indices: np.ndarray, clear: np.ndarray, targets: Targets) -> np.ndarray:
    if targets.ignore is not None and clear.any():
        indices[clear] = targets.ignore.index
    return indices


def _offenders(used: np.ndarray, targets: Targets) -> InputError:
    wrong = used[~targets.are_indices(used)].tolist()
    named = ", ".join(str(value) for value in wrong[:_NAMED])
    more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    ignored = f" or {targets.ignore.index} to ignore" if targets.ignore is not None else ""
    values = "value" if len(wrong) == 1 else "values"
    return _bad(f"holds the {values} {named}{more}, and this model takes 0 to {targets.count - 1}{ignored}")


def _message(read: _Read, resized: tuple[int, int] | None) -> str:
    exact = f"{_percent(read.snapped_share)} of the pixels were snapped to the nearest class colour"
    size = f", resized from {resized[0]} × {resized[1]} pixels" if resized else ""
    return f"Read by {_KINDS[read.kind]}, {exact if read.snapped_share else 'exact'}{size}."


def _percent(share: float) -> str:
    return "under 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def _bad(reason: str) -> InputError:
    return InputError(f"The mask {reason}.", field=_FIELD)

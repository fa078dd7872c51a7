"""From open options to settled ones: what a recipe and a data set decide where a person did not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flowdemo.codes import Codebook, base_k
from flowdemo.data import ArrayInfo, FolderInfo
from flowdemo.errors import InputError
from flowdemo.systems.labels import GlobalLabels
from flowdemo.systems.shape_models import OWN
from flowdemo.training.options import TrainingOptions
from flowdemo.zoo.kinds import GLOBAL, PIXEL

SMALL = 128 * 128  # pixels up to which a patch of 2 is affordable on a CPU
LEVELS = {2: (32, 56, 80, 96), 4: (64, 80, 88)}  # at most 6 MB in half precision
ATTENTION = {2: (False, False, True, True), 4: (False, True, True)}
SMALL_LEVELS = (32, 64, 96)  # for labelled pictures, which are small
SMALL_ATTENTION = (False, True, True)
CLASSIFIER_LEVELS = (32, 64, 128)
BETA_SHARE = {"semflow": 0.9, "symmflow": 0.2}  # of the bound s/2 of masks, when no β is given
BETA_LABEL = 0.25  # of the level spacing
IMAGE_WEIGHT = {("symmflow", PIXEL): 0.7, ("symmflow", GLOBAL): 0.9}
CLEAN_SHARE = {("symmflow", GLOBAL): 0.25}
SHAPES: dict[str, Any] = {
    "patch": 4, "channels": (24, 32, 32), "attention": (False, False, False), "batch": 32, "lr": 1.5e-3,
    "flip_x": True, "flip_y": True, "zoom": (1.0, 1.0), "jitter": 0.0, "shift": 0,
}  # of single objects, which have no upright
MAX_SIDE = 1024
MASKS = {"batch": 16, "lr": 6e-4, "flip_x": True, "flip_y": False, "zoom": (1.0, 1.3), "jitter": 0.05, "shift": 0}
DIGITS = {"batch": 64, "lr": 1e-3, "flip_x": False, "flip_y": False, "zoom": (0.9, 1.2), "jitter": 0.0, "shift": 2}
PHOTOS = {"batch": 64, "lr": 1e-3, "flip_x": True, "flip_y": False, "zoom": (1.0, 1.0), "jitter": 0.0, "shift": 4}
# In this order one after the other is left out of the command where the same options follow without it.
OPEN = ("attention", "channels", "patch", "size", "beta", "image_weight", "clean_share", *MASKS)


def label_kind(info: FolderInfo) -> str:
    """``"global"`` for sets of labelled pictures, ``"pixel"`` for folders of masks."""
    return GLOBAL if isinstance(info, ArrayInfo) else PIXEL


def codebook_of(info: FolderInfo) -> Codebook:
    return base_k(info.classes, info.ignore_index is not None)


def settled(options: TrainingOptions, info: FolderInfo, recipe: str = "semflow") -> TrainingOptions:
    """The options with nothing left open.

    Raises:
        InputError: no size is known, or one that the network cannot fold, or a β or weight outside its range.
    """
    kind = label_kind(info)
    patch, channels, attention = _levels(options, info, recipe)
    size = _size(options, info, patch * 2 ** (len(channels) - 1))
    if options.turns and size[0] != size[1]:
        raise InputError("Quarter turns need a square size; set turns=false.", field="set")
    usual = MASKS if kind == PIXEL else DIGITS if info.channels == 1 else PHOTOS
    usual = SHAPES if recipe in OWN else usual
    usual = usual | {"image_weight": IMAGE_WEIGHT.get((recipe, kind), 1.0),
                     "clean_share": CLEAN_SHARE.get((recipe, kind), 0.0)}
    usual = {key: value for key, value in usual.items() if getattr(options, key) is None}
    if recipe == "symmflow" and (options.image_weight or 0) > 1:
        raise InputError("SymmFlow's image_weight is 0 to 1: the label half has what is left.", field="set")
    return replace(options, size=size, patch=patch, channels=channels, attention=attention,
                   beta=_beta(options, info, recipe), **usual)


def asked(options: TrainingOptions, info: FolderInfo, recipe: str = "semflow") -> dict[str, str]:
    """The fewest ``KEY=VALUE`` texts that settle to the same options with this data."""
    texts = options.settings()
    for key in OPEN:
        fewer = {k: v for k, v in texts.items() if k != key}
        try:
            same = settled(TrainingOptions().with_settings(fewer), info, recipe) == options
        except InputError:
            same = False
        texts = fewer if same else texts
    return texts


def _beta(options: TrainingOptions, info: FolderInfo, recipe: str) -> float:
    if not options.dequantise:
        if recipe != "symmflow" or options.beta:
            raise InputError("Only SymmFlow trains without dequantisation, and then without beta.", field="set")
        return 0.0
    whole = label_kind(info) == GLOBAL
    bound = GlobalLabels.beta_bound if whole else codebook_of(info).beta_bound
    usual = BETA_LABEL if whole else round(BETA_SHARE.get(recipe, BETA_SHARE["semflow"]) * bound, 1)
    beta = usual if options.beta is None else options.beta
    if not 0 < beta < bound:
        unit = "level spacings" if whole else "grey levels"
        raise InputError(f"Training needs 0 < beta < {bound:g} {unit}, not {beta:g}.", field="beta")
    return beta


def _levels(
    options: TrainingOptions, info: FolderInfo, recipe: str
) -> tuple[int, tuple[int, ...], tuple[bool, ...]]:
    width, height = options.size or info.size or (0, 0)
    patch = options.patch or (SHAPES["patch"] if recipe in OWN else 2 if width * height <= SMALL else 4)
    if label_kind(info) == GLOBAL:
        channels, attention = CLASSIFIER_LEVELS if recipe == "classifier" else SMALL_LEVELS, SMALL_ATTENTION
    elif recipe in OWN:
        channels, attention = SHAPES["channels"], SHAPES["attention"]
    else:
        channels, attention = LEVELS.get(patch, LEVELS[4]), ATTENTION.get(patch, ATTENTION[4])
    if options.channels:
        channels = options.channels
        attention = options.attention or tuple(i >= len(channels) - 2 for i in range(len(channels)))
    return patch, channels, attention


def _size(options: TrainingOptions, info: FolderInfo, multiple: int) -> tuple[int, int]:
    """The size asked for or the set's own, rounded down to what the network can fold; up for labelled pictures, which
    are small, and whose border is repeated.
    """
    size = options.size or info.size
    if size is None:
        raise InputError("This set has pictures of several sizes; give the model size with --set size=128x96.",
                         field="size")
    more = multiple - 1 if label_kind(info) == GLOBAL else 0
    folded = ((size[0] + more) // multiple * multiple, (size[1] + more) // multiple * multiple)
    if min(folded) < multiple or max(folded) > MAX_SIDE:
        raise InputError(f"Model sides must be {multiple} to {MAX_SIDE} pixels.", field="size")
    return folded

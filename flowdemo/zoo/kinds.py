"""What can be known of a model from its system and its form of labels alone, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from flowdemo.request import DETECT, IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE, TO_IMAGE

PIXEL, GLOBAL = "pixel", "global"


@dataclass(frozen=True)
class Kind:
    """One system with one form of labels.

    Attributes:
        task: for people.
        directions: what it can do, its default first.
        random: those in which something is drawn, so that several samples of one input differ.
        one_step: whether it answers in one evaluation, with no path.
        judged_by: the one-step system that judges its pictures.
        image_time: t at which the image is clean, 0 or 1; the label is clean at the other.
    """

    task: str
    directions: tuple[str, ...]
    random: tuple[str, ...] = ()
    one_step: bool = False
    judged_by: str = "discriminative"
    image_time: float = 0.0

    @property
    def perturbed(self) -> bool:
        """Whether pictures are made from labels, which take the perturbation β."""
        return any(direction in TO_IMAGE for direction in self.directions)

    @property
    def detects(self) -> bool:
        """Whether it maps what is unusual, and moves no state."""
        return DETECT in self.directions


_MASKS = (IMAGE_TO_MASK, MASK_TO_IMAGE)
_LABELS = (IMAGE_TO_LABEL, LABEL_TO_IMAGE)
# Flows come first: this is also the order in which models are listed.
KINDS: dict[tuple[str, str], Kind] = {
    ("semflow", PIXEL): Kind("segmentation and synthesis", _MASKS, (MASK_TO_IMAGE,)),
    ("symmflow", PIXEL): Kind("segmentation and synthesis", _MASKS, _MASKS, image_time=1.0),
    ("symmflow", GLOBAL): Kind(
        "classification and generation", _LABELS, _LABELS, judged_by="classifier", image_time=1.0
    ),
    ("flowseg", PIXEL): Kind("segmentation", (IMAGE_TO_MASK,), (IMAGE_TO_MASK,)),
    ("mismatch", PIXEL): Kind("anomaly detection", (DETECT,), (DETECT,)),
    ("discriminative", PIXEL): Kind("segmentation", (IMAGE_TO_MASK,), one_step=True),
    ("unet", PIXEL): Kind("segmentation", (IMAGE_TO_MASK,), one_step=True),
    ("cgpm", PIXEL): Kind("segmentation", (IMAGE_TO_MASK,), one_step=True),
    ("cfss", PIXEL): Kind("segmentation", (IMAGE_TO_MASK,), one_step=True),
    ("classifier", GLOBAL): Kind("classification", (IMAGE_TO_LABEL,), one_step=True),
}
SYSTEMS = tuple(dict.fromkeys(system for system, _ in KINDS))
JOINT = ("symmflow", "classifier")  # systems whose states hold image and label; their manifests have the entry flow

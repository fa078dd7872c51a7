"""Everything a training run can be told, with defaults that depend on the data where they must."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from flowdemo.errors import InputError

TIMES = ("uniform", "arcsine")
GROUPS = 8  # of the network's group normalisation
_BOUNDS = {
    "batch": (1, 4096), "lr": (1e-8, 1.0), "weight_decay": (0.0, 10.0), "warmup": (0, 1_000_000), "clip": (1e-6, 1e6),
    "ema": (0.0, 0.999999), "jitter": (0.0, 1.0), "rarity": (0.0, 2.0), "image_weight": (0.0, 1e3),
    "patch": (0, 32), "blocks": (1, 8), "head_channels": (1, 2048), "save_minutes": (0.0, 1e4),
}  # fmt: skip


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters shared by the segmentation recipes; ``--set KEY=VALUE`` on the command line changes any.

    Args:
        size: model size (w, h); None takes the set's own size, rounded down to what the network can fold.
        prediction: SemFlow's form of answer (``velocity``, ``endpoints``, ``posterior``).
        beta: largest perturbation in grey levels; None takes 0.9 of the bound s/2.
        times: ``uniform`` or ``arcsine``.
        image_weight: weight of the image end.
        rollout: share of pictures on paths to the network's own guess, see
            :class:`~flowdemo.training.objectives.SemFlowObjective`.
        rarity: power of the inverse class frequency in the cross-entropy, 0 for none.
        patch, channels, attention, blocks, head_channels: see :class:`~flowdemo.networks.unet.UNetConfig`;
            patch 0 chooses 2 up to 128×128 pixels and 4 above.
        batch: pictures per step over all processes.
        lr, weight_decay, warmup, clip, ema: AdamW's rate at its peak, decay, steps of linear warm-up,
            gradient-norm bound, decay of the exponential moving average.
        turns, flip_y, zoom, jitter: augmentation, see :class:`~flowdemo.data.augment.Augmentation`.
        bf16: autocast to bfloat16.
        save_minutes: minutes between two saved states.
    """

    size: tuple[int, int] | None = None
    prediction: str = "posterior"
    beta: float | None = None
    times: str = "arcsine"
    image_weight: float = 1.0
    rarity: float = 0.0
    rollout: float = 0.0
    patch: int = 0
    channels: tuple[int, ...] = ()
    attention: tuple[bool, ...] = ()
    blocks: int = 1
    head_channels: int = 8
    batch: int = 16
    lr: float = 6e-4
    weight_decay: float = 0.02
    warmup: int = 100
    clip: float = 1.0
    ema: float = 0.999
    turns: bool = False
    flip_y: bool = False
    zoom: tuple[float, float] = (1.0, 1.3)
    jitter: float = 0.05
    bf16: bool = True
    save_minutes: float = 4.0

    def __post_init__(self) -> None:
        for key, (low, high) in _BOUNDS.items():
            value = getattr(self, key)
            if not low <= value <= high:
                raise InputError(f"The training option {key} must be {low:g} to {high:g}, not {value:g}.", "set")
        if self.times not in TIMES:
            raise InputError(f"The training option times must be {' or '.join(TIMES)}.", field="set")
        if self.size is not None and len(self.size) != 2:
            raise InputError("The size has two sides, width and height, as in size=128x96.", field="size")
        if len(self.zoom) != 2 or not 0.25 <= self.zoom[0] <= self.zoom[1] <= 4:
            raise InputError("The zoom has a low and a high factor between 0.25 and 4, as in zoom=1,1.3.", "set")
        if any(width % GROUPS or not 0 < width <= 2048 for width in self.channels) or len(self.channels) > 6:
            raise InputError(f"The channels must be at most 6 multiples of {GROUPS} up to 2048.", field="set")
        if self.attention and len(self.attention) != len(self.channels):
            raise InputError("The option attention needs the option channels, with as many entries.", "set")

    def with_settings(self, settings: dict[str, str]) -> TrainingOptions:
        """The same options with ``KEY=VALUE`` texts applied.

        Raises:
            InputError: an unknown key or a value of the wrong kind.
        """
        known = {f.name: f.type for f in fields(self)}
        changes = {}
        for key, text in settings.items():
            if key not in known:
                raise InputError(f"Training has no option {key!r}; it has: {', '.join(sorted(known))}.", field="set")
            changes[key] = _parse(key, text, known[key])
        return replace(self, **changes)

    def to_json(self) -> dict:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, raw: dict) -> TrainingOptions:
        """What :meth:`to_json` wrote; entries that this version does not know are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if k in known})

    def settings(self) -> dict[str, str]:
        """The ``KEY=VALUE`` texts that make these options from the defaults."""
        plain = TrainingOptions()
        changed = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: _text(v) for k, v in changed.items() if v != getattr(plain, k)}


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _parse(key: str, text: str, kind: str) -> object:
    kind = kind.removesuffix(" | None")
    try:
        if kind.startswith("tuple"):
            item = kind[6:-1].split(",")[0]
            return tuple(_scalar(part, item) for part in text.replace("x", ",").split(","))
        return _scalar(text, kind)
    except ValueError as error:
        raise InputError(f"The training option {key} cannot be {text!r}; it is {kind}.", field="set") from error


def _scalar(text: str, kind: str) -> object:
    if kind == "bool":
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise ValueError(text)
        return text.lower() in ("1", "true", "yes")
    return {"int": int, "float": float, "str": str}[kind](text)

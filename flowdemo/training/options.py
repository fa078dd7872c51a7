"""Everything a training run can be told, with defaults that depend on the data where they must."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from flowdemo.errors import InputError


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters shared by the segmentation recipes; ``--set KEY=VALUE`` on the command line changes any.

    Args:
        size: model size (w, h); None takes the set's own size, rounded down to what the network can fold.
        prediction: SemFlow's form of answer (``velocity``, ``endpoints``, ``posterior``).
        beta: largest perturbation in grey levels; None takes 0.9 of the bound s/2.
        times: ``uniform`` or ``arcsine``.
        image_weight: weight of the image end.
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

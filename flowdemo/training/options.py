"""Everything a training run can be told, with defaults that depend on the data where they must."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from flowdemo.codes import FAMILIES
from flowdemo.errors import InputError
from flowdemo.flow.gradings import POOLINGS, WEIGHTS
from flowdemo.systems.exposure import EXPOSURES
from flowdemo.systems.flowseg import STARTS
from flowdemo.systems.potential import TRANSFORMS
from flowdemo.systems.shape_models import NOISE

TIMES = ("uniform", "arcsine", "early")
HEADS = ("field", "unet")
PARTS = ("all", "glance")
GROUPS = 8  # of the network's group normalisation
_BOUNDS = {
    "batch": (1, 4096), "lr": (1e-8, 1.0), "weight_decay": (0.0, 10.0), "warmup": (0, 1_000_000), "clip": (1e-6, 1e6),
    "ema": (0.0, 0.999999), "jitter": (0.0, 1.0), "rarity": (0.0, 2.0), "image_weight": (0.0, 1e3),
    "eta": (0.0, 100.0), "tau": (0.05, 20.0), "epsilon": (1e-9, 1.0), "width": (1, 256), "frequencies": (1, 16),
    "align": (0.0, 100.0), "rollout": (0.0, 1.0), "clean_share": (0.0, 1.0),
    "patch": (0, 32), "blocks": (1, 8), "head_channels": (1, 2048), "save_minutes": (0.0, 1e4), "shift": (0, 64),
    "smooth": (0.0, 16.0), "margin": (0, 64), "curve": (0, 1_000_000), "curve_pictures": (1, 100_000),
    "noise": (0.0, 10.0), "dice": (0.0, 100.0), "convexity": (0.0, 1e4), "tangents": (0.0, 100.0), "rounds": (0, 1000),
    "through": (0.0, 100.0), "seen": (0.0, 100.0),
    "coherence": (0.0, 16.0), "wide": (0.0, 16.0), "time_scale": (1e-3, 1e6), "amplitude": (1e-2, 100.0),
    "skip": (0.0, 100.0), "glance": (0, 128), "glance_coherence": (0.0, 16.0), "glance_share": (0.0, 1e3),
    "glance_smooth": (0.0, 16.0),
}  # fmt: skip
_WORDS = {"times": TIMES, "codes": FAMILIES, "source": STARTS, "transform": tuple(TRANSFORMS), "head": HEADS,
          "exposure": EXPOSURES, "pooling": POOLINGS, "part": PARTS, "glance_weight": ("", *WEIGHTS)}


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters of all recipes; ``--set KEY=VALUE`` on the command line changes any.

    What is None follows the recipe and the data, see :mod:`flowdemo.training.settle`.

    Args:
        size: model size (w, h); None takes the set's own size, rounded to what the network can fold.
        prediction: the flow's form of answer (``velocity``, ``endpoints``, ``posterior``), as its system has it.
        beta: largest half-width of the perturbation, in grey levels for masks (None: 0.9 of the bound s/2 for SemFlow,
            0.2 of it for SymmFlow) and in level spacings for labels of whole pictures (None: a quarter).
        dequantise: SymmFlow only; false trains with β = 0, which is allowed for the ablation of that noise alone.
        times: see :func:`~flowdemo.training.objectives.sample_times`.
        image_weight: weight of the image end. SemFlow weighs the mask end 1 beside it (None: 1); SymmFlow weighs the
            label half by what is left to 1 (None: 0.7 for masks, 0.9 for labels of whole pictures).
        time_scale: SymmFlow's network is told time_scale·t; 1 as published.
        skip: SymmFlow only; σ of the image half in the linear skip around the network, 0 for none, as published.
        amplitude: labels of whole pictures take levels from −amplitude to +amplitude.
        clean_share: SymmFlow only; share of pictures shown at t = 1 itself, see
            :class:`~flowdemo.training.symmetric.SymmFlowObjective` (None: 0 for masks, 0.25 for whole labels).
        rollout: SemFlow and FlowSeg; share of pictures on paths to the network's own guess, see
            :class:`~flowdemo.training.objectives.SemFlowObjective`.
        codes, source, eta, tau, epsilon, transform: FlowSeg only; family of its codes, where its path starts (``image``
            or ``gaussian``), strength η of the correction (0 is plain flow matching), and τ, ε and T of its potential,
            see :class:`~flowdemo.systems.potential.Potential`.
        head, width, frequencies: FlowSeg only; ``field`` for the pixel neural field, with its hidden units and cosines
            (:class:`~flowdemo.networks.pixelfield.PixelFieldConfig`), ``unet`` for the plain U-Net.
        exposure: mismatch only; how the brightness of a picture is evened out, see :mod:`~flowdemo.systems.exposure`.
        coherence: mismatch only; σ of equation (2') of :mod:`~flowdemo.systems.mismatch`.
        smooth, wide, margin, pooling: mismatch only; of its maps, see :class:`~flowdemo.systems.grading.Grading`.
        rim: mismatch only; whether :mod:`~flowdemo.systems.rims` are measured on training pictures and taken out.
        glance: mismatch only; cells along either side of the grid of :mod:`~flowdemo.systems.glance`, 0 for none.
        glance_channels: widths of its network's levels.
        glance_coherence, glance_share, glance_smooth: σ in cells of its equation (2'), and of its map the weight in the
            sum and the smoothing in pixels.
        glance_weight: of its map, see :class:`~flowdemo.systems.grading.Grading`.
        part: mismatch only; what is trained of a model named by ``init``: ``all``, or only the flow of the ``glance``.
        noise, dice: unet, cgpm and cfss only; highest standard deviation of the noise, and weight of 1 − Dice.
        convexity, through: cgpm only; weights of the convexity and of the cross-entropy of the projected mask.
        tangents, seen, rounds: cfss only; weights of the loss of its directions and of its cross-entropy before the
            rounds, and rounds of contour flow that the model runs, of which training runs at most 20.
        rarity: power of the inverse class frequency in the cross-entropy, 0 for none.
        patch, channels, attention, blocks, head_channels: see :class:`~flowdemo.networks.unet.UNetConfig`;
            patch 0 chooses 2 up to 128×128 pixels and 4 above.
        align, teacher: FlowSeg only; weight of the alignment with a discriminative model's features, and that model's
            name or folder, see :class:`~flowdemo.training.alignment.Alignment`.
        batch: pictures per step over all processes.
        lr, weight_decay, warmup, clip, ema: AdamW's rate at its peak, decay, steps of linear warm-up,
            gradient-norm bound, decay of the exponential moving average.
        flip_x, flip_y, turns, zoom, jitter, shift: augmentation, see :class:`~flowdemo.data.augment.Augmentation`.
        bf16: autocast to bfloat16.
        init: name or folder of a model of the same network whose weights are the start; none for a random one.
        save_minutes: minutes between two saved states.
        curve: training steps between two points of :class:`~flowdemo.training.curve.Curve`, 0 for none.
        curve_pictures: most validation pictures of such a point.
    """

    size: tuple[int, int] | None = None
    prediction: str = "posterior"
    beta: float | None = None
    dequantise: bool = True
    times: str = "arcsine"
    image_weight: float | None = None
    time_scale: float = 1000.0
    skip: float = 0.5
    amplitude: float = 2.0
    clean_share: float | None = None
    rarity: float = 0.0
    rollout: float = 0.0
    codes: str = "kronecker"
    source: str = "image"
    eta: float = 1.0
    tau: float = 1.0
    epsilon: float = 1e-3
    transform: str = "log"
    head: str = "field"
    width: int = 16
    frequencies: int = 3
    exposure: str = "picture"
    smooth: float = 0.0
    margin: int = 0
    pooling: str = POOLINGS[0]
    coherence: float = 0.0
    wide: float = 0.0
    rim: bool = False
    glance: int = 0
    glance_channels: tuple[int, ...] = (16, 32, 40)
    glance_coherence: float = 1.5
    glance_share: float = 1.0
    glance_smooth: float = 0.0
    glance_weight: str = ""
    part: str = PARTS[0]
    noise: float = NOISE
    dice: float = 0.0
    convexity: float = 10.0
    through: float = 1.0
    tangents: float = 0.5
    seen: float = 1.0
    rounds: int = 80
    align: float = 0.0
    teacher: str = ""
    patch: int = 0
    channels: tuple[int, ...] = ()
    attention: tuple[bool, ...] = ()
    blocks: int = 1
    head_channels: int = 8
    batch: int | None = None
    lr: float | None = None
    weight_decay: float = 0.02
    warmup: int = 100
    clip: float = 1.0
    ema: float = 0.999
    flip_x: bool | None = None
    flip_y: bool | None = None
    turns: bool = False
    zoom: tuple[float, float] | None = None
    jitter: float | None = None
    shift: int | None = None
    bf16: bool = True
    init: str = ""
    save_minutes: float = 4.0
    curve: int = 0
    curve_pictures: int = 101

    def __post_init__(self) -> None:
        for key, (low, high) in _BOUNDS.items():
            value = getattr(self, key)
            if value is not None and not low <= value <= high:
                raise InputError(f"The training option {key} must be {low:g} to {high:g}, not {value:g}.", "set")
        for key, words in _WORDS.items():
            if getattr(self, key) not in words:
                raise InputError(f"The training option {key} must be {', '.join(words)}.", field="set")
        if self.size is not None and len(self.size) != 2:
            raise InputError("The size has two sides, width and height, as in size=128x96.", field="size")
        if self.zoom is not None and (len(self.zoom) != 2 or not 0.25 <= self.zoom[0] <= self.zoom[1] <= 4):
            raise InputError("The zoom has a low and a high factor between 0.25 and 4, as in zoom=1,1.3.", "set")
        widths = (*self.channels, *self.glance_channels)
        if any(width % GROUPS or not 0 < width <= 2048 for width in widths) or max(
            len(self.channels), len(self.glance_channels)) > 6 or not self.glance_channels:  # fmt: skip
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

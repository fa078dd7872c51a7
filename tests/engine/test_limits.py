"""What the engine admits for systems with joint states, from their manifests alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_tiny_model

from flowdemo.engine import Engine
from flowdemo.errors import InputError
from flowdemo.zoo import read_manifest
from flowdemo.zoo.storage import write_manifest

GLOBAL = {"labels": "global"}
LABELS = ("image-to-label", "label-to-image")
MASKS = ("image-to-mask", "mask-to-image")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Models whose networks do not fit: limits come from manifests, and nothing is loaded."""
    from dataclasses import replace

    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    for name, system, prediction, flow, shown in (
        ("masks", "symmflow", "posterior", {"labels": "pixel"}, 6), ("digits", "symmflow", "posterior", GLOBAL, 7),
        ("plain", "symmflow", "velocity", GLOBAL, 2), ("judge", "classifier", "logits", GLOBAL, 3),
    ):  # fmt: skip
        write_tiny_model(tmp_path / name, name, "discriminative", prediction, 3)
        manifest = read_manifest(tmp_path / name)
        palette = replace(manifest.palette, ignore=None)
        beta = {} if name == "judge" else {"default": 0.25, "trained": 0.25}
        network = manifest.network | {"in_channels": shown}
        changed = {"system": system, "flow": flow, "palette": palette, "beta": beta, "network": network}
        write_manifest(tmp_path / name, replace(manifest, **changed))
    return Engine("cpu")


def test_both_directions_of_a_symmflow_are_random(engine: Engine) -> None:
    masks, digits = engine.limits("masks"), engine.limits("digits")
    assert (masks.directions, masks.random) == (MASKS, MASKS) and (digits.directions, digits.random) == (LABELS, LABELS)
    assert (masks.beta_bound, masks.beta_unit) == (127.0, "grey levels")
    assert (digits.beta_bound, digits.beta_unit, digits.default_beta) == (0.5, "level spacings", 0.25)
    for name, direction in (("masks", MASKS[0]), ("digits", LABELS[0])):
        assert engine.request({"model": name, "direction": direction, "samples": 3, "seed": 2}).seeds == (2, 3, 4)
    assert engine.request({"model": "digits", "direction": LABELS[1]}).beta == 0.25


def test_a_posterior_has_a_temperature(engine: Engine) -> None:
    assert engine.limits("masks").settings["temperature"].default == 1.0
    assert not engine.limits("plain").settings


def test_a_classifier_has_one_step_and_one_direction(engine: Engine) -> None:
    judge = engine.limits("judge")
    assert (judge.directions, judge.max_steps, judge.random, judge.settings) == (LABELS[:1], 1, (), {})
    for raw in ({"steps": 2}, {"direction": LABELS[1]}):
        with pytest.raises(InputError):
            engine.request({"model": "judge", **raw})

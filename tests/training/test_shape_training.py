from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from nuclei_kit import SIDE, draw, write_patches
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.networks.cfss import CFSSConfig
from flowdemo.systems import contourflow
from flowdemo.systems.distance import signed_distance
from flowdemo.training.command import train
from flowdemo.training.shapes import ShapeObjective, cfss_network, dice_loss, noisy
from flowdemo.zoo import load

IMAGES, MASKS = draw(6)
BATCH = torch.from_numpy(IMAGES)[:, None].float() / 127.5 - 1
TRUTH = torch.from_numpy(MASKS).long()
INSIDE = (TRUTH == 1)[:, None].float()
TINY = {"patch": "2", "channels": "8,16", "batch": "8", "warmup": "4", "lr": "0.004", "ema": "0.9", "rounds": "5"}


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_patches(tmp_path_factory.mktemp("nuclei") / "set")


def losses(kind: str, network, seed: int = 0, **options: float) -> dict[str, Tensor]:
    return ShapeObjective(kind, 0.4, **options)(network, BATCH, TRUTH, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", ["unet", "cgpm"])
def test_the_truth_has_no_loss_but_for_its_dents(kind: str) -> None:
    found = losses(kind, lambda x, tau: 60 * (INSIDE - 0.5), dice=1.0)
    assert found["classes"] < 1e-6 and found["dice"] < 1e-6
    assert losses(kind, lambda x, tau: -60 * (INSIDE - 0.5))["classes"] > 10


def test_a_dented_mask_is_charged_for() -> None:
    disc = signed_distance(INSIDE)
    dented = disc.clone()
    dented[:, :, : SIDE // 2, SIDE // 2 - 2 : SIDE // 2 + 2] = -6
    whole, lacking = (float(losses("cgpm", lambda x, tau, o=o: o)["convexity"]) for o in (disc, dented))
    assert lacking > 3 * whole >= 0
    assert losses("cgpm", lambda x, tau: dented, convexity=0.0)["convexity"] == 0


def test_what_the_projection_makes_has_a_loss_of_its_own() -> None:
    disc = 2 * signed_distance(INSIDE)
    found = losses("cgpm", lambda x, tau: disc)
    assert float(found["through"]) == pytest.approx(float(found["classes"]), rel=0.05), "a disc is left as it is"
    assert losses("cgpm", lambda x, tau: disc, through=3.0)["through"] == pytest.approx(3 * found["through"])
    assert "through" not in losses("cgpm", lambda x, tau: disc, through=0.0)


def test_the_loss_behind_the_projection_reaches_the_network() -> None:
    logits = (2 * signed_distance(INSIDE) - 1).requires_grad_(True)
    losses("cgpm", lambda x, tau: logits)["through"].backward()
    assert logits.grad.isfinite().all() and logits.grad.abs().sum() > 0


def test_the_network_sees_evened_patches_with_noise_of_their_own() -> None:
    seen = []
    losses("unet", lambda x, tau: seen.append((x + 1) / 2) or torch.zeros_like(x))
    spread = noisy(torch.zeros(200, 1, SIDE, SIDE), 0.4, torch.Generator().manual_seed(1)).std((1, 2, 3))
    assert seen[0].shape == (6, 1, SIDE, SIDE) and spread.min() < 0.05 and 0.35 < spread.max() < 0.45
    assert spread.mean() == pytest.approx(0.2, abs=0.02)


def test_directions_and_rounds_learn_together() -> None:
    torch.manual_seed(0)
    network = cfss_network(CFSSConfig(1, 1, 2, (8, 8), (False, False), 1, 8, rounds=6))
    with torch.no_grad():
        network.unet.conv_out.weight.normal_(std=0.3)  # of logits of 0 everywhere neither ε nor λ changes anything
    found = losses("cfss", network)
    assert found.keys() == {"classes", "tangents", "seen"}
    assert losses("cfss", network, seen=0.0).keys() == {"classes", "tangents"}
    threefold = losses("cfss", network, seen=3.0)["seen"]
    assert float(threefold.detach()) == pytest.approx(3 * float(found["seen"].detach()), rel=1e-5)
    sum(found.values()).backward()
    assert network.unet.conv_out.weight.grad.abs().amin((1, 2, 3)).min() > 0
    assert network.raw.grad[:2].abs().min() > 0, "ε and λ learn"
    true = contourflow.tangent(signed_distance(INSIDE))
    assert float(contourflow.tangent_loss(true, true)) < 1e-6


def test_dice_is_taken_per_patch() -> None:
    assert float(dice_loss(INSIDE, INSIDE)) == pytest.approx(0, abs=1e-6)
    half = INSIDE.clone()
    half[:3] = 0
    assert float(dice_loss(half, INSIDE)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("recipe", ["unet", "cgpm", "cfss"])
def test_a_short_training_finds_the_objects(recipe: str, patches: Path, tmp_path: Path) -> None:
    result = train(recipe, patches, tmp_path / "m", steps=60, device="cpu", settings=TINY, bar=False, name="tiny")
    rows = result["scores"]["val"]["rows"]
    assert [row["noise"] for row in rows] == [0, 0.1, 0.2, 0.4] and rows[0]["dice"] > 0.75
    model = load(tmp_path / "m", "cpu")
    assert (model.manifest.system, model.manifest.kind.one_step) == (recipe, True)
    *_, last = model.trajectory(np.repeat(IMAGES[0][..., None], 3, 2), steps=1)
    found = model.system.classes(last.x)[0]
    assert 2 * (found & (MASKS[0] == 1)).sum() / (found.sum() + (MASKS[0] == 1).sum()) > 0.7
    told = json.loads((tmp_path / "m" / "manifest.json").read_text("utf-8"))["training"]["command"]
    assert f"train {recipe}" in told and "rounds=5" in told


def test_more_than_two_classes_are_refused(cells: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two classes"):
        train("cfss", cells, tmp_path / "m", steps=1, device="cpu", settings=TINY, bar=False)

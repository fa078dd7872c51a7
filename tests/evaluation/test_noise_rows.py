from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from nuclei_kit import SIDE, draw, shape_model, write_patches
from torch import Tensor

from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import evaluate
from flowdemo.evaluation.shapes import noise_of


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_patches(tmp_path_factory.mktemp("nuclei") / "set")


def bright(x: Tensor, tau: Tensor) -> Tensor:
    return 6 * x


def test_one_row_of_contour_scores_per_level(patches: Path) -> None:
    result = evaluate(shape_model(bright), patches, noise=(0, 0.3))
    assert [row["noise"] for row in result["rows"]] == [0, 0.3]
    clean, noisy = result["rows"]
    assert {"dice", "iou", "bd", "bdsd", "hausdorff", "convexity_defect", "seconds_per_item"} <= clean.keys()
    _, masks = draw(8, 2)
    share = [2 * (m == 1).sum() / ((m == 1).sum() + (m > 0).sum()) for m in masks]  # whatever is bright is taken
    assert clean["dice"] == pytest.approx(np.mean(share), abs=0.01) and clean["dice"] > noisy["dice"]
    assert clean["iou"] < clean["dice"] and noisy["convexity_defect"] > clean["convexity_defect"] + 0.05
    assert (result["n"], result["settings"], result["rows"][0]["empty"]) == (8, {"prior": "none"}, 0)


def test_noise_depends_on_the_patch_and_the_seed_alone(patches: Path) -> None:
    told = [evaluate(shape_model(bright), patches, noise=(0.4,), **more)["rows"][0]["dice"]
            for more in ({}, {}, {"seed": 1})]  # fmt: skip
    assert told[0] == told[1] != told[2]
    noise = noise_of((1, 40, 40), (3, 4))
    assert torch.equal(noise[1:], noise_of((1, 40, 40), (4,))) and noise.std() == pytest.approx(1, abs=0.05)
    seen = []

    def watched(x: Tensor, tau: Tensor) -> Tensor:
        seen.append((x + 1) / 2)
        return bright(x, tau)

    evaluate(shape_model(watched), patches, noise=(0, 0.1, 0.2), limit=2, seed=5)
    assert seen[0].shape == (2, 1, SIDE, SIDE) and seen[0].amin() == 0 and seen[0].amax() == 1
    torch.testing.assert_close(seen[2] - seen[0], 2 * (seen[1] - seen[0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen[1] - seen[0], 0.1 * noise_of((1, SIDE, SIDE), (5, 6)), atol=1e-5, rtol=0)


def test_a_prior_in_the_place_of_the_models_own(patches: Path) -> None:
    plain, scanned = (evaluate(shape_model(bright), patches, noise=(0.3,), settings=settings)["rows"][0]
                      for settings in ({}, {"prior": "line-scan"}))  # fmt: skip
    assert scanned["convexity_defect"] < plain["convexity_defect"] / 2
    own = evaluate(shape_model(bright, "cgpm"), patches, noise=(0,), limit=1)
    assert own["settings"] == {"prior": "projection"} and own["rows"][0]["convexity_defect"] <= 0.1


def test_no_mask_counts_as_missed(patches: Path) -> None:
    row = evaluate(shape_model(lambda x, tau: x - 9), patches, noise=(0,), split="val")["rows"][0]
    assert (row["dice"], row["bd"], row["empty"], row["convexity_defect"]) == (0, None, 8, 0)


def test_what_cannot_be_asked_is_said(patches: Path, tmp_path: Path) -> None:
    model = shape_model(bright)
    for more in ({"noise": (-0.1,)}, {"noise": ()}, {"settings": {"prior": "hull"}}, {"settings": {"heat": 1}},
                 {"seed": -1}, {"limit": 0}):  # fmt: skip
        with pytest.raises(InputError):
            evaluate(model, patches, **more)
    with pytest.raises(DataError):
        evaluate(model, tmp_path)

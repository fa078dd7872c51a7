from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import base_k
from flowdemo.data.silhouettes import silhouette
from flowdemo.errors import InputError
from flowdemo.networks.cfss import CFSSConfig, CFSSNet
from flowdemo.systems import contourflow, shape_models
from flowdemo.systems.base import IMAGE_TO_MASK
from flowdemo.systems.convexity_measures import defect
from flowdemo.systems.shape_models import ITERATIONS, PRIORS, ShapeSegmenter, as_large, evened, prior_of, prior_steps

SIDE = 48
STAR = silhouette("star", SIDE, 2.0)


def bright(x: Tensor, tau: Tensor) -> Tensor:
    """A network for which whatever is bright is inside."""
    assert tau.tolist() == [0.0] * len(x)
    return 4 * x


def photo(levels: np.ndarray, low: int = 20, high: int = 90) -> np.ndarray:
    """Levels ``[H, W]`` in [0, 1] as a dark uint8 picture ``[1, H, W, 3]``."""
    grey = (low + (high - low) * levels).round().astype(np.uint8)
    return np.repeat(grey[None, ..., None], 3, 3)


def segmenter(prior: str = "none") -> ShapeSegmenter:
    return ShapeSegmenter(bright, base_k(2, False), prior=prior)


def mask(prior: str, picture: np.ndarray) -> np.ndarray:
    system = segmenter(prior)
    *_, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, picture))
    return system.classes(last.x)[0]


def test_a_patch_is_brought_to_its_own_range() -> None:
    for low, high in ((20, 90), (0, 255)):
        found = evened(photo(STAR, low, high))
        assert found.shape == (1, 1, SIDE, SIDE) and (found.min(), found.max()) == (0, 1)
        np.testing.assert_allclose(found[0, 0], STAR, atol=1 / (high - low) + 0.02)
    assert not evened(np.full((2, 8, 8), 77, np.uint8)).any()
    scaled = 3 * torch.from_numpy(STAR)[None, None] - 7
    torch.testing.assert_close(evened(scaled), evened(torch.from_numpy(STAR)[None, None]), atol=1e-5, rtol=0)


def test_a_run_shows_the_picture_and_then_the_mask() -> None:
    system, picture = segmenter(), photo(STAR)
    first, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, picture))
    np.testing.assert_array_equal(system.picture(first.x), picture)
    np.testing.assert_array_equal(system.classes(last.x)[0], evened(picture)[0, 0].numpy() >= 0.5)
    assert (last.index, last.evaluations) == (1, 1) and torch.allclose(first.x + last.v, last.x)
    with pytest.raises(InputError, match="one step"):
        list(system.steps(IMAGE_TO_MASK, torch.zeros(1, 3, 8, 8), 2))


def test_priors_fill_the_dents_of_a_star_and_keep_its_area(monkeypatch: pytest.MonkeyPatch) -> None:
    for constant in ("ITERATIONS", "FLOW"):
        monkeypatch.setattr(shape_models, constant, 40)  # a star has far more to fill than a nucleus
    picture = photo(STAR)
    plain = mask("none", picture)
    assert defect(plain) > 0.2
    for prior, most in (("line-scan", 0.01), ("projection", 0.95 * defect(plain)), ("curvature", 0.95 * defect(plain))):
        found = mask(prior, picture)
        assert defect(found) <= most and 0.95 < found.sum() / plain.sum() < 1.05, prior
    disc = photo(silhouette("disc", SIDE, 2.0))
    for prior in PRIORS:
        assert (mask(prior, disc) != mask("none", disc)).sum() <= 8, prior
    with pytest.raises(InputError, match="no prior 'hull'"):
        prior_of("hull")


def test_another_level_covers_as_much() -> None:
    u, logits = torch.rand(3, 1, 9, 9), torch.randn(3, 1, 9, 9)
    logits[2] = -1
    found = as_large(u, logits)
    assert (found >= 0.5).sum((1, 2, 3))[:2].tolist() == (logits >= 0).sum((1, 2, 3))[:2].tolist()
    assert torch.equal(u.flatten(1).argsort(1), found.flatten(1).argsort(1))
    torch.testing.assert_close(found[2], u[2], atol=2e-4, rtol=0)


def test_iterations_are_steps_that_end_where_the_model_does() -> None:
    levels = evened(photo(STAR))
    steps = list(segmenter("projection").iterations(levels))
    assert len(steps) <= 51 and steps[-1].t == ITERATIONS and steps[0].x.shape == levels.shape
    (only,) = segmenter().iterations(levels)
    torch.testing.assert_close(only.x, torch.sigmoid(4 * (2 * levels - 1)))
    for prior in PRIORS:
        *_, last = prior_steps(8 * levels - 4, prior)
        assert last.x.shape == levels.shape and 0 <= last.x.min() <= last.x.max() <= 1


def test_rounds_of_contour_flow_end_where_the_network_does() -> None:
    torch.manual_seed(0)
    config = CFSSConfig(1, 1, 2, (8, 8), (False, False), 1, 8, rounds=7)
    network = CFSSNet(config, contourflow.unrolled).eval()
    with torch.no_grad():
        network.unet.conv_out.weight.normal_(std=0.3)
    system, levels = ShapeSegmenter(network, base_k(2, False)), torch.rand(2, 1, 16, 16)
    steps = list(system.iterations(levels))
    assert [step.t for step in steps] == list(range(8))
    torch.testing.assert_close(steps[-1].x, system.soft(levels), atol=1e-5, rtol=0)
    assert not torch.allclose(steps[0].x, steps[-1].x, atol=1e-3)

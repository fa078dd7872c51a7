"""Flow Mismatching against what is known in closed form; the velocity of Gaussian data stands for a perfect network."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.flow.gradings import AGGREGATIONS, WEIGHTS, inner_times
from flowdemo.flow.paths import interpolate, linear_guess, source_estimate, target_estimate
from flowdemo.systems.grading import Grading, image_score
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.systems.straight import noise

DETECT = "detect"


def silent(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
    """A network that adds nothing: what is left is the exact velocity of independent Gaussian pixels of mean 0."""
    return torch.zeros_like(states)


def blurring(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
    """A network that sees three pixels to each side, around the picture as around a ring."""
    kernel = torch.full((1, 1, 7, 7), 1 / 49)
    return torch.nn.functional.conv2d(torch.nn.functional.pad(states, [3] * 4, mode="circular"), kernel)


def system(network=silent, spread: float = 0.5, crop: tuple[int, int] = (64, 64), exposure: str = "plain"):
    return FlowMismatching(network, 1, spread, crop, exposure)


def picture(seed: int = 0, size: tuple[int, int] = (40, 48), spread: float = 0.5) -> torch.Tensor:
    return spread * torch.randn(1, *size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_three_readings_of_one_mismatch(t):
    y, sources = picture().double(), noise(picture(), 3, 7).double()
    made = system()
    states = interpolate(sources, y[None], t)
    v = linear_guess(t, 0.5) * states
    found = made.mismatch(y, sources, t)
    reconstruction = (y - target_estimate(states, v, t)).square().sum(1) / (1 - t) ** 2
    noise_error = (sources - source_estimate(states, v, t)).square().sum(1) / t**2
    assert torch.allclose(found, reconstruction, atol=1e-6)
    assert torch.allclose(found, noise_error, atol=1e-6)


@pytest.mark.parametrize(("t", "z", "spread"), [(0.3, 0.4, 0.5), (0.5, 1.5, 0.2), (0.8, 0.1, 1.0)])
def test_mean_over_many_paths_is_the_closed_form(t, z, spread):
    y = torch.full((1, 100, 100), z)
    found = system(spread=spread).mismatch(y, noise(y, 10, 3), t).mean()
    d = t**2 * spread**2 + (1 - t) ** 2
    assert float(found) == pytest.approx(((1 - t) ** 2 * z**2 + t**2 * spread**4) / d**2, rel=0.01)


def test_an_odd_pixel_off_the_manifold_is_found_whatever_the_noise():
    y = picture(spread=0.02)
    y[0, 20, 20] += 0.8
    for weight in WEIGHTS:
        found = Grading(weight).map([step.x for step in system(spread=0.02).steps(DETECT, (y, 0), 6, paths=8)])
        assert int(found.argmax()) == 20 * 48 + 20


@given(st.integers(1, 12), st.floats(0.05, 1.0), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_aggregations_are_in_order(paths, share, seed):
    mismatch = torch.rand(paths, 5, 6, generator=torch.Generator().manual_seed(seed))
    least, order, most = (Grading(aggregation=a, share=share).combined(mismatch) for a in ("min", "order", "mean"))
    assert (least <= order).all()
    assert (least <= most).all()
    assert torch.equal(order, mismatch.sort(0).values[math.ceil(share * paths) - 1])


def test_more_paths_keep_the_earlier_ones_so_that_the_least_never_rises():
    y, made = picture(), system(blurring)
    maps = [Grading(aggregation="min").map([s.x for s in made.steps(DETECT, (y, 5), 4, paths=k)]) for k in (1, 4, 9)]
    assert (maps[0] >= maps[1]).all()
    assert (maps[1] >= maps[2]).all()
    assert (maps[0] > maps[2]).any()
    assert min(float(m.min()) for m in maps) >= 0


def test_paths_are_combined_before_times():
    y, grading = picture(), Grading("velocity", "min")
    found = [step.x for step in system(blurring).steps(DETECT, (y, 0), 5, paths=6)]
    assert torch.allclose(grading.map(found), torch.stack([x.amin(1) for x in found]).mean(0))
    late = torch.stack(found).mean(0).amin(1)
    assert (grading.map(found) <= late + 1e-6).all()
    assert not torch.allclose(grading.map(found), late)


def test_times_lie_inside():
    for count in range(1, 33):
        assert 0 < inner_times(count)[0] <= inner_times(count)[-1] < 1
        assert len(inner_times(count)) == count
    assert inner_times(3) == (0.25, 0.5, 0.75)


def test_steps_come_time_by_time():
    steps = list(system().steps(DETECT, (picture(), 0), 3, paths=5))
    assert [s.index for s in steps] == [1, 2, 3]
    assert [s.t for s in steps] == [0.25, 0.5, 0.75]
    assert [s.evaluations for s in steps] == [5, 10, 15]
    assert all(s.x.shape == (1, 5, 40, 48) for s in steps)


def test_the_same_seed_gives_the_same_map_and_another_does_not():
    y, made = picture(), system(blurring)
    first, again, other = ([s.x for s in made.steps(DETECT, (y, seed), 2, paths=3)] for seed in (4, 4, 5))
    assert torch.equal(torch.stack(first), torch.stack(again))
    assert not torch.equal(torch.stack(first), torch.stack(other))
    assert torch.equal(first[0][0, 1], other[0][0, 0])  # path k of seed s is path 0 of seed s + k


def test_the_map_does_not_depend_on_how_paths_are_batched(monkeypatch):
    y, made = picture(), system(blurring)
    whole = [s.x for s in made.steps(DETECT, (y, 0), 2, paths=7)]
    monkeypatch.setattr("flowdemo.systems.mismatch.AT_ONCE", 2 * y[0].numel())
    parts = [s.x for s in made.steps(DETECT, (y, 0), 2, paths=7)]
    assert torch.allclose(torch.stack(whole), torch.stack(parts), atol=1e-6)


def test_a_change_stays_within_what_the_network_sees():
    y, made = picture(size=(64, 64)), system(blurring)
    changed = y.clone()
    changed[0, 30:34, 30:34] += 0.7
    maps = [Grading().map([s.x for s in made.steps(DETECT, (p, 0), 4, paths=4)]) for p in (y, changed)]
    moved = ((maps[0] - maps[1]).abs() > 1e-6)[0]
    assert moved[30:34, 30:34].all()
    assert not moved[:26].any()
    assert not moved[:, 38:].any()


def test_a_shifted_picture_has_a_shifted_map():
    y, made, sources = picture(size=(64, 64)), system(blurring), noise(picture(size=(64, 64)), 3, 0)
    here = made.mismatch(y, sources, 0.6)
    there = made.mismatch(y.roll((5, -9), (1, 2)), sources.roll((5, -9), (2, 3)), 0.6)
    assert torch.allclose(here.roll((5, -9), (1, 2)), there, atol=1e-5)


def test_large_pictures_go_through_tiles_and_small_ones_whole():
    seen = []

    def watching(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(states.shape))
        return torch.zeros_like(states)

    made = FlowMismatching(watching, 1, 0.5, (64, 64), "plain", multiple=8)
    made.velocity(picture(size=(90, 61))[None], 0.5)
    made.velocity(picture(size=(200, 96))[None], 0.5)
    assert seen == [(1, 1, 96, 64), (3, 1, 96, 96)]


def test_the_network_is_told_a_thousand_times_t():
    told = []

    def listening(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        told.append(tau.tolist())
        return torch.zeros_like(states)

    list(FlowMismatching(listening, 1, 0.5, (64, 64), "plain").steps(DETECT, (picture(), 0), 1, paths=2))
    assert told == [[500.0, 500.0]]


def test_states_have_the_variance_of_a_straight_path():
    y = torch.zeros(1, 200, 200)
    for t in (0.2, 0.7):
        assert float(interpolate(noise(y, 1, 0), y[None], t).std()) == pytest.approx(1 - t, rel=0.02)


def test_the_image_score_is_the_peak_and_the_mean_of_the_top():
    found = torch.arange(1000.0).view(20, 50)
    assert image_score(found) == pytest.approx(999 + 994.5)
    assert image_score(torch.full((4, 4), 2.0)) == 4


def test_a_margin_leaves_the_border_out_but_never_everything():
    found = torch.zeros(40, 40)
    found[0, 0], found[20, 20] = 9, 1
    assert Grading().score(found) > 9
    assert Grading(margin=4).score(found) < 2
    assert Grading(margin=64).score(found) > 0


def test_coherent_disagreement_keeps_what_neighbours_share():
    system = FlowMismatching(lambda x, tau: x, 1, 0.5, (32, 32), "plain", coherence=2.0)
    alike, apart = torch.full((2, 1, 24, 24), 0.5), torch.ones(2, 1, 24, 24)
    apart[..., ::2, ::2] = apart[..., 1::2, 1::2] = -1  # a chequerboard
    assert torch.allclose(system.disagreement(alike), torch.full((2, 24, 24), 0.25), atol=1e-5)
    assert float(system.disagreement(apart)[:, 6:-6, 6:-6].max()) < 1e-4
    plain = FlowMismatching(lambda x, tau: x, 1, 0.5, (32, 32), "plain")
    assert torch.equal(plain.disagreement(apart), torch.ones(2, 24, 24))


def test_contrast_does_not_see_how_rough_a_surface_is():
    found = torch.rand(40, 40, generator=torch.Generator().manual_seed(0)) + 1
    found[20, 20] = 30
    peak, contrast = Grading(), Grading(pooling="contrast")
    assert contrast.score(7 * found) == pytest.approx(contrast.score(found), rel=1e-5)
    assert peak.score(7 * found) == pytest.approx(7 * peak.score(found), rel=1e-5)
    assert contrast.score(found) == pytest.approx(peak.score(found) / float(found.median()), rel=1e-5)
    assert contrast.score(torch.zeros(20, 20)) == 0


def test_what_is_comparable_keeps_to_the_margin():
    found = torch.ones(40, 40)
    found[10:30, 10:30] = torch.rand(20, 20, generator=torch.Generator().manual_seed(4))
    inside = found[10:30, 10:30]
    units = Grading(pooling="contrast", margin=10).comparable(found)
    assert units.shape == found.shape and torch.allclose(units[10:30, 10:30], inside / inside.median())
    assert torch.equal(Grading().comparable(found), found)


@pytest.mark.parametrize(("setting", "value"), [("weight", "never"), ("aggregation", "max"), ("share", 0.0),
                                                 ("share", 1.5), ("smooth", -1.0), ("margin", 100),
                                                 ("pooling", "mean")])  # fmt: skip
def test_a_grading_that_cannot_be_is_refused_by_name(setting, value):
    with pytest.raises(InputError) as refused:
        Grading(**{setting: value})
    assert refused.value.field == setting


def test_the_noise_of_a_path_is_standard_normal():
    drawn = noise(torch.zeros(1, 100, 100), 4, 11)
    assert abs(float(drawn.mean())) < 0.02
    assert float(drawn.std()) == pytest.approx(1, rel=0.02)


def test_exposure_takes_brightness_and_contrast_out():
    grey = np.clip(120 + 20 * np.random.default_rng(0).standard_normal((60, 60)), 0, 255).astype(np.uint8)
    bright = np.clip(1.5 * (grey.astype(float) - 120) + 140, 0, 255).round().astype(np.uint8)
    dark, light = (system(exposure="picture").picture_state(p) for p in (grey, bright))
    assert float((dark - light).abs().mean()) < 0.02
    assert float(dark.median()) == 0
    assert float(dark.std()) == pytest.approx(0.25, rel=0.1)
    plain = system(exposure="plain").picture_state(grey)
    assert torch.equal(plain[0], torch.from_numpy(grey).float() / 127.5 - 1)


def test_grain_is_not_blown_up_where_a_picture_is_flat():
    flat = np.full((40, 40), 90, np.uint8)
    flat[::7, ::5] = 91
    assert float(system(exposure="picture").picture_state(flat).abs().max()) < 0.1


def test_every_word_has_its_meaning():
    mismatch = torch.tensor([4.0, 1.0, 9.0]).view(1, 3, 1, 1)
    combined = [float(Grading("velocity", a, 0.5).at(mismatch, 0.25)) for a in AGGREGATIONS]
    assert combined == pytest.approx([1, 14 / 3, 4])
    assert [float(Grading(w).at(mismatch, 0.25)) for w in WEIGHTS] == pytest.approx([1 / 16, 1, 9 / 16])

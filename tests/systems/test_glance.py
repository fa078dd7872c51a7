"""Pictures at a glance: what their grids tell, the flow of grids in closed form, and the sum of two scales."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch

from flowdemo.errors import InputError
from flowdemo.flow.gradings import AGGREGATIONS
from flowdemo.systems.glance import Glance, GlanceFlow, described, laid_over
from flowdemo.systems.grading import Grading, image_score
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.systems.rims import Rim
from flowdemo.systems.smoothing import smoothed
from flowdemo.systems.straight import noise

DETECT = "detect"
BRIGHT, ACROSS, DOWN = range(3)


def silent(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
    """A network that adds nothing: what is left is the exact velocity of independent cells of N(0, 1)."""
    return torch.zeros_like(states)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def grain(height: int = 96, width: int = 72, seed: int = 0) -> torch.Tensor:
    return 0.2 * drawn(1, height, width, seed=seed)


def wave(height: int, width: int) -> torch.Tensor:
    """One smooth wave down and half a wave across, whatever the size."""
    down, across = ((torch.arange(side) + 0.5) / side for side in (height, width))
    return (0.4 * torch.sin(2 * math.pi * down)[:, None] + 0.3 * torch.cos(math.pi * across))[None]


# Grids -----------------------------------------------------------------------------------------------------------


def test_a_third_that_is_brighter_is_brighter_in_the_grid_and_hardly_elsewhere():
    plain = grain()
    bright = plain.clone()
    bright[:, 64:] += 0.5
    moved = described(bright, 12) - described(plain, 12)  # cells of 8 × 6 pixels, the third begins with row 8
    assert torch.allclose(moved[BRIGHT, 10:], torch.full((2, 12), 0.5), atol=1e-3)
    assert float(moved[BRIGHT, :6].abs().max()) < 1e-3
    assert float(moved[ACROSS].abs().max()) < 1e-3
    assert float(moved[DOWN, :5].abs().max()) < 1e-3


@pytest.mark.parametrize(("rough", "even"), [(ACROSS, DOWN), (DOWN, ACROSS)])
def test_stripes_of_twice_the_contrast_are_rougher_by_log_two_in_their_own_direction(rough, even):
    def seen(stripes: torch.Tensor) -> torch.Tensor:
        lines = stripes.expand(96, 96)
        return described((lines if rough == ACROSS else lines.T)[None], 12)

    stripes = 0.2 * torch.sin(torch.arange(96) * 2 * math.pi / 6)
    contrasty = torch.where(torch.arange(96) < 48, 2 * stripes, stripes)
    moved = seen(contrasty) - seen(stripes)
    profile = moved[rough] if rough == ACROSS else moved[rough].T
    assert torch.allclose(profile[:, 1:4], torch.full((12, 3), math.log(2)), atol=0.01)
    assert float(profile[:, 8:].abs().max()) < 1e-3
    assert float(moved[even].abs().max()) < 1e-3


def test_a_turned_picture_is_rough_the_other_way():
    picture = grain() * torch.linspace(0.2, 2, 72)
    there, here = described(picture.mT, 8), described(picture, 8)
    assert torch.allclose(there[BRIGHT], here[BRIGHT].T, atol=1e-5)
    assert torch.allclose(there[ACROSS], here[DOWN].T, atol=1e-4)
    assert not torch.allclose(here[ACROSS], here[DOWN], atol=0.02)


@pytest.mark.parametrize("size", [(10, 100), (100, 10), (5, 7)])
def test_a_picture_with_fewer_pixels_than_cells_fills_its_grid(size):
    height, width = size
    slope = torch.linspace(-0.5, 0.5, width).expand(1, height, width)
    found = described(slope, 16)
    assert found.shape == (3, 16, 16)
    assert found.isfinite().all()
    assert torch.allclose(found[BRIGHT], found[BRIGHT, :1].expand(16, 16), atol=1e-5)
    assert (found[BRIGHT, 0].diff() >= -1e-6).all()
    assert float(found[BRIGHT, 0, -1]) > float(found[BRIGHT, 0, 0])
    assert torch.allclose(described(torch.full((1, *size), 0.3), 16)[BRIGHT], torch.full((16, 16), 0.3), atol=1e-5)


def test_smooth_content_has_the_same_grid_at_twice_the_size():
    small, large = (described(wave(96 * k, 72 * k), 8)[BRIGHT] for k in (1, 2))
    assert float(large.max() - large.min()) > 1
    assert float((small - large).abs().max()) < 0.03


def test_a_grey_picture_in_colour_has_the_same_grid():
    picture = grain()
    assert torch.allclose(described(picture.expand(3, -1, -1), 8), described(picture, 8), atol=1e-4)


def test_a_glance_brings_its_own_pictures_to_unit_spread():
    pictures = [0.3 * k + grain(60 + 9 * k, 80 - 5 * k, seed=k) * torch.linspace(0.1, 3, 80 - 5 * k) for k in range(5)]
    glance = Glance.of(pictures, 8, 1.5)
    grids = torch.stack([glance.grid(picture) for picture in pictures])
    assert grids.shape == (5, 3, 8, 8)
    assert torch.allclose(grids.mean((0, 2, 3)), torch.zeros(3), atol=1e-3)
    assert torch.allclose(grids.std((0, 2, 3)), torch.ones(3), atol=1e-3)
    assert (glance.side, glance.coherence) == (8, 1.5)
    assert float((described(pictures[0], 8) - grids[0]).abs().max()) > 0.1


def test_pictures_without_any_content_have_a_glance_too():
    glance = Glance.of([torch.full((1, 40, 40), 0.2)] * 2, 4)
    assert glance.grid(torch.full((1, 40, 40), 0.2)).abs().max() < 0.1


def test_a_glance_survives_json():
    glance = Glance.of([grain(seed=k) for k in range(2)], 6, 0.5)
    assert Glance.from_json(json.loads(json.dumps(glance.to_json()))) == glance


# The flow of grids -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("t", "z"), [(0.3, 0.4), (0.5, 1.5), (0.8, 0.1)])
def test_mean_over_many_paths_is_the_closed_form(t, z):
    flow = GlanceFlow(silent, Glance(64))
    found = flow.mismatch(torch.full((3, 64, 64), z), flow.sources(16, 3, torch.device("cpu")), t)
    assert found.shape == (16, 64, 64)
    d = t**2 + (1 - t) ** 2
    assert float(found.mean()) == pytest.approx(3 * ((1 - t) ** 2 * z**2 + t**2) / d**2, rel=0.02)


def test_the_network_is_told_a_thousand_times_t():
    told = []

    def listening(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        told.append((tuple(states.shape), tau.tolist()))
        return torch.zeros_like(states)

    flow = GlanceFlow(listening, Glance(8))
    flow.mismatch(torch.zeros(3, 8, 8), flow.sources(2, 0, torch.device("cpu")), 0.25)
    assert told == [((2, 3, 8, 8), [250.0, 250.0])]


def test_more_paths_keep_the_earlier_ones():
    sources = GlanceFlow(silent, Glance(8)).sources
    many = sources(4, 7, torch.device("cpu"))
    assert many.shape == (4, 3, 8, 8)
    for k in range(4):
        assert torch.equal(many[k], sources(1, 7 + k, torch.device("cpu"))[0])
    assert not torch.equal(many[0], many[1])


@pytest.mark.parametrize("seed", [0, 5, 2**31 - 1])
def test_the_noise_of_grids_is_not_the_noise_of_pixels(seed):
    cells = GlanceFlow(silent, Glance(32)).sources(2, seed, torch.device("cpu")).flatten(1)
    pixels = noise(torch.zeros(1, 64, 64), 2, seed).flatten(1)[:, : cells.shape[1]]
    told = torch.corrcoef(torch.cat([cells, pixels]))
    assert float((told - torch.eye(4)).abs().max()) < 0.1
    assert float(cells.std()) == pytest.approx(1, rel=0.03)


def test_coherent_disagreement_keeps_what_cells_share():
    flow, plain = (GlanceFlow(silent, Glance(24, coherence=width)) for width in (2.0, 0.0))
    alike, apart = torch.full((2, 3, 24, 24), 0.5), torch.ones(2, 3, 24, 24)
    apart[..., ::2, ::2] = apart[..., 1::2, 1::2] = -1  # a chequerboard
    assert torch.allclose(flow.disagreement(alike), torch.full((2, 24, 24), 0.75), atol=1e-5)
    assert float(flow.disagreement(apart)[:, 6:-6, 6:-6].max()) < 1e-4
    assert torch.equal(plain.disagreement(apart), torch.full((2, 24, 24), 3.0))


# Cells over a picture --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(40, 60), (33, 7), (8, 8)])
def test_cells_laid_over_a_picture_keep_a_constant_and_their_leading_axes(size):
    over = laid_over(torch.arange(6.0).view(2, 3, 1, 1).expand(2, 3, 8, 8), size)
    assert torch.allclose(over, torch.arange(6.0).view(2, 3, 1, 1).expand(2, 3, *size))
    assert laid_over(torch.ones(8, 8), size).shape == size


def test_the_left_half_of_the_cells_stays_on_the_left():
    cells = torch.zeros(2, 8, 8)
    cells[0, :, :4] = cells[1, :4] = 1
    left, top = laid_over(cells, (48, 80))
    assert torch.equal(left > 0.5, (torch.arange(80) < 40).expand(48, 80))
    assert torch.equal(top > 0.5, (torch.arange(48) < 24)[:, None].expand(48, 80))
    assert torch.allclose(left[:, :35], torch.ones(48, 35))  # up to the middle of the last bright cell
    assert torch.allclose(left[:, 45:], torch.zeros(48, 35), atol=1e-6)


def test_between_the_middles_of_cells_values_are_linear():
    row = laid_over(torch.arange(8.0).expand(8, 8), (48, 80))[20]
    assert torch.allclose(row[5:75], (torch.arange(5, 75) + 0.5) / 10 - 0.5, atol=1e-5)


# Two scales of one system ----------------------------------------------------------------------------------------

GLANCE = Glance(8, (0.0, -1.7, -1.7), (0.1, 0.2, 0.2), 0.5)


def leaning(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
    """A network that says something."""
    return 0.3 * states.roll(1, -1)


def found(network=silent, glance: GlanceFlow | None = None, seed: int = 0, paths: int = 3) -> torch.Tensor:
    """δ at two times."""
    system = FlowMismatching(network, 1, 0.5, (64, 64), "plain", glance=glance)
    return torch.stack([step.x for step in system.steps(DETECT, (grain(40, 48), seed), 2, paths=paths)])


def test_a_second_scale_comes_beside_the_first_and_leaves_it_as_it_was():
    plain, both = found(leaning), found(leaning, GlanceFlow(silent, GLANCE))
    assert plain.shape == (2, 1, 3, 40, 48)
    assert both.shape == (2, 2, 3, 40, 48)
    assert torch.equal(both[:, :1], plain)
    assert float(both[:, 1].min()) >= 0
    assert float(both[:, 1].std()) > 0


def test_each_scale_hears_its_own_network_alone():
    one, other = (found(network, GlanceFlow(silent, GLANCE)) for network in (silent, leaning))
    assert torch.equal(one[:, 1], other[:, 1])
    assert not torch.equal(one[:, 0], other[:, 0])
    third = found(silent, GlanceFlow(leaning, GLANCE))
    assert torch.equal(one[:, 0], third[:, 0])
    assert not torch.equal(one[:, 1], third[:, 1])


def test_seeds_are_nested_at_both_scales():
    flow = GlanceFlow(silent, GLANCE)
    first, few, other = (found(glance=flow, seed=seed, paths=k) for seed, k in ((4, 3), (4, 2), (5, 2)))
    assert torch.allclose(first[:, :, :2], few, atol=1e-5)
    assert torch.allclose(first[:, :, 1:], other, atol=1e-5)
    assert not torch.allclose(few, other, atol=1e-2)


def test_an_evaluation_is_one_path_at_one_time_of_both_scales():
    system = FlowMismatching(silent, 1, 0.5, (64, 64), "plain", glance=GlanceFlow(silent, GLANCE))
    assert [s.evaluations for s in system.steps(DETECT, (grain(40, 48), 0), 3, paths=5)] == [5, 10, 15]


def test_a_large_picture_is_seen_in_tiles_and_at_one_glance():
    seen = []

    def watching(states: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(states.shape))
        return torch.zeros_like(states)

    system = FlowMismatching(silent, 1, 0.5, (64, 64), "plain", glance=GlanceFlow(watching, GLANCE))
    (step,) = system.steps(DETECT, (grain(200, 96), 0), 1, paths=2)
    assert seen == [(2, 3, 8, 8)]
    assert step.x.shape == (2, 2, 200, 96)


def test_a_part_that_is_brighter_stands_out_at_the_second_scale():
    picture = 0.1 * grain(96, 96)
    glance = Glance.of([0.1 * grain(96, 96, seed=k) for k in range(1, 4)], 8)
    picture[:, 64:] += 0.3
    system = FlowMismatching(silent, 1, 0.5, (96, 96), "plain", glance=GlanceFlow(silent, glance))
    (step,) = system.steps(DETECT, (picture, 0), 1, paths=8)
    least = step.x[1].amin(0)
    assert float(least[76:].min()) > 10 * float(least[:48].max())


# Their sum -------------------------------------------------------------------------------------------------------


def mismatch(paths: int = 5) -> torch.Tensor:
    return torch.rand(2, paths, 30, 40, generator=torch.Generator().manual_seed(8))


def total(grading, delta, t=0.5):
    return grading.shown(grading.at(delta, t))


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_paths_are_combined_at_each_scale_before_the_scales_are_added(aggregation):
    delta, one = mismatch(), Grading("velocity", aggregation, 0.5)
    told = total(replace(one, glance_share=3.0), delta)
    assert torch.allclose(told, one.at(delta[:1], 0.5)[0] + 3 * one.at(delta[1:], 0.5)[0], atol=1e-6)
    (late,) = one.at(delta[:1] + 3 * delta[1:], 0.5)
    assert torch.allclose(told, late, atol=1e-5) == (aggregation == "mean")


def test_the_least_of_either_scale_may_be_of_another_path():
    delta = torch.tensor([[4.0, 1.0, 9.0], [2.0, 7.0, 5.0]]).view(2, 3, 1, 1)
    assert float(total(Grading("velocity", "min", glance_share=10.0), delta)) == 1 + 10 * 2
    assert float(total(Grading("noise", "min", glance_share=10.0), delta)) == pytest.approx((1 + 10 * 2) / 4)


def test_each_scale_is_smoothed_in_its_own_way():
    delta = mismatch()
    told = total(Grading(smooth=1.0, wide=4.0, glance_share=2.0, glance_smooth=3.0), delta)
    pixels, glanced = Grading(smooth=1.0, wide=4.0).at(delta[:1], 0.5), Grading().at(delta[1:], 0.5)
    assert torch.allclose(told, pixels[0] + 2 * smoothed(glanced[0], 3.0), atol=1e-6)


def test_without_a_share_the_map_is_that_of_the_first_scale():
    delta = mismatch()
    grading = Grading(smooth=1.5, rim=Rim((3.0, 1.0), (2.0, 1.0)), glance_smooth=2.0)
    assert torch.equal(total(grading, delta), grading.at(delta[:1], 0.5)[0])
    assert torch.equal(grading.map([delta, 2 * delta])[:1], grading.map([delta[:1], 2 * delta[:1]]))


def test_the_rim_is_taken_out_of_the_first_scale_only():
    delta, rim = mismatch(), Rim((3.0, 1.0), (2.0, 1.0))
    plain = Grading(smooth=1.0, glance_share=2.0)
    changed = total(replace(plain, rim=rim), delta) - total(plain, delta)
    (first,) = plain.at(delta[:1], 0.5)
    assert torch.allclose(changed, rim.without(first) - first, atol=1e-5)
    assert float(changed[0, 0]) < 0


def test_the_second_scale_has_a_rim_of_cells_and_a_weight_of_its_own():
    delta, rim = mismatch(), Rim((3.0, 1.0), (2.0, 1.0), 4)
    told = Grading(smooth=1.0, glance_smooth=2.0, glance_weight="velocity", glance_rim=rim).at(delta, 0.3)
    assert torch.equal(told[:1], Grading(smooth=1.0).at(delta[:1], 0.3))
    (first,) = Grading("velocity").at(delta[1:], 0.3)
    assert torch.allclose(told[1], smoothed(rim.without(first), 2.0), atol=1e-6)
    level = first / rim.without(first)
    assert level.amax() == pytest.approx(6.0, rel=1e-4) and level[15, 20] == pytest.approx(1.0, rel=1e-4)
    assert torch.allclose(level[0], level[-1], rtol=1e-4) and float(level[3, 20]) == pytest.approx(2.0, rel=1e-4)
    each = Grading(glance_weight="velocity", glance_rim=rim).paths(delta, 0.3)
    assert torch.allclose(each[1, 2], rim.without(Grading("velocity").paths(delta[1:], 0.3))[0, 2])


@pytest.mark.parametrize("scales", [1, 2])
def test_a_single_path_is_graded_as_the_map_of_it_alone(scales):
    delta = mismatch()[:scales]
    grading = Grading("noise", "min", smooth=1.0, rim=Rim((3.0, 1.0), (2.0,)), glance_share=2.0, glance_smooth=2.0)
    told = grading.paths(delta, 0.3)
    assert told.shape == delta.shape
    for k in range(5):
        assert torch.allclose(told[:, k], grading.at(delta[:, k : k + 1], 0.3), atol=1e-6)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_the_map_of_two_scales_is_the_mean_over_times(aggregation):
    delta, other = mismatch(), mismatch().flip(1, 2)
    grading = Grading("reconstruction", aggregation, glance_share=0.5)
    told = grading.map([delta, other])
    assert told.shape == (2, 30, 40)
    assert torch.allclose(told, (grading.at(delta, 1 / 3) + grading.at(other, 2 / 3)) / 2, atol=1e-6)


def test_a_contrast_takes_the_roughness_out_of_the_first_scale_only():
    delta = mismatch()
    grading = Grading(pooling="contrast", glance_share=2.0)
    rough = torch.stack([7 * delta[0], delta[1]])
    told = grading.map([delta, delta])
    shown = grading.shown(told)
    assert torch.allclose(grading.shown(grading.map([rough, rough])), shown, rtol=1e-4)
    assert torch.allclose(shown - 2 * told[1], told[0] / told[0].median(), rtol=1e-4, atol=1e-5)
    assert torch.equal(grading.comparable(shown), shown)
    assert grading.score(shown) == pytest.approx(image_score(shown))


def test_a_map_of_one_scale_is_shown_as_it_is_and_scored_as_a_contrast():
    delta, grading = mismatch()[:1], Grading(pooling="contrast")
    found = grading.map([delta, delta])
    assert torch.equal(grading.shown(found), found[0])
    assert grading.score(found[0]) == pytest.approx(image_score(found[0] / found[0].median()))


@pytest.mark.parametrize("scales", [3, 40])
def test_there_are_no_more_than_two_scales(scales):
    with pytest.raises(ValueError):
        Grading().at(torch.ones(scales, 4, 5, 6), 0.5)


@pytest.mark.parametrize("setting", [{"glance_share": -0.1}, {"glance_share": 1001.0}, {"glance_share": math.nan},
                                     {"glance_smooth": -1.0}, {"glance_smooth": 17.0}])  # fmt: skip
def test_a_share_or_a_width_that_cannot_be_is_refused(setting):
    with pytest.raises(InputError):
        Grading(**setting)
    assert Grading(glance_share=1000.0, glance_smooth=16.0).to_json() == Grading().to_json() | {
        "glance_share": 1000.0, "glance_smooth": 16.0}  # fmt: skip

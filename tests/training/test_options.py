from __future__ import annotations

from pathlib import Path

import pytest

from flowdemo.data import read_info
from flowdemo.errors import DataError, FlowdemoError, InputError
from flowdemo.networks.convnet import ConvNet, ConvNetConfig
from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import ATTENTION, LEVELS, asked, plan, settled
from flowdemo.training.settle import CLASSIFIER_LEVELS, SMALL_ATTENTION, SMALL_LEVELS


def test_texts_become_values() -> None:
    options = TrainingOptions().with_settings(
        {"size": "96x64", "channels": "16,32", "zoom": "0.8,1.5", "lr": "1e-3", "bf16": "no", "beta": "7.5",
         "batch": "3"}
    )
    assert (options.size, options.channels, options.zoom) == ((96, 64), (16, 32), (0.8, 1.5))
    assert (options.lr, options.bf16, options.beta, options.batch) == (1e-3, False, 7.5, 3)
    assert TrainingOptions.from_json(options.to_json()) == options
    assert TrainingOptions().with_settings(options.settings()) == options


@pytest.mark.parametrize(
    "settings",
    [{"speed": "9"}, {"batch": "many"}, {"batch": "0"}, {"batch": "2.5"}, {"lr": "nan"}, {"lr": "-1"},
     {"bf16": "maybe"}, {"size": "96"}, {"zoom": "2,1"}, {"times": "noon"}, {"channels": "10,20"},
     {"channels": "-8"}, {"ema": "1.5"},
     {"attention": "1,1"}, {"jitter": "inf"}],
)  # fmt: skip
def test_wrong_texts(settings: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        TrainingOptions().with_settings(settings)
    assert caught.value.message.endswith(".")


def test_open_options_follow_the_data(cells: Path, streets: Path) -> None:
    chosen = plan("semflow", cells, TrainingOptions())
    assert (chosen.size, chosen.options.patch, chosen.config.out_channels) == ((32, 32), 2, 6)
    assert chosen.options.beta == pytest.approx(0.9 * 127, abs=0.1)
    chosen = plan("semflow", streets, TrainingOptions())
    assert chosen.config.out_channels == 3 + 12 and chosen.head.codebook.void == 11
    assert chosen.options.beta == pytest.approx(0.9 * 63.5, abs=0.1)
    assert plan("discriminative", streets, TrainingOptions()).config.out_channels == 11


def test_what_is_left_open_follows_recipe_and_set(cells: Path, bars: Path) -> None:
    masks = plan("symmflow", cells, TrainingOptions())
    assert (masks.config.in_channels, masks.config.out_channels) == (6, 6 + 3)
    assert (masks.options.image_weight, masks.options.clean_share, masks.options.time_scale) == (0.7, 0.0, 1000.0)
    assert masks.options.beta == pytest.approx(0.2 * 127, abs=0.1) and masks.options.flip_x
    assert plan("semflow", cells, TrainingOptions()).options.image_weight == 1.0
    whole = plan("symmflow", bars, TrainingOptions())
    assert whole.size == (16, 16)  # 12 pixels, and a border up to what the network folds
    assert (whole.config.in_channels, whole.config.out_channels, whole.config.classes) == (2 + 3, 2, 3)
    assert (whole.options.image_weight, whole.options.beta, whole.options.clean_share) == (0.9, 0.25, 0.25)
    assert not whole.options.flip_x and whole.options.shift == 2
    assert whole.steps == {"image-to-label": 1, "label-to-image": 25}
    judge = plan("classifier", bars, TrainingOptions())
    assert (judge.config.in_channels, judge.config.classes) == (1, 3)


def test_dequantisation_is_left_out_for_the_ablation_only(cells: Path, bars: Path) -> None:
    plain = TrainingOptions().with_settings({"dequantise": "false"})
    chosen = plan("symmflow", bars, plain)
    assert chosen.options.beta == chosen.parts.objective.beta == 0.0
    assert settled(chosen.options, chosen.info, "symmflow") == chosen.options  # as when a run is resumed
    assert asked(chosen.options, chosen.info, "symmflow") == {"dequantise": "False"}
    for recipe, data, options in (
        ("semflow", cells, plain),
        ("symmflow", bars, TrainingOptions().with_settings({"dequantise": "false", "beta": "0.1"})),
    ):
        with pytest.raises(InputError, match="without dequantisation"):
            plan(recipe, data, options)


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [("symmflow", {"beta": "0.5"}, "0.5 level spacings"), ("symmflow", {"beta": "0"}, "0 < beta"),
     ("symmflow", {"image_weight": "1.5"}, "0 to 1"), ("symmflow", {"prediction": "luck"}, "predicts"),
     ("semflow", {}, "one label for each picture"), ("discriminative", {}, "one label for each picture")],
)  # fmt: skip
def test_plans_that_labelled_pictures_cannot_have(bars: Path, recipe: str, settings: dict, words: str) -> None:
    with pytest.raises(FlowdemoError, match=words):
        plan(recipe, bars, TrainingOptions().with_settings(settings))


def test_a_classifier_needs_labels(cells: Path) -> None:
    with pytest.raises(InputError, match="masks") as caught:
        plan("classifier", cells, TrainingOptions())
    assert caught.value.field == "recipe"


@pytest.mark.parametrize("settings", [{}, {"size": "32x24"}, {"beta": "0.1", "flip_x": "true"}, {"channels": "16,24"},
                                      {"image_weight": "0.5", "zoom": "1,1.1", "shift": "0", "clean_share": "0"}])
def test_asked_is_the_shortest_way_for_labelled_pictures(bars: Path, settings: dict[str, str]) -> None:
    info = read_info(bars)
    options = settled(TrainingOptions().with_settings(settings), info, "symmflow")
    texts = asked(options, info, "symmflow")
    assert settled(TrainingOptions().with_settings(texts), info, "symmflow") == options
    assert texts.keys() <= settings.keys()


@pytest.mark.parametrize("settings", [{}, {"size": "48x32"}, {"patch": "4"}, {"channels": "16,24"}, {"beta": "20"},
                                      {"channels": "16,24", "attention": "1,0"}, {"lr": "1e-3", "flip_y": "true"}])
def test_asked_is_the_shortest_way_to_the_same_options(streets: Path, settings: dict[str, str]) -> None:
    info = read_info(streets)
    options = settled(TrainingOptions().with_settings(settings), info)
    texts = asked(options, info)
    assert settled(TrainingOptions().with_settings(texts), info) == options
    assert texts.keys() <= settings.keys()


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [("telepathy", {}, "no recipe"), ("semflow", {"beta": "64"}, "beta < 63.5"), ("semflow", {"beta": "0"}, "0 < beta"),
     ("semflow", {"size": "8x8"}, "sides"), ("semflow", {"size": "4096x4096"}, "sides"),
     ("semflow", {"turns": "true"}, "square"), ("semflow", {"prediction": "luck"}, "predicts"),
     ("semflow", {"channels": "16,24", "head_channels": "7"}, "multiples")],
)  # fmt: skip
def test_plans_that_cannot_be(streets: Path, recipe: str, settings: dict[str, str], words: str) -> None:
    with pytest.raises(FlowdemoError, match=words):
        plan(recipe, streets, TrainingOptions().with_settings(settings))


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        plan("semflow", tmp_path, TrainingOptions())


@pytest.mark.parametrize("patch", sorted(LEVELS))
def test_default_networks_fit_into_six_megabytes(patch: int) -> None:
    config = UNetConfig(3, 15, patch, LEVELS[patch], ATTENTION[patch], 1, TrainingOptions().head_channels)
    assert 2 * parameter_count(PatchUNet(config)) < 6e6


def test_default_networks_for_labelled_pictures_fit_as_well() -> None:
    for classes in (10, 255):
        heads = TrainingOptions().head_channels
        config = UNetConfig(4 + classes, 4, 2, SMALL_LEVELS, SMALL_ATTENTION, 1, heads, classes=classes)
        assert 2 * parameter_count(PatchUNet(config)) < 6e6
        assert 2 * parameter_count(ConvNet(ConvNetConfig(3, classes, CLASSIFIER_LEVELS))) < 6e6

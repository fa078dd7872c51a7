"""Detections: what may be asked, pictures of any size, times as they complete, endings, and maps graded anew."""

from __future__ import annotations

import gc
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mismatch_kit import DETECTOR, FLOW, GLANCED, TIMES, texture, write_tiny_detector, write_tiny_glance
from tiny import POSTERIOR, SIDE, png_bytes

from flowdemo.engine import Engine, Given, detections
from flowdemo.engine.detections import KEPT, MOST, Detection, Searches
from flowdemo.errors import EngineError, InputError
from flowdemo.flow import Step
from flowdemo.flow.gradings import AGGREGATIONS, MAX_PATHS, MAX_TIMES, WEIGHTS, inner_times
from flowdemo.systems.grading import Grading
from flowdemo.systems.straight import noise

COLOURED, GLANCING = "tiny-coloured", "tiny-glancing"
Hook = Callable[[int], None]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detectors")
    write_tiny_detector(folder / DETECTOR)
    write_tiny_detector(folder / COLOURED, 3, name=COLOURED)
    write_tiny_glance(folder / GLANCING, name=GLANCING)
    return folder


@pytest.fixture
def searches(engine: Engine, folders: Path) -> Searches:
    for name in (DETECTOR, COLOURED, GLANCING):
        engine.add(folders / name)
    return Searches(engine)


def grey(seed: int = 1, size: tuple[int, int] = (40, 36)) -> Given:
    return Given("picture", texture(seed, size))


def opened(searches: Searches, given: Given | None = None, **raw: Any) -> Detection:
    return searches.open({"model": DETECTOR, **raw}, given or grey())


def done(searches: Searches, given: Given | None = None, **raw: Any) -> Detection:
    detection = opened(searches, given, **raw)
    for _ in searches.stream(detection):
        pass
    assert (detection.status, detection.message) == ("done", None)
    return detection


class FakeFlow:
    """The mismatch of path k at time i is ``value(i, k)`` everywhere; each time calls ``evaluate(i)``."""

    directions = ("detect",)

    def __init__(self, evaluate: Hook, value: Callable[[int, int], float]) -> None:
        self.evaluate, self.value, self.made, self.closed = evaluate, value, 0, False

    def picture_state(self, given: np.ndarray) -> torch.Tensor:
        return torch.zeros(1, *given.shape[:2])

    def steps(self, direction: str, start: Any, steps: int, watch: Callable, paths: float) -> Iterator[Step]:
        picture, _ = start
        try:
            for i, t in enumerate(inner_times(steps), 1):
                for _ in range(int(paths)):
                    watch()
                self.evaluate(i)
                self.made = i
                found = torch.tensor([self.value(i, k) for k in range(int(paths))]).view(1, -1, 1, 1)
                yield Step(i, i / steps, t, found.expand(-1, -1, *picture.shape[1:]), None, i * int(paths))
        finally:
            self.closed = True


def put_in(
    searches: Searches, evaluate: Hook = lambda i: None, value: Callable[[int, int], float] = lambda i, k: i + k / 10
) -> FakeFlow:
    """Let a fake flow answer in the place of every model."""
    system = FakeFlow(evaluate, value)
    searches.engine.model = lambda name: SimpleNamespace(system=system)  # type: ignore[method-assign]
    return system


def free(searches: Searches) -> bool:
    """Whether the next run of the model need not wait."""
    return not searches.engine.running(DETECTOR).locked()


# What may be asked -----------------------------------------------------------------------------------------------


def test_what_is_not_asked_is_the_models_own(searches: Searches) -> None:
    detection = opened(searches)
    assert (detection.request.direction, detection.request.steps, detection.request.seed) == ("detect", TIMES, 0)
    assert detection.settings == {key: FLOW[key] for key in ("paths", "weight", "aggregation", "share")}
    assert detection.request.samples == 1 and detection.request.input == detection.given.sha256
    assert detection.status is None and detection.found == [] and len(searches.detections) == 0


def test_the_models_own_word_comes_first(searches: Searches, tmp_path: Path) -> None:
    flow = FLOW | {"weight": "reconstruction", "aggregation": "order", "paths": 5, "share": 0.3}
    name = searches.engine.add(write_tiny_detector(tmp_path / "other", name="other", flow=flow))
    settings = searches.engine.limits(name).settings
    assert settings["weight"].words[0] == "reconstruction" and set(settings["weight"].words) == set(WEIGHTS)
    assert settings["aggregation"].words[0] == "order" and set(settings["aggregation"].words) == set(AGGREGATIONS)
    assert (settings["paths"].default, settings["share"].default) == (5, 0.3)


@pytest.mark.parametrize(
    "raw",
    [{"steps": MAX_TIMES}, {"settings": {"paths": MAX_PATHS}}, {"settings": {"paths": 3.0}},
     {"settings": {"share": 1, "weight": "velocity", "aggregation": "order"}}, {"direction": "detect"},
     {"seed": 2**31 - 1}],
)  # fmt: skip
def test_what_lies_within_the_limits_is_taken(searches: Searches, raw: dict[str, Any]) -> None:
    detection = opened(searches, **raw)
    assert detection.settings | raw.get("settings", {}) == detection.settings
    assert detection.request.steps == raw.get("steps", TIMES)


@pytest.mark.parametrize(
    ("raw", "field"),
    [({"steps": MAX_TIMES + 1}, "steps"), ({"steps": 0}, "steps"), ({"steps": 2.5}, "steps"),
     ({"settings": {"paths": 0}}, "settings"), ({"settings": {"paths": MAX_PATHS + 1}}, "settings"),
     ({"settings": {"paths": 2.5}}, "settings"), ({"settings": {"paths": True}}, "settings"),
     ({"settings": {"paths": "many"}}, "settings"), ({"settings": {"paths": math.nan}}, "settings"),
     ({"settings": {"share": 0}}, "settings"), ({"settings": {"share": 1.5}}, "settings"),
     ({"settings": {"weight": "t"}}, "weight"), ({"settings": {"weight": 2}}, "weight"),
     ({"settings": {"weight": ["noise"]}}, "weight"), ({"settings": {"aggregation": "max"}}, "aggregation"),
     ({"settings": {"smooth": 1}}, "settings"), ({"settings": [8]}, "settings"), ({"seed": -1}, "seed"),
     ({"direction": "image-to-mask"}, "direction"), ({"model": "nobody"}, "model"), ({"model": None}, "model"),
     ({"paths": 8}, "recipe"), ({"input": "abc"}, "input")],
    ids=repr,
)  # fmt: skip
def test_what_lies_outside_is_refused_by_its_field(searches: Searches, raw: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        opened(searches, **raw)
    assert refused.value.field == field and refused.value.message.endswith(".")


def test_a_flow_between_images_and_masks_looks_for_nothing(searches: Searches) -> None:
    given = Given("picture", np.zeros((SIDE, SIDE, 3), np.uint8))
    with pytest.raises(InputError, match="looks for no anomalies") as refused:
        searches.open({"model": POSTERIOR}, given)
    assert refused.value.field == "model"


def test_a_mask_is_no_surface(searches: Searches) -> None:
    with pytest.raises(InputError) as refused:
        opened(searches, Given("mask", np.zeros((40, 40), np.uint8)))
    assert refused.value.field == "input"


def test_the_truth_has_the_size_of_its_picture(searches: Searches) -> None:
    truth = np.zeros((36, 40), bool)
    assert searches.open({"model": DETECTOR}, grey(), truth).truth is truth
    with pytest.raises(InputError) as refused:
        searches.open({"model": DETECTOR}, grey(), truth.T)
    assert refused.value.field == "truth"


def test_memory_is_bounded_before_anything_is_computed(searches: Searches) -> None:
    system = put_in(searches)
    large = Given("picture", np.zeros((512, 512), np.uint8))
    assert MOST == 8 * 32 * 512 * 512
    assert opened(searches, large, steps=32, settings={"paths": 8}).status is None
    for raw in ({"steps": 32, "settings": {"paths": 9}}, {"steps": 9, "settings": {"paths": 32}}):
        with pytest.raises(InputError, match="choose fewer") as refused:
            opened(searches, large, **raw)
        assert refused.value.field == "paths"
    assert system.made == 0


def test_detectors_are_kept_apart_from_what_has_a_trajectory(searches: Searches) -> None:
    engine = searches.engine
    assert {DETECTOR, COLOURED} <= engine.detectors().keys() and POSTERIOR not in engine.detectors()
    assert POSTERIOR in engine.manifests() and not engine.detectors().keys() & engine.manifests().keys()
    given = grey()
    with pytest.raises(InputError, match="no trajectory") as refused:
        engine.start(engine.request({"model": DETECTOR}, given), given)
    assert refused.value.field == "model"


# Pictures --------------------------------------------------------------------------------------------------------


def given_of(searches: Searches, pixels: np.ndarray, model: str = DETECTOR) -> Given:
    return Given.surface(png_bytes(pixels), searches.engine.manifest(model))


@pytest.mark.parametrize("size", [(32, 32), (40, 36), (33, 97), (512, 512), (1024, 256)])
def test_a_picture_keeps_its_own_size(searches: Searches, size: tuple[int, int]) -> None:
    picture = texture(3, size)
    given = given_of(searches, picture)
    assert given.kind == "picture" and given.note == "" and (given.pixels == picture).all()


@pytest.mark.parametrize("size", [(31, 64), (64, 31), (1, 1)])
def test_a_picture_must_have_a_middle_and_a_surrounding(searches: Searches, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="at least 32 pixels") as refused:
        given_of(searches, texture(3, size))
    assert refused.value.field == "image"


@pytest.mark.parametrize("size", [(513, 512), (1600, 400), (700, 900), (33, 12_000), (12_000, 33)])
def test_a_picture_beyond_the_bound_is_made_smaller_and_says_so(searches: Searches, size: tuple[int, int]) -> None:
    given = given_of(searches, np.full(size[::-1], 90, np.uint8))
    height, width = given.pixels.shape
    assert height * width <= 512 * 512 and min(height, width) >= 32 and (given.pixels == 90).all()
    assert given.note.startswith(f"Made smaller from {size[0]} × {size[1]} pixels")
    if max(size) < 2000:  # a strip cannot keep its shape
        assert width / height == pytest.approx(size[0] / size[1], rel=0.01) and height * width > 0.98 * 512 * 512


def test_a_detector_of_grey_pictures_is_given_grey(searches: Searches) -> None:
    coloured = np.zeros((40, 36, 3), np.uint8)
    coloured[..., 0], coloured[..., 1], coloured[:9, :, 2] = 200, 100, 255
    found = given_of(searches, coloured).pixels
    assert found.shape == (40, 36) and found.dtype == np.uint8
    assert found[20, 5] == pytest.approx(0.299 * 200 + 0.587 * 100, abs=1) and found[0, 0] > found[20, 5]
    assert (given_of(searches, coloured, COLOURED).pixels == coloured).all()
    for model in (DETECTOR, COLOURED):  # torch warns at the terminal of memory that it must not write to
        for shape in ((40, 36, 3), (600, 600, 3)):
            assert given_of(searches, np.zeros(shape, np.uint8), model).pixels.flags.writeable
    assert given_of(searches, texture(1), COLOURED).pixels.shape == (36, 40, 3)


def test_what_is_no_picture_is_refused(searches: Searches, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        Given.surface(b"no picture", searches.engine.manifest(DETECTOR))
    assert refused.value.field == "image"


@pytest.mark.parametrize(("size", "model"), [((33, 47), DETECTOR), ((120, 34), DETECTOR), ((61, 35), COLOURED)])
def test_a_map_has_the_size_of_its_picture(searches: Searches, size: tuple[int, int], model: str) -> None:
    given = given_of(searches, texture(5, size), model)
    detection = done(searches, given, model=model, steps=1)
    assert detection.found[0].mismatch.shape == (1, 2, size[1], size[0])


# Times as they complete ------------------------------------------------------------------------------------------


def test_a_time_is_shown_before_the_next_is_computed(searches: Searches) -> None:
    system, detection = put_in(searches), opened(searches, steps=3)
    stream = searches.stream(detection)
    assert system.made == 0
    for i, found in enumerate(stream, 1):
        assert (system.made, found.index, found.evaluations) == (i, i, 2 * i)
        assert found.t == i / 4 and detection.found[-1] is found and detection.status is None
        assert searches.detections.get(detection.id) is detection
        assert found.mismatch.dtype == np.float16
        np.testing.assert_array_equal(found.mismatch[0, :, 0, 0], np.float16([i, i + 0.1]))
    assert i == 3 and detection.status == "done" and free(searches) and system.closed
    seconds = [found.seconds for found in detection.found]
    assert seconds == sorted(seconds) and seconds[0] >= 0


def test_a_stop_in_the_middle_keeps_its_times_and_says_so(searches: Searches) -> None:
    system, detection = put_in(searches), opened(searches, steps=5)
    shown = []
    for found in searches.stream(detection):
        shown.append(found.index)
        if found.index == 2:
            detection.stopping.set()
    assert shown == [1, 2] and system.made == 2 and len(detection.found) == 2
    assert (detection.status, detection.message) == ("stopped", "Stopped after time 2 of 5.")
    assert searches.detections.get(detection.id) is detection and free(searches)


def test_a_stop_is_heard_between_two_paths(searches: Searches) -> None:
    detection = opened(searches, grey(size=(600, 430)), steps=2, settings={"paths": 8})
    model = searches.engine.model(DETECTOR)
    asked, plain = [], model.system.mismatch

    def once(picture: torch.Tensor, sources: torch.Tensor, t: float) -> torch.Tensor:
        asked.append(len(sources))
        detection.stopping.set()
        return torch.zeros(len(sources), *picture.shape[1:])

    model.system.mismatch = once
    try:
        assert list(searches.stream(detection)) == []
    finally:
        model.system.mismatch = plain
    assert asked == [1] and (detection.status, detection.message) == ("stopped", "Stopped after time 0 of 2.")


def test_a_stop_before_the_start_computes_nothing(searches: Searches) -> None:
    system, detection = put_in(searches), opened(searches)
    detection.stopping.set()
    assert list(searches.stream(detection)) == [] and system.made == 0 and detection.status == "stopped"


@pytest.mark.parametrize(
    ("times", "status", "message"), [(2, "stopped", "Stopped after time 2 of 3."), (3, "done", None)]
)
def test_closing_ends_a_detection(searches: Searches, times: int, status: str, message: str | None) -> None:
    system, detection = put_in(searches), opened(searches)
    stream = searches.stream(detection)
    for _ in range(times):
        next(stream)
    stream.close()
    gc.collect()
    assert (detection.status, detection.message, len(detection.found)) == (status, message, times)
    assert system.made == times and system.closed and free(searches)
    assert done(searches).found[-1].index == TIMES  # the next one is not held up


def test_the_deadline_ends_a_detection_and_keeps_its_times(searches: Searches) -> None:
    clock = {"late": 0.0}
    searches.engine.deadline = 100.0
    put_in(searches, lambda i: clock.update(late=150.0 * (i == 2)))
    before = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detections.time, "monotonic", lambda: before() + clock["late"])
        detection = opened(searches, steps=5)
        with pytest.raises(EngineError, match="longer than 100 s; choose fewer paths") as ended:
            list(searches.stream(detection))
    assert (detection.status, detection.message) == ("failed", ended.value.message)
    assert [found.index for found in detection.found] == [1, 2] and free(searches)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_ends_in_one_sentence(searches: Searches, value: float) -> None:
    put_in(searches, value=lambda i, k: value if (i, k) == (2, 1) else 1.0)
    detection = opened(searches)
    with pytest.raises(EngineError, match="not finite at time 2") as ended:
        list(searches.stream(detection))
    assert detection.status == "failed" and detection.message == ended.value.message
    assert ended.value.message.count(".") == 1 and ended.value.message.endswith(".")
    assert len(detection.found) == 1 and free(searches)


@pytest.mark.parametrize(
    ("error", "words"),
    [(RuntimeError("/srv/secret/weights"), "failed inside the engine"), (MemoryError(), "ran out of memory"),
     (RuntimeError("CUDA out of memory. Tried /srv/secret"), "ran out of memory")],
)  # fmt: skip
def test_what_breaks_is_told_without_its_inside(searches: Searches, error: Exception, words: str) -> None:
    def evaluate(i: int) -> None:
        if i == 2:
            raise error

    put_in(searches, evaluate)
    detection = opened(searches)
    with pytest.raises(EngineError, match=words) as ended:
        list(searches.stream(detection))
    assert "secret" not in ended.value.message and detection.message == ended.value.message
    assert detection.status == "failed" and len(detection.found) == 1 and free(searches)


def test_two_detections_of_one_model_go_one_after_the_other(searches: Searches) -> None:
    running, order = [], []

    def evaluate(i: int) -> None:
        running.append(threading.get_ident())
        assert len(running) == 1
        order.append(running.pop())

    put_in(searches, evaluate)
    workers = [threading.Thread(target=done, args=(searches,)) for _ in range(2)]
    with searches.engine.running(DETECTOR):  # neither ends before both have begun: a name of a thread can come again
        for worker in workers:
            worker.start()
    for worker in workers:
        worker.join(20)
    assert len(order) == 2 * TIMES and len(set(order[:TIMES])) == len(set(order[TIMES:])) == 1
    assert order[0] != order[-1]


def test_values_beyond_half_precision_stay_finite(searches: Searches) -> None:
    put_in(searches, value=lambda i, k: 1e9)
    assert done(searches).found[0].mismatch.max() == np.finfo(np.float16).max


def test_the_last_detections_are_kept(searches: Searches, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(searches)
    ran = [done(searches, steps=1) for _ in range(KEPT + 2)]
    assert len(searches.detections) == KEPT
    for gone in ran[:2]:
        with pytest.raises(InputError) as refused:
            searches.detections.get(gone.id)
        assert refused.value.field == "run"
    searches.detections.keep_bytes = 3 * ran[-1].bytes
    done(searches, steps=1)
    assert len(searches.detections) == 3
    assert ran[-1].bytes == ran[-1].given.pixels.nbytes + 2 * 2 * 36 * 40


# The flow itself -------------------------------------------------------------------------------------------------


def mismatches(detection: Detection) -> np.ndarray:
    return np.stack([found.mismatch for found in detection.found])


def test_the_same_recipe_gives_the_same_values(searches: Searches) -> None:
    one, again, other = (mismatches(done(searches, seed=seed)) for seed in (7, 7, 8))
    assert one.shape == (TIMES, 1, 2, 36, 40) and np.isfinite(one).all() and (one >= 0).all() and one.max() > 0
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.9


def test_more_paths_keep_the_earlier_ones(searches: Searches) -> None:
    few, many = (mismatches(done(searches, settings={"paths": k})) for k in (2, 5))
    np.testing.assert_allclose(many[:, :, :2], few, rtol=2e-3, atol=1e-4)
    least = [values.astype(np.float32).min(2) for values in (few, many)]
    assert (least[1] <= least[0] * 1.002 + 1e-4).all() and (least[1] < 0.99 * least[0]).mean() > 0.2
    picture = torch.zeros(1, 5, 6)
    assert torch.equal(noise(picture, 5, 3)[:2], noise(picture, 2, 3))
    assert torch.equal(noise(picture, 2, 3)[1:], noise(picture, 1, 4))
    assert not torch.equal(*noise(picture, 2, 3))


def test_times_are_those_within_the_path(searches: Searches) -> None:
    assert [found.t for found in done(searches, steps=4).found] == [0.2, 0.4, 0.6, 0.8]
    assert [found.evaluations for found in done(searches, steps=2, settings={"paths": 3}).found] == [3, 6]


# Graded anew -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "aggregation", "share"),
    [("reconstruction", "min", 0.2), ("velocity", "order", 0.5), ("noise", "mean", 0.2)],
)
def test_another_grade_needs_no_network_and_equals_a_new_detection(
    searches: Searches, weight: str, aggregation: str, share: float
) -> None:
    from flowdemo.engine.detection_maps import maps

    chosen = {"weight": weight, "aggregation": aggregation, "share": share}
    before = done(searches, seed=3, steps=4, settings={"paths": 4})  # no time is ½, where t² = (1 − t)²
    fresh = done(searches, seed=3, steps=4, settings={"paths": 4, **chosen})
    model = searches.engine.model
    searches.engine.model = lambda name: pytest.fail("a network was asked for")  # type: ignore[method-assign]
    after = searches.regraded(before.id, **chosen)
    searches.engine.model = model  # type: ignore[method-assign]
    assert after.id != before.id and searches.detections.get(after.id) is after
    assert after.request == fresh.request and after.settings == fresh.settings and after.status == "done"
    for index in range(1, 5):
        for found, expected, former in zip(maps(after, index), maps(fresh, index), maps(before, index), strict=True):
            assert found.tobytes() == expected.tobytes() and (found != former).any()
    assert before.settings["weight"] == "noise" and before.request != after.request


def test_a_grade_keeps_what_was_chosen_before(searches: Searches) -> None:
    before = done(searches, settings={"paths": 4, "share": 0.6})
    after = searches.regraded(searches.regraded(before.id, aggregation="order").id, weight="velocity")
    assert after.settings == {"paths": 4, "weight": "velocity", "aggregation": "order", "share": 0.6}


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"weight": "t"}, "weight"), ({"aggregation": 3}, "aggregation"), ({"share": 0}, "settings"),
     ({"share": "0.5"}, "settings"), ({"margin": 2}, "settings")],
)  # fmt: skip
def test_a_grade_that_is_none_is_refused(searches: Searches, settings: dict[str, Any], field: str) -> None:
    put_in(searches)
    before = done(searches)
    with pytest.raises(InputError) as refused:
        searches.regraded(before.id, **settings)
    assert refused.value.field == field and len(searches.detections) == 1


@pytest.mark.parametrize("run", ["nothing", None, 5, ["x"]])
def test_only_a_kept_detection_is_graded(searches: Searches, run: Any) -> None:
    with pytest.raises(InputError) as refused:
        searches.regraded(run, weight="noise")
    assert refused.value.field == "run"


# Two scales ------------------------------------------------------------------------------------------------------


def test_both_scales_are_kept_and_those_of_pixels_are_as_without_the_other(searches: Searches) -> None:
    detection = done(searches, model=GLANCING, settings={"paths": 3})
    both = mismatches(detection)
    assert both.shape == (TIMES, 2, 3, 36, 40) and both.dtype == np.float16
    assert np.isfinite(both).all() and (both >= 0).all() and np.ptp(both[:, 1]) > 0
    assert [found.evaluations for found in detection.found] == [3, 6, 9]
    system = searches.engine.model(GLANCING).system
    glance, system.glance = system.glance, None
    try:
        alone = mismatches(done(searches, model=GLANCING, settings={"paths": 3}))
    finally:
        system.glance = glance
    np.testing.assert_array_equal(both[:, :1], alone)
    assert (opened(searches).scales, detection.scales) == (1, 2)


def test_the_shown_map_of_two_scales_has_the_score_of_the_grading(searches: Searches, tmp_path: Path) -> None:
    from flowdemo.engine.detection_maps import grading_of, maps
    from flowdemo.engine.detection_messages import score_of

    flow = GLANCED | {"pooling": "contrast", "margin": 3}
    searches.engine.add(write_tiny_glance(tmp_path / "contrasted", name="contrasted", flow=flow))
    detection, grading = done(searches, model="contrasted"), Grading.of(flow)
    graded = grading.map([torch.from_numpy(found.mismatch) for found in detection.found])
    expected = grading.score(grading.shown(graded))
    assert grading_of(detection) == grading
    assert score_of(detection, maps(detection, TIMES)[1]) == pytest.approx(expected, rel=1e-5)


def test_maps_and_paths_of_two_scales_have_the_size_of_the_picture(searches: Searches) -> None:
    from flowdemo.engine.detection_maps import every_map, maps, paths

    detection = done(searches, model=GLANCING, settings={"paths": 3})
    each = [paths(detection, index) for index in range(1, TIMES + 1)]
    assert all(values.shape == (3, 36, 40) and np.isfinite(values).all() for values in each)
    assert every_map(detection, TIMES).shape == (TIMES, 36, 40) and maps(detection, 2)[1].shape == (36, 40)
    one = done(searches, model=GLANCING, settings={"paths": 1})
    np.testing.assert_allclose(paths(one, 1)[0], maps(one, 1)[0], rtol=1e-6)
    mean = searches.regraded(detection.id, aggregation="mean")
    np.testing.assert_allclose(each[1].mean(0), maps(mean, 2)[0], rtol=1e-4)


def test_two_scales_are_graded_anew_without_a_network(searches: Searches) -> None:
    from flowdemo.engine.detection_maps import maps

    chosen = {"weight": "velocity", "aggregation": "order", "share": 0.5}
    before = done(searches, model=GLANCING, seed=3, settings={"paths": 4})
    fresh = done(searches, model=GLANCING, seed=3, settings={"paths": 4, **chosen})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searches.engine, "model", lambda name: pytest.fail("a network was asked for"))
        after = searches.regraded(before.id, **chosen)
        for found, expected, former in zip(maps(after, 1), maps(fresh, 1), maps(before, 1), strict=True):
            assert found.tobytes() == expected.tobytes() and (found != former).any()


def test_the_share_of_the_manifest_says_what_the_second_scale_counts(searches: Searches, tmp_path: Path) -> None:
    from flowdemo.engine.detection_maps import maps

    told = {}
    for share in (0.0, 1.0, 3.0):
        name = f"shared-{share:g}"
        searches.engine.add(write_tiny_glance(tmp_path / name, name=name, flow=GLANCED | {"glance_share": share}))
        told[share] = maps(done(searches, model=name, steps=1), 1)[0]
    second = told[1.0] - told[0.0]
    assert second.min() >= 0 and second.max() > 0.01
    np.testing.assert_allclose(told[3.0] - told[0.0], 3 * second, rtol=1e-3, atol=1e-5)


def test_memory_counts_both_scales(searches: Searches) -> None:
    large = Given("picture", np.zeros((512, 512), np.uint8))
    assert opened(searches, large, model=GLANCING, steps=16, settings={"paths": 8}).status is None
    assert opened(searches, large, steps=17, settings={"paths": 8}).status is None
    with pytest.raises(InputError, match="choose fewer") as refused:
        opened(searches, large, model=GLANCING, steps=17, settings={"paths": 8})
    assert refused.value.field == "paths"

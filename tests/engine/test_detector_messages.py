"""What the page and programs are told of a detection: descriptions, maps as pictures, scores, files."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mismatch_kit import DETECTOR, FLOW, TIMES, reference_entry, texture, unpacked, write_tiny_detector
from PIL import Image
from tiny import png_bytes

from flowdemo.data.surfaces import TEXTURES
from flowdemo.engine import Engine, Given
from flowdemo.engine.detection_maps import FALLBACK, encoded, maps
from flowdemo.engine.detection_messages import end_json, frame_json, meta
from flowdemo.engine.detection_products import PRODUCTS, make, save_detection, summarised
from flowdemo.engine.detections import Detection
from flowdemo.engine.detector import Detector
from flowdemo.engine.surfaces import FAULTS, surfaces
from flowdemo.errors import InputError
from flowdemo.flow.gradings import WEIGHTS, inner_times
from flowdemo.rendering import recipe
from flowdemo.request import recipe_fields
from flowdemo.systems.exposure import exposed, shown
from flowdemo.systems.grading import Grading, image_score

ROW = {"steps": TIMES, "image_auroc": 0.875, "roc": [[0, 0], [0, 1], [1, 1]], "defective_scores": [2.0, 3.0]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_detector(tmp_path_factory.mktemp("detector") / DETECTOR)


@pytest.fixture
def detector(engine: Engine, folder: Path) -> Detector:
    engine.add(folder)
    return Detector(engine)


def told(detector: Detector, **changes: Any) -> None:
    """Change what the manifest of the detector says."""
    manifest = detector.engine.manifest(DETECTOR)
    detector.engine._manifests[DETECTOR] = replace(manifest, **changes)


def opened(detector: Detector, **raw: Any) -> Detection:
    return detector.open({"model": DETECTOR, **raw}, Given("picture", texture(2)))


def ran(detector: Detector, times: int | None = None, **raw: Any) -> Detection:
    """A detection of which so many times are done, all of them if None."""
    detection = opened(detector, **raw)
    stream = detector.stream(detection)
    for _ in range(times or detection.request.steps):
        next(stream)
    stream.close()
    return detection


def values(url: str, scale: float) -> np.ndarray:
    """A map as a reader of its picture takes it."""
    return scale * (unpacked(url) / 255.0) ** 2


# Descriptions ----------------------------------------------------------------------------------------------------


def test_a_description_says_all_before_the_first_map(detector: Detector) -> None:
    detection = opened(detector, steps=4, seed=9, settings={"paths": 3, "share": 0.5})
    said = meta(detection)
    assert json.loads(json.dumps(said)) == said
    assert (said["run"], said["model"], said["label"]) == (detection.id, DETECTOR, "Tiny detector")
    assert (said["size"], said["paths"], said["seed"]) == ([40, 36], 3, 9)
    assert said["times"] == list(inner_times(4)) == [0.2, 0.4, 0.6, 0.8]
    assert (said["weight"], said["aggregation"], said["share"]) == ("noise", "min", 0.5)
    assert (said["scale"], said["threshold"], said["truth"]) == (2.0, 0.5, None)
    assert said["note"] == f"Computed on {detection.device} from the picture at its own size." and detection.device


def test_the_picture_is_shown_as_the_network_knows_it(detector: Detector) -> None:
    assert (unpacked(meta(opened(detector))["picture"])[..., 0] == texture(2)).all()
    told(detector, flow=FLOW | {"exposure": "picture"})
    seen = unpacked(meta(opened(detector))["picture"])
    assert (seen == shown(exposed(texture(2), 1, "picture"), "picture")).all() and (seen[..., 0] != texture(2)).any()
    assert abs(float(np.median(seen)) - 127.5) <= 1


def test_a_picture_that_was_made_smaller_is_no_picture_at_its_own_size(detector: Detector) -> None:
    given = replace(Given("picture", texture(2)), note="Made smaller.")
    assert meta(detector.open({"model": DETECTOR}, given))["note"] == "Made smaller."


def test_the_truth_is_white_on_the_defect(detector: Detector) -> None:
    truth = np.zeros((36, 40), bool)
    truth[3:9, 20:33] = True
    detection = detector.open({"model": DETECTOR}, Given("picture", texture(2)), truth)
    assert (unpacked(meta(detection)["truth"]) == 255 * truth).all()


@pytest.mark.parametrize(
    ("raw", "scores", "valid"),
    [({}, [0.5, 0.7, 0.9], True), ({"seed": 8}, [0.5, 0.7, 0.9], True), ({"steps": 4}, [0.5, 0.7, 0.9], False),
     ({"settings": {"paths": 4}}, [0.5, 0.7, 0.9], False), ({"settings": {"share": 0.5}}, [0.5, 0.7, 0.9], True),
     ({"settings": {"aggregation": "order"}}, [0.6, 0.8, 1.0], True),
     ({"settings": {"aggregation": "order", "share": 0.5}}, [0.6, 0.8, 1.0], False),
     ({"settings": {"weight": "velocity", "aggregation": "mean"}}, [5.0, 7.0, 9.0], True)],
    ids=repr,
)  # fmt: skip
def test_scores_of_normal_pictures_count_for_equal_settings_alone(
    detector: Detector, raw: dict[str, Any], scores: list[float], valid: bool
) -> None:
    found = meta(opened(detector, **raw))["reference"]
    assert (found["scores"], found["valid"], found["data"]) == (scores, valid, "drawn-surfaces")
    assert "K = 2, T = 3" in found["words"] and found["words"].endswith(".")
    assert found["words"].startswith("Compared with 3 normal validation pictures") == valid
    assert ("do not compare" in found["words"]) == (not valid)


def test_a_grading_that_was_never_measured_has_no_scores(detector: Detector) -> None:
    found = meta(opened(detector, settings={"aggregation": "mean"}))
    assert (found["reference"]["scores"], found["reference"]["valid"]) == ([], False)
    assert (found["scale"], found["threshold"]) == (FALLBACK["scale"], FALLBACK["threshold"])


def test_a_model_without_a_reference_says_so(detector: Detector) -> None:
    told(detector, scores={})
    found = meta(opened(detector))["reference"]
    assert (found["scores"], found["valid"], found["auroc"]) == ([], False, None)
    assert "without scores of normal pictures" in found["words"]


@pytest.mark.parametrize(
    ("own", "raw", "same"),
    [({}, {}, True), ({}, {"seed": 4}, True), ({}, {"settings": {"share": 0.9}}, True), ({}, {"steps": 4}, False),
     ({}, {"settings": {"paths": 3}}, False), ({}, {"settings": {"weight": "velocity"}}, False),
     ({}, {"settings": {"aggregation": "mean"}}, False), ({"aggregation": "order"}, {}, True),
     ({"aggregation": "order"}, {"settings": {"share": 0.9}}, False)],
    ids=repr,
)  # fmt: skip
def test_a_test_split_is_told_of_for_equal_settings_alone(
    detector: Detector, own: dict[str, Any], raw: dict[str, Any], same: bool
) -> None:
    flow = FLOW | own
    grading = {key: flow[key] for key in ("weight", "aggregation", "share", "smooth", "margin")}
    tested = {"settings": {"paths": 2}, "grading": grading, "rows": [ROW | {"steps": 8}, ROW]}
    told(detector, flow=flow, scores={"reference": reference_entry(), "test": tested})
    found = meta(opened(detector, **raw))["reference"]
    expected = (0.875, ROW["roc"], [2.0, 3.0]) if same else (None, None, None)
    assert (found["auroc"], found["roc"], found["defective"]) == expected


# Maps ------------------------------------------------------------------------------------------------------------


def test_a_map_travels_as_the_root_of_its_values() -> None:
    found = np.array([[0.0, 0.5, 2.0], [1.999, 1e9, -1.0]], np.float32)
    levels = unpacked(encoded(found, 2.0))
    assert levels.tolist() == [[0, 128, 255], [255, 255, 0]]
    drawn = np.random.default_rng(0).uniform(0, 2, (30, 40)).astype(np.float32)
    read = values(encoded(drawn, 2.0), 2.0)
    assert np.abs(np.sqrt(read) - np.sqrt(drawn)).max() <= np.sqrt(2) / 255 / 2 * 1.001
    exact = 2 * (np.arange(256).reshape(16, 16) / 255) ** 2
    assert (unpacked(encoded(exact, 2.0)) == np.arange(256).reshape(16, 16)).all()


@pytest.mark.parametrize("aggregation", ["min", "order", "mean"])
def test_a_frame_holds_the_map_of_its_time_and_of_all_so_far(detector: Detector, aggregation: str) -> None:
    detection = ran(detector, settings={"aggregation": aggregation, "share": 0.6, "paths": 3})
    scale, combine = meta(detection)["scale"], Grading(aggregation=aggregation, share=0.6)
    parts = []
    for found in detection.found:
        sorted_ = np.sort(found.mismatch[0].astype(np.float32), 0)
        taken = {"min": sorted_[0], "order": sorted_[1], "mean": sorted_.mean(0)}[combine.aggregation]
        parts.append(found.t**2 * taken)
        said = frame_json(detection, found.index)
        assert json.loads(json.dumps(said)) == said and (said["index"], said["t"]) == (found.index, found.t)
        assert said["evaluations"] == 3 * found.index
        for url, expected in ((said["map"], parts[-1]), (said["sum"], np.mean(parts, axis=0))):
            root = np.sqrt(np.clip(expected / scale, 0, 1))
            assert np.abs(unpacked(url) / 255 - root).max() <= 0.5001 / 255
        flat = np.sort(np.mean(parts, axis=0), axis=None)
        assert said["score"] == pytest.approx(flat[-1] + flat[-round(0.01 * 36 * 40) :].mean(), rel=1e-4)
    assert end_json(detection)["score"] == said["score"]


def test_smoothing_and_margin_are_the_models_own(detector: Detector) -> None:
    plain = ran(detector)
    told(detector, flow=FLOW | {"smooth": 2.0, "margin": 4})
    smooth = ran(detector)
    (_, rough), (_, even) = maps(plain, TIMES), maps(smooth, TIMES)
    assert even.std() < 0.6 * rough.std() and even.mean() == pytest.approx(rough.mean(), rel=0.1)
    assert frame_json(smooth, TIMES)["score"] == pytest.approx(image_score(even[4:-4, 4:-4]), rel=1e-5)


@pytest.mark.parametrize("index", [0, 4, -1, True, 1.0, "1", None, [1]])
def test_a_time_that_is_none_is_refused(detector: Detector, index: Any) -> None:
    detection = ran(detector)
    for ask in (lambda: frame_json(detection, index), lambda: detector.paths(detection.id, index)):
        with pytest.raises(InputError) as refused:
            ask()
        assert refused.value.field == "index"


def test_single_paths_are_shown_at_the_scale_of_the_map(detector: Detector) -> None:
    detection = ran(detector, settings={"paths": 3})
    single = [unpacked(url) for url in detector.paths(detection.id, 2)["maps"]]
    assert len(single) == 3 and (single[0] != single[1]).any()
    assert (np.min(single, 0) == unpacked(frame_json(detection, 2)["map"])).all()


def test_an_end_says_how_it_ended(detector: Detector) -> None:
    assert end_json(opened(detector)) == {"status": None, "message": None, "score": None, "seconds": 0.0,
                                          "evaluations": 0}  # fmt: skip
    part = ran(detector, times=2)
    said = end_json(part)
    assert (said["status"], said["message"]) == ("stopped", "Stopped after time 2 of 3.")
    assert said["evaluations"] == 4 and said["score"] == frame_json(part, 2)["score"]


# Questions of the page -------------------------------------------------------------------------------------------


def test_dropped_frames_are_sent_again(detector: Detector) -> None:
    detection = ran(detector, times=2)
    assert detector.frames(detection.id, [2, 1, 3]) == [frame_json(detection, i) for i in (2, 1)]
    with pytest.raises(InputError):
        detector.frames("gone", [1])


def test_a_weighing_tells_all_anew(detector: Detector) -> None:
    before = ran(detector)
    found = detector.regrade(before.id, "velocity", "mean", 0.2)
    assert found["meta"]["run"] != before.id and found["meta"]["weight"] == "velocity"
    assert (found["meta"]["scale"], found["meta"]["reference"]["scores"]) == (16.0, [5.0, 7.0, 9.0])
    assert [frame["index"] for frame in found["frames"]] == [1, 2, 3]
    assert found["end"]["status"] == "done" and found["end"]["score"] == found["frames"][-1]["score"]
    assert found["end"]["score"] > end_json(before)["score"]  # neither weighed down nor the least
    assert detector.frames(found["meta"]["run"], [2]) == [found["frames"][1]]


def test_what_the_page_sends_becomes_a_request(detector: Detector) -> None:
    asked = {"model": DETECTOR, "paths": 3, "times": 5, "weight": "velocity", "aggregation": "order", "share": 0.4,
             "seed": 6}  # fmt: skip
    truth = np.zeros((36, 40), np.uint8)
    truth[4, 5], truth[8, 9] = 255, 90
    detection = detector.start(asked, png_bytes(texture(2)), png_bytes(truth))
    assert detection.settings == {key: asked[key] for key in ("paths", "weight", "aggregation", "share")}
    assert (detection.request.steps, detection.request.seed) == (5, 6)
    assert np.argwhere(detection.truth).tolist() == [[4, 5]] and (detection.given.pixels == texture(2)).all()
    plain = detector.start({"model": DETECTOR}, png_bytes(texture(2)))
    assert (plain.request.steps, plain.truth) == (TIMES, None)


def test_a_truth_of_another_picture_is_left_out(detector: Detector) -> None:
    truth = png_bytes(np.full((40, 40), 255, np.uint8))
    assert detector.start({"model": DETECTOR}, png_bytes(texture(2)), truth).truth is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [({}, "model"), ({"model": None}, "model"), ({"model": "nobody"}, "model"),
     ({"model": DETECTOR, "times": 99}, "steps"), ({"model": DETECTOR, "paths": 99}, "settings"),
     ({"model": DETECTOR, "weight": "t"}, "weight"), ({"model": DETECTOR, "seed": -1}, "seed")],
)  # fmt: skip
def test_what_the_page_must_not_send_is_refused(detector: Detector, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        detector.start(asked, png_bytes(texture(2)))
    assert refused.value.field == field


def test_offers_tell_of_a_detector_without_loading_it(detector: Detector) -> None:
    (offer,) = (offer for offer in detector.offers() if offer["name"] == DETECTOR)
    assert json.loads(json.dumps(offer)) == offer and not detector.engine._models
    names = [example["name"] for example in offer.pop("examples")]
    assert names == [f"{texture}-{FAULTS[texture]}" for texture in TEXTURES] + list(TEXTURES)
    assert offer == {"name": DETECTOR, "label": "Tiny detector", "size": [32, 32], "colour": False, "paths": 2,
                     "times": TIMES, "weight": "noise", "aggregation": "min", "share": 0.2}  # fmt: skip


def test_examples_are_drawn_with_their_truth(detector: Detector) -> None:
    faulty, sound = (detector.example(DETECTOR, name) for name in ("weave-scratch", "weave"))
    assert faulty == detector.example(DETECTOR, "weave-scratch") and sound["truth"] is None
    before, after, truth = (np.asarray(Image.open(io.BytesIO(p))) for p in (sound["picture"], *faulty.values()))
    assert before.shape == after.shape == truth.shape == (128, 128) and set(np.unique(truth)) == {0, 255}
    changed = before != after
    assert changed[truth > 0].mean() > 0.8 and changed.mean() < 0.1
    started = detector.start({"model": DETECTOR}, faulty["picture"], faulty["truth"])
    assert (started.truth == (truth > 0)).all()


@pytest.mark.parametrize("name", ["../manifest", "weave-hole", "", None, ["weave"], "felt"])
def test_an_example_that_is_none_is_refused(detector: Detector, name: Any) -> None:
    with pytest.raises(InputError) as refused:
        detector.example(DETECTOR, name)
    assert refused.value.field == "example"


def test_a_detector_of_other_pictures_has_only_what_lies_there(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(detector, data={"name": "rolled-steel"})
    assert surfaces(detector.engine.manifest(DETECTOR)) == []
    monkeypatch.setattr("flowdemo.engine.surfaces.FOLDER", tmp_path)
    (tmp_path / DETECTOR).mkdir()
    for name in ("one-dent", "one-dent-truth", "two"):
        (tmp_path / DETECTOR / f"{name}.png").write_bytes(png_bytes(np.full((40, 40), len(name), np.uint8)))
    found = [(s.name, s.label, s.truth) for s in surfaces(detector.engine.manifest(DETECTOR))]
    assert found == [("one-dent", "one dent", True), ("two", "two", False)]
    assert detector.example(DETECTOR, "two") == {"picture": png_bytes(np.full((40, 40), 3, np.uint8)), "truth": None}
    assert detector.example(DETECTOR, "one-dent")["truth"] == png_bytes(np.full((40, 40), 14, np.uint8))
    with pytest.raises(InputError):
        detector.example(DETECTOR, "one-dent-truth")


# Files -----------------------------------------------------------------------------------------------------------


def test_the_picture_of_16_bits_can_be_read_back(detector: Detector) -> None:
    detection = ran(detector, seed=5)
    product = make(detection, "map-png16")
    with Image.open(io.BytesIO(product.data)) as image:
        assert image.mode.startswith("I;16") and image.size == (40, 36)
        levels = np.asarray(image)
    written = recipe.extract(product.data)
    scale = written["scale"]
    assert scale == meta(detection)["scale"] and levels.max() > 1000
    expected = np.clip(maps(detection, TIMES)[1], 0, scale)
    np.testing.assert_allclose(levels / 65535 * scale, expected, atol=scale / 65535 * 0.51)
    assert (product.name, product.mime) == (f"{DETECTOR}_detect_2paths_3times_seed5_map16.png", "image/png")


def test_the_recipe_in_the_picture_makes_it_again(detector: Detector) -> None:
    chosen = {"paths": 3, "weight": "velocity", "aggregation": "mean", "share": 0.35}
    detection = ran(detector, seed=5, steps=2, settings=chosen)
    first = make(detection, "map-png16").data
    written = recipe.extract(first)
    manifest = detector.engine.manifest(DETECTOR)
    assert written["weights"] == {name: entry["sha256"] for name, entry in manifest.files.items()}
    assert written["settings"] == chosen and written["input"] == detection.given.sha256
    again = detector.open(recipe_fields(written), detection.given)
    for _ in detector.stream(again):
        pass
    assert again.id != detection.id and make(again, "map-png16").data == first
    assert json.loads(make(detection, "recipe").data) == written


def test_usual_settings_are_written_out(detector: Detector) -> None:
    written = json.loads(make(ran(detector), "recipe").data)
    assert written["settings"] == {key: FLOW[key] for key in ("paths", "weight", "aggregation", "share")}


def test_numbers_are_those_of_the_maps(detector: Detector) -> None:
    detection = ran(detector)
    product = make(detection, "map-npz")
    with np.load(io.BytesIO(product.data), allow_pickle=False) as found:
        assert set(found.files) == {"map", "maps", "times", "scale"}
        assert found["map"].dtype == found["maps"].dtype == np.float32 and found["maps"].shape == (TIMES, 36, 40)
        assert found["times"].tolist() == [0.25, 0.5, 0.75] and float(found["scale"]) == 2.0
        assert found["map"].tobytes() == maps(detection, TIMES)[1].tobytes()
        for i, t in enumerate(found["times"]):
            least = detection.found[i].mismatch[0].astype(np.float32).min(0)
            np.testing.assert_allclose(found["maps"][i], WEIGHTS["noise"](t) * least, rtol=1e-6)
    assert product.name.endswith(".npz")


def test_a_download_is_the_product(detector: Detector) -> None:
    detection = ran(detector, steps=1)
    for kind in PRODUCTS:
        found, product = detector.download(detection.id, kind), make(detection, kind)
        assert (found["name"], found["mime"]) == (product.name, product.mime)
        assert kind == "map-npz" or base64.b64decode(found["data"]) == product.data  # a zip knows the time of day


@pytest.mark.parametrize("kind", ["gif", "../recipe", "", None, ["recipe"]])
def test_a_product_that_is_none_is_refused(detector: Detector, kind: Any) -> None:
    with pytest.raises(InputError) as refused:
        make(ran(detector, steps=1), kind)
    assert refused.value.field == "kind"


def test_nothing_is_taken_home_before_the_first_time(detector: Detector) -> None:
    with pytest.raises(InputError) as refused:
        make(opened(detector), "recipe")
    assert refused.value.field == "run"


def test_a_folder_and_a_summary_hold_the_detection(detector: Detector, tmp_path: Path) -> None:
    detection = ran(detector)
    save_detection(detection, tmp_path)
    frames = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert frames == ["001.png", "002.png", "003.png"]
    levels = np.asarray(Image.open(tmp_path / "frames" / "002.png"))
    assert (levels == unpacked(frame_json(detection, 2)["map"])).all()
    assert (tmp_path / "result.png").read_bytes() == make(detection, "map-png16").data
    said = summarised(detection)
    assert said["recipe"] == json.loads((tmp_path / "recipe.json").read_text("utf-8"))
    numbers, mean = said["numbers"], maps(detection, TIMES)[1]
    assert (numbers["threshold"], numbers["scale"], numbers["normal_scores"]) == (0.5, 2.0, [0.5, 0.7, 0.9])
    assert numbers["score"] == end_json(detection)["score"] and numbers["evaluations"] == 6
    assert numbers["above_threshold"] == (mean > 0.5).mean() and 0 < numbers["above_threshold"] < 1

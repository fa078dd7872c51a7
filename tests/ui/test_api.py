"""The named endpoints over HTTP: defaults, both ways to give a file, and the same result as the engine's."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from tiny import CLASSES, ONE_STEP, POSTERIOR, SIDE, VELOCITY, mask_labels, png_bytes
from web import Visitor, data_url

from flowdemo.engine import Given, run
from flowdemo.engine.products import make, recipe_of
from flowdemo.rendering import recipe


@pytest.fixture(scope="module")
def visitor(site: Any) -> Visitor:
    return Visitor(site.url)


@pytest.fixture(scope="module")
def client(site: Any) -> Client:
    return Client(site.url, verbose=False)


def result(visitor: Visitor, **values: Any) -> dict[str, Any]:
    kind, content = visitor.call("trajectory", **values)
    assert kind == "complete", content
    return content


def decoded(url: str) -> bytes:
    return base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)


def test_defaults_need_a_photo_only(visitor: Visitor, site: Any, photo: bytes) -> None:
    answer = result(visitor, image=data_url(photo))
    assert answer["status"] == "done" and answer["recipe"]["model"] == POSTERIOR
    assert (answer["recipe"]["steps"], answer["recipe"]["direction"]) == (3, "image-to-mask")
    assert answer["numbers"]["evaluations"] == 3 and len(answer["curves"]["settled"]) == 4
    assert answer["note"] == Given.picture(photo, site.engine.manifest(POSTERIOR)).note


def test_the_endpoint_gives_what_the_engine_gives(visitor: Visitor, site: Any, photo: bytes, mask: bytes) -> None:
    manifest = site.engine.manifest(POSTERIOR)
    for raw, key, data, given in (
        ({"model": POSTERIOR, "steps": 4, "solver": "heun"}, "image", photo, Given.picture(photo, manifest)),
        (
            {"model": VELOCITY, "direction": "mask-to-image", "steps": 3, "beta": 33.5, "seed": 12, "samples": 2},
            "mask", mask, Given.mask(mask, manifest),
        ),
    ):  # fmt: skip
        answer, record = result(visitor, **raw, **{key: data_url(data)}), run(raw, given, site.engine)
        assert answer["recipe"] == recipe_of(record)
        for k, sample in enumerate(answer["samples"]):
            assert decoded(sample["picture"]) == make(record, "picture", 0, k).data
            assert decoded(sample["mask"]) == make(record, "mask", 0, k).data
        assert len(answer["samples"]) == raw.get("samples", 1)


def test_runs_of_programs_push_out_nobodys(visitor: Visitor, site: Any, photo: bytes) -> None:
    before = len(site.engine.runs)
    result(visitor, image=data_url(photo), steps=1)
    assert len(site.engine.runs) == before


def test_every_step_is_told_while_it_works(visitor: Visitor, photo: bytes) -> None:
    *told, (kind, last) = visitor.events("trajectory", image=data_url(photo), steps=5)
    running = [content for _, content in told if content["status"] == "running"]
    assert [(c["step"], c["evaluations"]) for c in running] == [(i, i) for i in range(6)]
    assert all(set(c) == {"status", "step", "t", "evaluations", "seconds"} for c in running)
    assert kind == "complete" and last["status"] == "done"


def test_a_client_uploads_a_file_or_sends_a_data_url(client: Client, photo: bytes, mask: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo)
    (tmp_path / "mask.png").write_bytes(mask)
    by_file = client.predict(image=handle_file(str(tmp_path / "photo.png")), steps=2, api_name="/trajectory")
    by_url = client.predict(image=data_url(photo), steps=2, api_name="/trajectory")
    assert by_file["status"] == "done" and by_file["samples"] == by_url["samples"]
    painted = client.predict(
        model=VELOCITY, direction="mask-to-image", mask=handle_file(str(tmp_path / "mask.png")), steps=2,
        api_name="/trajectory",
    )  # fmt: skip
    with Image.open(io.BytesIO(decoded(painted["samples"][0]["mask"]))) as image:
        assert np.array_equal(np.asarray(image), mask_labels())


def test_a_result_repeats_itself_from_its_own_recipe(visitor: Visitor, mask: bytes) -> None:
    first = result(visitor, model=VELOCITY, direction="mask-to-image", mask=data_url(mask), steps=2, seed=77)
    raw = recipe.extract(decoded(first["samples"][0]["picture"]))
    values = {key: raw[key] for key in ("model", "direction", "steps", "solver", "beta", "seed", "samples", "mask")}
    assert result(visitor, **values)["samples"] == first["samples"]


def test_models_say_what_may_be_asked(visitor: Visitor, client: Client) -> None:
    kind, rows = visitor.call("models")
    assert kind == "complete" and rows == client.predict(api_name="/models")
    known = {row["name"]: row for row in rows}
    row = known[POSTERIOR]
    assert (row["size"], row["classes"], row["max_steps"]) == ([SIDE, SIDE], list(CLASSES), 50)
    assert (row["beta_bound"], row["default_beta"]) == (127, 20)
    assert known[ONE_STEP]["max_steps"] == 1 and known[ONE_STEP]["directions"] == ["image-to-mask"]


def test_the_one_step_model_by_its_defaults(visitor: Visitor, photo: bytes) -> None:
    assert result(visitor, model=ONE_STEP, image=data_url(photo))["numbers"]["evaluations"] == 1


def test_a_surface_is_searched_for_anomalies(visitor: Visitor, photo: bytes) -> None:
    events = list(visitor.events("anomaly", image=data_url(photo), paths=2, times=2, weight="velocity", seed=3))
    running = [told for kind, told in events if kind == "generating" and told["status"] == "running"]
    assert [(told["time"], told["evaluations"]) for told in running][:1] == [(1, 2)]
    kind, told = events[-1]
    assert kind == "complete" and told["status"] == "done" and told["numbers"]["evaluations"] == 4
    assert told["recipe"]["settings"]["weight"] == "velocity" and told["recipe"]["steps"] == 2
    with Image.open(io.BytesIO(decoded(told["map"]))) as image:
        assert image.mode.startswith("I;16")
    refused = visitor.call("anomaly", image=data_url(photo), paths=2.5)
    assert refused[0] == "error" and visitor.call("anomaly")[0] == "error"


def test_only_the_named_endpoints_are_public(visitor: Visitor) -> None:
    info = visitor.http.get("gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/trajectory", "/models", "/anomaly", "/shape"}
    assert not info["unnamed_endpoints"]
    parameters = info["named_endpoints"]["/trajectory"]["parameters"]
    assert [p["parameter_name"] for p in parameters] == [
        "model", "direction", "image", "mask", "steps", "solver", "beta", "seed", "samples", "temperature",
        "label",
    ]  # fmt: skip
    assert all(p["parameter_has_default"] for p in parameters)


def test_two_visitors_at_once_get_their_own_results(site: Any) -> None:
    photos = [png_bytes(np.full((SIDE, SIDE, 3), 40 * k + 20, np.uint8)) for k in range(4)]
    answers: list[Any] = [None] * len(photos)

    def ask(k: int) -> None:
        answers[k] = result(Visitor(site.url), image=data_url(photos[k]), steps=6)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(len(photos))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    manifest = site.engine.manifest(POSTERIOR)
    expected = [Given.picture(data, manifest).sha256 for data in photos]
    assert [answer["recipe"]["input"] for answer in answers] == expected
    for data, answer in zip(photos, answers, strict=True):
        record = run({"model": POSTERIOR, "steps": 6}, Given.picture(data, manifest), site.engine)
        assert decoded(answer["samples"][0]["picture"]) == make(record, "picture").data


def test_the_answer_is_plain_json(visitor: Visitor, photo: bytes) -> None:
    text = json.dumps(result(visitor, image=data_url(photo), steps=1), allow_nan=False)
    assert "NaN" not in text and len(text) < 100_000

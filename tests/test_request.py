"""Requests: what is admitted, what is refused and how, and that recipes survive a round trip."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS
from flowdemo.request import DIRECTIONS, FORMAT, MAX_SEED, Limits, Request, Setting, recipe_fields

LIMITS = Limits(
    model="cells",
    directions=("image-to-mask", "mask-to-image"),
    max_steps=50,
    default_steps={"image-to-mask": 5, "mask-to-image": 25},
    beta_bound=127.0,
    default_beta=40.0,
    max_samples=8,
    settings={"temperature": Setting(1.0, 0.0, 1.0)},
)
PAINT = {"model": "cells", "direction": "mask-to-image"}

recipes = st.fixed_dictionaries(
    {
        "model": st.just("cells"),
        "direction": st.sampled_from(LIMITS.directions),
        "steps": st.integers(1, 50),
        "solver": st.sampled_from(sorted(SOLVERS)),
        "beta": st.floats(0, 127, exclude_max=True),
        "seed": st.integers(0, MAX_SEED),
        "samples": st.integers(1, 8),
        "settings": st.dictionaries(st.just("temperature"), st.floats(0, 1)),
        "input": st.one_of(st.just(""), st.text("0123456789abcdef", min_size=64, max_size=64)),
    }
)


def refused(raw: dict[str, Any], limits: Limits = LIMITS) -> InputError:
    """The error of a bad recipe, checked to be one plain sentence."""
    with pytest.raises(InputError) as caught:
        Request.build(raw, limits)
    message = caught.value.message
    assert message[0].isupper() and message.endswith(".") and len(message) < 400
    assert "\n" not in message and "Traceback" not in message
    return caught.value


@given(recipes)
def test_a_recipe_written_as_json_builds_the_same_request(raw: dict[str, Any]) -> None:
    request = Request.build(raw, LIMITS)
    stored = json.loads(json.dumps(request.to_json(), allow_nan=False))
    assert Request.build(recipe_fields(stored), LIMITS) == request


@given(recipes)
def test_a_request_keeps_what_counts(raw: dict[str, Any]) -> None:
    request = Request.build(raw, LIMITS)
    painted = raw["direction"] == "mask-to-image"
    assert (request.steps, request.solver, request.seed) == (raw["steps"], raw["solver"], raw["seed"])
    assert request.beta == (raw["beta"] if painted else 0.0)
    assert len(request.seeds) == request.samples == (raw["samples"] if painted else 1)
    assert request.seeds == tuple((raw["seed"] + k) % (MAX_SEED + 1) for k in range(request.samples))


def test_what_is_missing_takes_the_models_defaults() -> None:
    assert Request.build({}, LIMITS) == Request("cells", "image-to-mask", 5)
    assert Request.build(PAINT, LIMITS) == Request("cells", "mask-to-image", 25, beta=40.0)
    one_step = Limits("yardstick", ("image-to-mask",), max_steps=1)
    assert Request.build({}, one_step).steps == 1


def test_whole_numbers_may_come_as_floats() -> None:
    request = Request.build({**PAINT, "steps": 5.0, "seed": 7.0, "samples": 2.0}, LIMITS)
    assert (request.steps, request.seed, request.samples) == (5, 7, 2)
    assert all(type(value) is int for value in (request.steps, request.seed, request.samples))


@pytest.mark.parametrize(
    "steps",
    [
        0,
        -1,
        51,
        2.5,
        math.nan,
        math.inf,
        None,
        "ten",
        "5",
        True,
        False,
        1e9,
        [5],
        {},
        10**400,
        pytest.param(10**5000, id="5001 digits"),
    ],
)
def test_bad_steps(steps: Any) -> None:
    error = refused({"model": "cells", "steps": steps})
    assert error.field == "steps" and "from 1 to 50" in error.message


@pytest.mark.parametrize(
    "beta", [-1, -1e-9, 127, 127.0, 300, math.nan, math.inf, -math.inf, "40", True, [1], 10**400, -(10**400)]
)
def test_bad_beta(beta: Any) -> None:
    error = refused({**PAINT, "beta": beta})
    assert error.field == "beta" and "β" in error.message
    if type(beta) in (int, float) and abs(beta) < 1e300:
        assert "below 127 grey levels" in error.message


def test_beta_just_inside_its_bounds() -> None:
    below = math.nextafter(127.0, 0.0)
    assert Request.build({**PAINT, "beta": below}, LIMITS).beta == below
    assert Request.build({**PAINT, "beta": 0}, LIMITS).beta == 0.0


@pytest.mark.parametrize("seed", [-1, 2**31, 2**63, 1.5, math.nan, None, "1", True])
def test_bad_seed(seed: Any) -> None:
    error = refused({**PAINT, "seed": seed})
    assert error.field == "seed" and str(MAX_SEED) in error.message


@pytest.mark.parametrize("samples", [0, -1, 9, 1.5, math.inf, None, "2", True])
def test_bad_samples(samples: Any) -> None:
    error = refused({**PAINT, "samples": samples})
    assert error.field == "samples" and "from 1 to 8" in error.message


@pytest.mark.parametrize("solver", ["rk5", "EULER", 3, ["euler"], {"a": 1}, "x" * 10_000, "<b>euler</b>"])
def test_bad_solver(solver: Any) -> None:
    error = refused({"model": "cells", "solver": solver})
    assert error.field == "solver" and "dopri5" in error.message


@pytest.mark.parametrize("direction", ["sideways", "detect", 1, ["image-to-mask"], "line\nbreak"])
def test_bad_direction(direction: Any) -> None:
    error = refused({"model": "cells", "direction": direction})
    assert error.field == "direction" and "mask-to-image" in error.message


@pytest.mark.parametrize(
    "settings",
    [{"heat": 1}, {"temperature": 1.01}, {"temperature": -0.1}, {"temperature": math.nan}, {"temperature": "warm"},
     {"temperature": None}, {"temperature": 10**400}, {1: 1}, ["temperature"], "temperature", 3],
)  # fmt: skip
def test_bad_settings(settings: Any) -> None:
    assert refused({"model": "cells", "settings": settings}).field == "settings"


def test_messages_about_settings_name_the_limit() -> None:
    assert "from 0 to 1" in refused({"settings": {"temperature": 2}}).message
    assert "temperature" in refused({"settings": {"heat": 1}}).message
    bare = Limits("plain", ("image-to-mask",))
    assert "none" in refused({"settings": {"temperature": 1}}, bare).message


@pytest.mark.parametrize("digest", ["abc", "g" * 64, "A" * 64, "a" * 65, 5, ["a" * 64]])
def test_bad_input_hash(digest: Any) -> None:
    assert refused({"model": "cells", "input": digest}).field == "input"


@pytest.mark.parametrize("raw", [{"step": 5}, {"steps": 5, "mask": "data:"}, {"__class__": 1}, {3: 1, "a": 2}])
def test_unknown_entries_are_named_and_not_ignored(raw: dict[Any, Any]) -> None:
    error = refused(raw)
    assert error.field == "recipe" and str(min(str(k) for k in raw if k != "steps")) in error.message


@given(st.dictionaries(st.sampled_from([*PAINT, "steps", "beta", "seed", "samples", "settings", "solver"]),
                       st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
                                    lambda inner: st.lists(inner, max_size=3))))  # fmt: skip
def test_nothing_but_an_input_error_leaves_the_edge(raw: dict[str, Any]) -> None:
    try:
        request = Request.build(raw, LIMITS)
    except InputError as error:
        assert error.field and "\n" not in error.message
    else:
        assert request.direction in DIRECTIONS and 1 <= request.steps <= 50 and 0 <= request.beta < 127


@pytest.mark.parametrize(
    "raw", [None, [], "recipe", 3, {}, {"format": FORMAT}, {"model": "cells"}, {"model": "cells", "format": FORMAT + 1},
            {"model": "cells", "format": "1"}, {"model": "cells", "format": None}],
)  # fmt: skip
def test_what_is_no_recipe_of_this_version(raw: Any) -> None:
    with pytest.raises(InputError) as caught:
        recipe_fields(raw)
    assert caught.value.field == "recipe"


def test_a_stored_recipe_with_an_unknown_entry_is_refused_by_name() -> None:
    stored = Request.build(PAINT, LIMITS).to_json()
    assert recipe_fields({**stored, "weights": {}, "mask": "data:"})["model"] == "cells"
    with pytest.raises(InputError, match="guidance"):
        recipe_fields({**stored, "guidance": 7.5})


DIGITS = Limits("digits", ("image-to-label", "label-to-image"), beta_bound=0.5, default_beta=0.25,
                beta_unit="level spacings", random=("image-to-label", "label-to-image"))  # fmt: skip


@pytest.mark.parametrize("direction", DIGITS.directions)
def test_samples_count_wherever_something_is_random(direction: str) -> None:
    request = Request.build({"model": "digits", "direction": direction, "samples": 3, "seed": 4, "beta": 0.1}, DIGITS)
    assert request.seeds == (4, 5, 6)
    assert request.beta == (0.1 if direction == "label-to-image" else 0.0)
    still = Limits("still", DIGITS.directions, beta_bound=0.5, random=())
    assert Request.build({"direction": direction, "samples": 3}, still).samples == 1


def test_a_bound_is_told_in_its_own_unit() -> None:
    error = refused({"direction": "label-to-image", "beta": 0.5}, DIGITS)
    assert error.field == "beta" and "below 0.5 level spacings" in error.message
    assert Request.build({"direction": "label-to-image"}, DIGITS).beta == 0.25

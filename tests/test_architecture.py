"""The house rules that a machine can check: who imports whom, what importing does, how long things are."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "flowdemo"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
SOURCES = [*FILES, ROOT / "app.py", *sorted((ROOT / "tests").rglob("*.py"))]
TEXTS = [*SOURCES, *sorted(p for e in ("js", "css", "html") for p in PACKAGE.rglob(f"*.{e}"))]

# Room → rooms it may import, itself and errors aside.
BASE = {"request", "flow", "codes", "data"}
NETS = {"networks", "autoencoders"}
BELOW_ENGINE = {*BASE, *NETS, "rendering", "systems", "zoo"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "flow": set(),
    "codes": set(),
    "data": set(),
    "request": {"flow"},
    "rendering": {"flow", "codes"},
    "networks": BASE,
    "autoencoders": BASE,
    "systems": BASE | NETS,
    "zoo": BASE | NETS | {"rendering", "systems"},
    "toys": {"flow", "zoo"},
    "engine": BELOW_ENGINE,
    "training": BELOW_ENGINE | {"evaluation"},
    "evaluation": BELOW_ENGINE,
    "ui": BELOW_ENGINE | {"engine", "toys"},
    "bench": BELOW_ENGINE | {"engine", "bench_browser", "bench_detection", "bench_shapes", "bench_timing"},
    "bench_detection": BELOW_ENGINE | {"engine", "bench_timing"},
    "bench_shapes": BELOW_ENGINE | {"bench_timing"},
    "bench_timing": set(),
    "bench_browser": BELOW_ENGINE | {"engine", "ui"},
    "options": set(),
    "threads": set(),
    "cli": BELOW_ENGINE | {"options", "threads", "engine", "training", "evaluation", "bench", "toys"},
    "__main__": {"cli"},
    "": {"engine", "zoo"},
}
# The one function above that may reach higher than its room.
EXCEPTIONS = {("cli.py", "_serve", "ui")}
NO_TORCH = ("flow", "codes", "rendering", "request", "cli", "threads", "ui", "engine", "errors", "")
# Of a room that is free of torch otherwise: what trains.
TORCH_IN_TOYS = ("network.py", "training.py")
HEAVY = {"torch", "diffusers", "transformers", "accelerate", "torchvision"}


def room_of(path: Path) -> str:
    """``flowdemo/ui/tabs/about.py`` → ``ui``; ``flowdemo/__init__.py`` → ``""``."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, str | None, bool]]:
    """Every import of a file: dotted name, enclosing function (None at module level), only for type checkers."""

    def walk(node: ast.AST, function: str | None, typing: bool) -> Iterator[tuple[str, str | None, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, function, typing) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path.name} imports relatively"
                yield from ((f"{child.module}.{alias.name}", function, typing) for alias in child.names)
            inner = child.name if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else function
            guarded = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            yield from walk(child, inner, typing or guarded)

    yield from walk(ast.parse(path.read_text("utf-8")), None, False)


def target_room(name: str) -> str | None:
    """``flowdemo.zoo.Manifest`` → ``zoo``; ``flowdemo.__version__`` → ``""``; other packages → None."""
    parts = name.split(".")
    if parts[0] != "flowdemo":
        return None
    known = len(parts) > 1 and ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").is_file())
    return parts[1] if known else ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_import_points_upwards(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"the new room {room!r} needs its place in this test and in docs/architecture.md"
    allowed = MAY_IMPORT[room] | {room, "errors", ""}
    for name, function, _ in imports(path):
        target = target_room(name)
        excused = (path.name, function, target) in EXCEPTIONS
        assert target is None or target in allowed or excused, f"{room} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    room = room_of(path)
    for name, function, typing in imports(path):
        package = name.split(".")[0]
        assert package != "gradio" or room == "ui", "gradio belongs to the page"
        at_module_level = function is None and not typing
        light = room in NO_TORCH or (room == "toys" and path.name not in TORCH_IN_TOYS)
        assert not (package in HEAVY and at_module_level and light), f"{name} at import of {room}"
        assert not (package in HEAVY and room in ("flow", "codes", "rendering")), f"{room} is numpy only"


LOOK = """
import os, sys, threading
before = set(os.listdir("."))
import flowdemo, flowdemo.cli, flowdemo.ui.page
assert set(os.listdir(".")) == before, "a file was made"
assert threading.active_count() == 1, "a thread was started"
assert "flowdemo.engine" in sys.modules, "nothing was looked at"
demo = flowdemo.ui.page.build()
late = sorted({"torch", "diffusers", "transformers", "scipy", "matplotlib"} & set(sys.modules))
assert not late, f"the page waits for {late}"
assert threading.active_count() == 1, "a thread was started"
assert set(os.listdir(".")) == before, set(os.listdir(".")) - before
print("calm", len(demo.fns) > 5)
"""


def test_importing_and_building_the_page_is_cheap_and_leaves_no_trace(tiny_models: Path, tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir(), elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(here), "TMPDIR": str(elsewhere)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=here, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.split()) == (0, ["calm", "True"]), done.stderr


@pytest.mark.parametrize("path", [*FILES, ROOT / "app.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is long"


def test_nothing_is_left_for_later_and_no_machine_is_named() -> None:
    later = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    places = re.compile(r"(?<![\w.])/(?:work|home/\w+|Users/\w+|tmp/\w+)/")
    for path in TEXTS:
        text = path.read_text("utf-8")
        assert not later.search(text), f"{path.name} leaves something for later"
        assert not places.search(text), f"{path.name} names a place of one machine"


def test_only_the_engine_starts_threads() -> None:
    """In one place, which also sees to it that the process can end."""
    users = [p.name for p in FILES if re.search(r"threading\.Thread\(|ThreadPoolExecutor\(", p.read_text("utf-8"))]
    assert users == ["background.py"]


def test_the_linter_finds_nothing() -> None:
    found = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout

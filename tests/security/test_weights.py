"""Weights are data: nothing in a model folder is ever executed, and nothing unverified is loaded."""

from __future__ import annotations

import ast
import hashlib
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny import POSTERIOR
from web import Visitor, data_url

from flowdemo.errors import ModelError
from flowdemo.zoo import load

PACKAGE = Path(__file__).resolve().parents[2] / "flowdemo"


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.fixture
def folder(tiny_models: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_models / POSTERIOR, tmp_path / "model")
    return tmp_path / "model"


def rewrite(folder: Path, weights: bytes) -> None:
    """Other weights, with the manifest vouching for them."""
    (folder / "weights.safetensors").write_bytes(weights)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    entry = {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)}
    manifest["files"]["weights.safetensors"] = entry
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_a_pickle_under_the_name_of_weights_is_refused_unopened(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    rewrite(folder, pickle.dumps({"weight": Payload(mark)}))
    with pytest.raises(ModelError, match="not a safetensors file"):
        load(folder, "cpu")
    assert not mark.exists()
    pickle.loads((folder / "weights.safetensors").read_bytes())
    assert mark.exists(), "the payload works, so its silence above means something"


def test_changed_weights_are_refused(folder: Path) -> None:
    weights = bytearray((folder / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(bytes(weights))
    with pytest.raises(ModelError, match="not the one its manifest describes"):
        load(folder, "cpu")


def test_a_visitor_cannot_name_a_folder_or_a_repository(site: Any, folder: Path, photo: bytes) -> None:
    visitor = Visitor(site.url)
    for name in (str(folder), "owner/name", "https://huggingface.co/owner/name", f"../{POSTERIOR}"):
        kind, content = visitor.call("trajectory", model=name, image=data_url(photo))
        assert kind == "error" and "no such model" in content["error"]


def test_no_code_unpickles_or_trusts_remote_code() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & {"pickle", "dill", "joblib", "marshal"}
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in {"torch.load", "eval", "exec", "os.system", "yaml.load"}, path.name
                for keyword in node.keywords:
                    text = f"{keyword.arg}={ast.unparse(keyword.value)}"
                    assert text not in {"allow_pickle=True", "trust_remote_code=True", "shell=True"}, path.name

"""Finding model folders and reading what they say about themselves; nothing is loaded here."""

from __future__ import annotations

import json
import os
from pathlib import Path

from flowdemo.errors import ModelError
from flowdemo.zoo.hub import download
from flowdemo.zoo.kinds import SYSTEMS
from flowdemo.zoo.manifest import NAME, Manifest

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
TOYS = ("symmflow-spiral",)  # systems of the room toys, whose folders lie among these but hold no pictures' model
MAX_MANIFEST = 1 << 20


def roots() -> list[Path]:
    """Folders that hold model folders: ``FLOWDEMO_MODELS`` (``os.pathsep`` between several), then the shipped ones."""
    extra = [Path(p) for p in os.environ.get("FLOWDEMO_MODELS", "").split(os.pathsep) if p]
    return [*extra, CHECKPOINTS]


def available() -> dict[str, Path]:
    """Name → folder of every model at hand, flows first."""
    found: dict[str, tuple[int, Path]] = {}
    for root in roots():
        for path in sorted(root.glob("*/manifest.json")):
            try:
                manifest = read_manifest(path.parent)
            except ModelError:  # a toy, or damaged, which must not hide the others; asked for by name, it says what
                continue
            found.setdefault(manifest.name, (SYSTEMS.index(manifest.system), path.parent))
    return {name: entry[1] for name, entry in sorted(found.items(), key=lambda item: item[1][0])}


def find(name: str | Path) -> Path:
    """Folder of a model given by shipped name, folder, or Hub id (``owner/name``).

    Raises:
        ModelError: there is no such model.
    """
    known = available()
    if str(name) in known:
        return known[str(name)]
    for folder in (Path(name), *(root / name for root in roots() if NAME.fullmatch(str(name)))):
        if os.path.isfile(folder / "manifest.json"):
            return folder
    if isinstance(name, str) and name.count("/") == 1 and not name.startswith((".", "/")):
        return download(name)
    raise ModelError(f"There is no model {str(name)[:80]!r}; there are: {', '.join(known) or 'none'}.", field="model")


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a model folder.

    Raises:
        ModelError: there is none, or it cannot be used.
    """
    path = Path(folder) / "manifest.json"
    if not path.is_file() or path.stat().st_size > MAX_MANIFEST:
        raise ModelError(f"The folder {Path(folder).name!r} is not a model: it has no readable manifest.json.")
    try:
        raw = json.loads(path.read_text("utf-8"))
        if isinstance(raw, dict) and raw.get("system") in TOYS:
            raise ModelError(f"The model {Path(folder).name!r} is a toy; train and evaluate it as --data toy:NAME.")
        return Manifest.from_json(raw)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The manifest of {Path(folder).name!r} is not valid JSON.") from error

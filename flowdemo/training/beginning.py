"""Training that goes on from a model instead of random weights."""

from __future__ import annotations

from typing import Any

from torch import nn

from flowdemo.errors import InputError
from flowdemo.zoo.folders import find, read_manifest
from flowdemo.zoo.storage import read_weights


def begin_from(network: nn.Module, model: str) -> None:
    """Fill a new network with the weights of a model folder or shipped model.

    Raises:
        InputError: that model's network is another one.
        ModelError: there is no such model, or it is damaged.
    """
    folder = find(model)
    manifest = read_manifest(folder)
    if manifest.network != network.config.to_json():
        raise InputError(f"The network of {manifest.name!r} is not the one to train; init needs the same.", field="set")
    network.load_state_dict(read_weights(folder, manifest))


def begun_from(model: str) -> dict[str, Any]:
    """The entry ``begun_from`` of a manifest's training: what went into those weights, over all trainings before.

    Args:
        model: as above; ``""`` for none, which gives no entry.
    """
    if not model:
        return {}
    manifest = read_manifest(find(model))
    facts, earlier = manifest.training, manifest.training.get("begun_from", {})
    spent = {key: facts.get(key, 0) + earlier.get(key, 0) for key in ("steps", "samples", "seconds")}
    return {"begun_from": {"model": manifest.name} | spent}

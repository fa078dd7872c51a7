"""The model zoo: folders that describe themselves, verified before anything of them is used."""

from flowdemo.zoo.manifest import Manifest
from flowdemo.zoo.models import Model, available, find, load
from flowdemo.zoo.storage import read_manifest, save_model

__all__ = ["Manifest", "Model", "available", "find", "load", "read_manifest", "save_model"]

"""Category codes: how a class becomes a point of colour space, and back."""

from flowdemo.codes.codebook import Codebook, base_k
from flowdemo.codes.families import FAMILIES, codebook

__all__ = ["FAMILIES", "Codebook", "base_k", "codebook"]

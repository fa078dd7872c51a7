"""Category codes: how a class becomes a point of colour space, and back."""

from flowdemo.codes.codebook import Codebook, base_k

__all__ = ["Codebook", "base_k"]

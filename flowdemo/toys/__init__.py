"""Toys: systems small enough to train while one looks on. Importing this room, its torch modules aside, is cheap.

``network`` and ``training`` import torch; everything else here is numpy, shipped weights included.
"""

from __future__ import annotations

TOYS = ("spiral",)
PREFIX = "toy:"

"""Protocols and metrics per task."""

from flowdemo.evaluation.protocol import evaluate

__all__ = ["evaluate"]

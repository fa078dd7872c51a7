"""Shapes of chosen classes made convex in the mask of the run in the player."""

from flowdemo.ui.widgets.prior.prior import ShapePrior

__all__ = ["ShapePrior"]

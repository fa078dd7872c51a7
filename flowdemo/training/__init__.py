"""Training: objectives, recipes and one loop for all of them."""

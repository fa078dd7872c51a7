"""What answers v(x, t): trainable networks and the runtimes that serve them."""

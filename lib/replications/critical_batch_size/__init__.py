"""The critical batch size: from steps to a target, in least squares, and from the gradient noise scale."""

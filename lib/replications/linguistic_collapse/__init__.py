"""Neural collapse, shape and loss on one grid of language models: correlations, the surface of the loss, figures."""

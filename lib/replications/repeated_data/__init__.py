"""Training on the same data again and again: a law with two decays, runs of many epochs, and a linear model."""

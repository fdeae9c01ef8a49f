"""Compound scaling of convolutional networks: exact counts, activations, and what decides their run time."""

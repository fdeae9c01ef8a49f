"""Superposition and the loss of a small autoencoder against its width (Liu, Liu & Gore 2025, arXiv:2505.10465)."""

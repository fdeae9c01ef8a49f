"""Superposition and the loss of autoencoders and language models against their width (Liu, Liu & Gore 2025, arXiv:2505.10465)."""

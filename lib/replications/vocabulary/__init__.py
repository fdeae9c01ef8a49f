"""Scaling laws with vocabulary: what its notebook computes and draws."""

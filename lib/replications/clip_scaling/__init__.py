"""CLIP models and compute: how the two figures are drawn."""

"""CLIP models and compute: the printed lines, the difference of two slopes, and how figures are drawn."""

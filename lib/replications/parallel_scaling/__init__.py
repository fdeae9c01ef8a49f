"""Parallel streams: the shapes of ParScale's models, what they need in memory, and how the figures are drawn."""

"""Losses from losses: curves between data sets, laws translated by them, and what the paper printed."""

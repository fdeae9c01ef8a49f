"""Refitting the third approach of Chinchilla: what the notebook draws."""

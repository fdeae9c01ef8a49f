"""Emergent abilities: how sharp a curve is, and how sharp noise makes a smooth one."""

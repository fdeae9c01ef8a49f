"""How narrow a deep network may be: floors of the largest error, networks that are written down, and trained ones."""

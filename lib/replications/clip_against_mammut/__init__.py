"""CLIP against MaMMUT: two laws of the lowest error, and where they cross."""

"""Filters of image-text pairs over scales and tasks (DataComp), and curated sets over tasks (SELECT)."""

"""Notebooks as files and as runs: read, looked over, executed, broken on purpose, shown."""

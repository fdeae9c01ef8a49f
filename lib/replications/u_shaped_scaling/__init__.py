"""Inverse scaling that turns upward again, looked for in one benchmark of many open models."""

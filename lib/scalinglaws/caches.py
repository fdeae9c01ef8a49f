"""Caches of functions, which must be emptied where what they rest on is replaced for a while."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType


def forget(modules: Iterable[ModuleType]) -> None:
    """Empty the caches of all functions that modules hold."""
    for module in modules:
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()

"""nbformat, imported without what takes seconds; whoever reads notebooks takes it from here.

It imports jsonschema, and that, where rfc3987_syntax is installed (Jupyter's server brings it),
builds a grammar of international web addresses: 3 s, for a format that no schema of notebooks
names. Where that package is not installed jsonschema goes without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_grammar() -> Iterator[None]:
    """Let that package, if nobody imported it yet, be one that is not installed, while a block imports."""
    hidden = GRAMMAR not in sys.modules
    if hidden:
        sys.modules[GRAMMAR] = None
    try:
        yield
    finally:
        if hidden:
            del sys.modules[GRAMMAR]


with without_grammar():
    import nbformat
    from nbformat import NotebookNode

__all__ = ["NotebookNode", "nbformat", "without_grammar"]

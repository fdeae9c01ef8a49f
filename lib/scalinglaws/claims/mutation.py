"""A way to break what claims rest on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scalinglaws.claims.claim import ClaimError


@dataclass(frozen=True)
class Mutation:
    """A way to break what claims rest on, and the claims whose words must then change.

    It is stated in the claims file, but for the edit itself, which the notebook gives by name.
    The runner executes the notebook again with `target`, a name of the notebook, replaced by
    its edit. For a `table`, what `load` returns for that table is edited.

    Parameters
    ----------
    name
        What is broken, in words.
    changes
        Ids of the claims whose words must change; those of all others must not.
    target
        Name in the notebook: a law, a function, a constant. `"load"` where a table is edited.
    table
        Slug of the table, for `target="load"`.

    Raises
    ------
    ClaimError
        If both a table and a target are given, or neither; or if no claim is named.
    """

    name: str
    changes: tuple[str, ...]
    target: str = "load"
    table: str = ""

    def __post_init__(self) -> None:
        if (self.target == "load") != bool(self.table):
            raise ClaimError(f"mutation {self.name!r}: give either a table or a target")
        if isinstance(self.changes, str) or not self.changes:
            raise ClaimError(f"mutation {self.name!r}: name the claims it changes, as a list")

    def apply(self, thing: Any, edit: Callable[[Any], Any]) -> Any:
        """The broken version of `thing`, the notebook's object of the name `target`."""
        if self.target != "load":
            return edit(thing)

        def load(slug: str, *args: Any, **kwargs: Any) -> Any:
            table = thing(slug, *args, **kwargs)
            if slug != self.table:
                return table
            broken = edit(table.copy())
            broken.attrs = dict(table.attrs)
            return broken

        return load

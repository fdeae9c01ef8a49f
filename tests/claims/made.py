"""Claims, claims files and replications for tests to judge, to break and to refuse."""

from __future__ import annotations

import json
from typing import Any

from scalinglaws.claims import Claim
from scalinglaws.claims.replication import Replication
from scalinglaws.claims.stated import Stated, parsed

#: What every claim must say besides its regions.
SAID = {
    "statement": "s",
    "source": "Table 1",
    "why": "the rival is another law's",
    "evidence": "theory",
    "role": "independent",
    "group": "g",
}
NAMED = "named choice: a tenth"
ROUNDED = "printed rounding"


def value(**changes: Any) -> Claim:
    """A claim of 1.0 ± 0.1 with the rival 2.0, of which anything may be changed."""
    return Claim(
        **({"id": "x", "paper": 1.0, "rival": 2.0, "within": 0.1, "tolerance": NAMED} | SAID | changes)
    )


def region(kind: str, paper: str, rival: str | None = None, **changes: Any) -> Claim:
    """A claim of another kind."""
    return value(**{"kind": kind, "paper": paper, "rival": rival, "within": 0.0, "tolerance": ""} | changes)


def table(kind: str, /, **fields: Any) -> str:
    """A table of a claims file; what is None is left out, what is typed `Raw` stands as it is."""
    lines = [f"[[{kind}]]"]
    for name, said in fields.items():
        if said is not None:
            lines.append(f"{name} = {said if isinstance(said, Raw) else json.dumps(said)}")
    return "\n".join(lines) + "\n"


class Raw(str):
    """TOML as it is typed, such as a number whose digits count."""


def claim(id: str = "x", **changes: Any) -> str:
    """A claim in a claims file."""
    fields = {"id": id, "kind": "value", "paper": 1.0, "rival": 2.0, "within": 0.1, "tolerance": NAMED}
    return table("claim", **fields | SAID | changes)


def mutation(*changes: str, **fields: Any) -> str:
    """A mutation in a claims file."""
    return table("mutation", **{"name": "shuffled", "table": "t", "changes": [*changes]} | fields)


def read(*parts: str, finding: str = "One is one [x].") -> Stated:
    """What a claims file of these parts states."""
    return parsed("\n".join([f"finding = {json.dumps(finding)}", *parts]), "file")


def replication(*parts: str, **says: str) -> Replication:
    """A replication of a claims file of these parts; of one claim, if none is given."""
    return Replication("00_test", read(*(parts or (claim(), mutation("x"))), **says))

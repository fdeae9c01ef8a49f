"""Verdicts that are kept, and shown as the scoreboard."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims.stated import stated
from scalinglaws.errors import UserError
from scalinglaws.text import number, shown

#: What is shown of a verdict, and so must be in one.
NEEDED = {"role", "statement", "paper", "printed", "measured", "low", "high", "word"}


#: What may not stand in an address.
NOT_IN_AN_ADDRESS = re.compile(r"[^\w.-]+")


class VerdictError(UserError):
    """Verdicts that are missing or damaged, with what to do."""


class NoVerdicts(VerdictError):
    """There are none yet."""


def folder() -> Path:
    """The repository's `data/verdicts/` folder."""
    return repository.data_folder() / "verdicts"


def dumps(content: Any) -> str:
    """JSON as it is kept in git."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read(name: str, place: Path | None = None) -> dict[str, Any]:
    """The verdict record of a notebook.

    Raises
    ------
    NoVerdicts
        If there is none.
    VerdictError
        If it is damaged.
    """
    path = (place or folder()) / f"{name}.json"
    if not path.is_file():
        raise NoVerdicts(f"no verdicts of {name} at {path}; run 'scalinglaws run {name}' first")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise VerdictError(f"{path} is damaged ({error}); restore it with git") from error
    found = record.get("verdicts") if isinstance(record, dict) else None
    if not isinstance(found, list) or not all(isinstance(v, dict) and v.keys() >= NEEDED for v in found):
        raise VerdictError(f"{path} holds no verdicts; restore it with git")
    return record


def kept() -> list[str]:
    """The notebooks whose verdicts are kept."""
    return sorted(path.stem for path in folder().glob("[0-9][0-9]_*.json"))


def stamp() -> str:
    """Eight characters that change with any kept verdict, and with the claims that a finding names.

    What is made from all verdicts shows them, so that one sees whether it was made from those kept now.
    """
    digest = hashlib.sha256()
    for name in kept():
        digest.update((folder() / f"{name}.json").read_bytes())
        digest.update(" ".join([name, *stated(name).cited]).encode())
    return digest.hexdigest()[:8]


def costs() -> dict[str, dict[str, Any]]:
    """Measured cost of each notebook: `ci_seconds`, `full_seconds` on processors, and the `device`."""
    path = folder() / "costs.json"
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise VerdictError(f"{path} is damaged ({error}); restore it with git") from error


def add_cost(name: str, **cost: Any) -> None:
    """Keep a measured cost."""
    known = costs()
    known[name] = known.get(name, {}) | cost
    repository.write_atomically(folder() / "costs.json", dumps(dict(sorted(known.items()))))


def minutes(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def row(verdict: dict[str, Any]) -> tuple[str, str, str, str]:
    """Statement, paper, ours with interval, and word of a claim."""
    paper = verdict["printed"] or shown(verdict["paper"])
    ours = "–" if verdict["measured"] is None else number(float(verdict["measured"]))
    if verdict["low"] is not None:
        ours += f" [{number(float(verdict['low']))}, {number(float(verdict['high']))}]"
    word = f"{verdict['word']}, on an unproved fit" if verdict.get("unproved") else verdict["word"]
    return verdict["statement"], paper, ours, word


def anchor(name: str, id: str) -> str:
    """Where a page of all claims shows one, "claim-66-pde-wave"; it stays as long as the claim is kept."""
    return f"claim-{name[:2]}-{NOT_IN_AN_ADDRESS.sub('-', id)}"


def notes(verdict: dict[str, Any]) -> list[str]:
    """What stands beside a word: what would flip it, when and why its claim changed, why it cannot be tested."""
    found = [f"fragile: another word with {'; '.join(how)}"] if (how := verdict.get("fragile")) else []
    found += [f"restated: {verdict['restated']}"] if verdict.get("restated") else []
    return found + ([verdict["untestable"]] if verdict.get("untestable") else [])


def cost_in_words(cost: dict[str, Any]) -> str:
    """A cost for people, at CI and at full scale."""
    parts = [f"CI {minutes(cost['ci_seconds'])}"] if "ci_seconds" in cost else []
    parts += [f"full {minutes(cost['full_seconds'])}"] if "full_seconds" in cost else []
    return " · ".join(parts) or "–"

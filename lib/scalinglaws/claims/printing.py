"""Claims and verdicts as text and as HTML tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from scalinglaws.claims.claim import Claim
from scalinglaws.claims.stated import Stated
from scalinglaws.text import number, shown

CLAIMS = ("claim", "statement", "the paper says", "read where", "refuted by", "tolerance")
VERDICTS = ("claim", "paper", "ours", "95 % interval", "rival", "verdict")


def of_paper(claim: dict[str, Any] | Claim) -> str:
    """What the paper says, with the figure it prints, and its unit."""
    has = claim if isinstance(claim, dict) else vars(claim)
    said = has["printed"] or shown(has["paper"])
    return in_unit(said, has.get("unit"))


def in_unit(said: str, unit: str | None) -> str:
    """A number with its unit; a pure number, whose unit is 1, stands alone."""
    return said if unit in ("", "1", None) else f"{said} {unit}"


def of_rival(claim: dict[str, Any] | Claim) -> str:
    """What would refute a claim."""
    has = claim if isinstance(claim, dict) else vars(claim)
    if has["rival"] is not None:
        return shown(has["rival"])
    return "–" if has["untestable"] else "the reverse"


def of_tolerance(claim: Claim) -> str:
    """How far off a measurement may be, and what that is made of."""
    return f"{number(claim.within)}, {claim.tolerance}" if claim.within else "–"


def rows(claims: Iterable[Claim]) -> list[tuple[str, ...]]:
    """What is claimed, a row a claim."""
    return [(c.id, c.statement, of_paper(c), c.source, of_rival(c), of_tolerance(c)) for c in claims]


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of text, in columns."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)).rstrip() for row in table]


def claims(stated: Iterable[Claim]) -> list[str]:
    """What is claimed, as lines of text."""
    return aligned([CLAIMS, *rows(stated)])


def html(headings: Sequence[str], table: Iterable[Sequence[str]]) -> str:
    """Rows of text as an HTML table."""
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def claims_html(stated: Stated) -> str:
    """The finding and its claims as an HTML table."""
    return f"<p>{escape(stated.sentence)}</p>{html(CLAIMS, rows(stated.claims))}"


def words(found: Sequence[tuple[str, str]]) -> list[str]:
    """Ids and words, a line each."""
    width = max((len(id) for id, _ in found), default=0)
    return [f"{id:<{width}}  {word}" for id, word in found]


def marked(verdict: dict[str, Any]) -> str:
    """A verdict's word, with a mark where another reasonable choice gives another one."""
    return f"{verdict['word']} (fragile)" if verdict.get("fragile") else verdict["word"]


def verdict_rows(records: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Verdicts with their numbers, a row each."""
    table = []
    for v in records:
        ours = number(None if v["measured"] is None else float(v["measured"]))
        span = "–" if v["low"] is None else f"[{number(float(v['low']))}, {number(float(v['high']))}]"
        table.append((v["id"], of_paper(v), ours, span, of_rival(v), marked(v)))
    return table


def verdicts(records: Iterable[dict[str, Any]]) -> list[str]:
    """Verdicts with their numbers, as lines of text."""
    return aligned([VERDICTS, *verdict_rows(records)])


def verdicts_html(records: Iterable[dict[str, Any]]) -> str:
    """Verdicts with their numbers as an HTML table."""
    return html(VERDICTS, verdict_rows(records))

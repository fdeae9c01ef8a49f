"""The scoreboard: every claim as a row of a table of HTML that a small script sorts and filters, as csv, as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from html import escape
from typing import Any

from scalinglaws.book.markup import ours, slug
from scalinglaws.book.suite import CHAPTERS, Finding
from scalinglaws.claims import WORDS, printing, verdicts
from scalinglaws.claims.claim import EVIDENCE, ROLES
from scalinglaws.notebooks.scoreboard import WEAKEST, weakest
from scalinglaws.text import counted

#: Seconds at CI scale up to which a notebook is in a class of cost; the last has no bound.
COSTS = {"up to 20 s": 20.0, "20 to 40 s": 40.0, "more than 40 s": float("inf")}
#: Columns of the table: key by which it is sorted -> heading.
COLUMNS = {
    "claim": "claim",
    "statement": "statement",
    "role": "role",
    "evidence": "evidence",
    "paper": "the paper says",
    "ours": "ours [95 % interval]",
    "power": "power",
    "verdict": "verdict",
}
#: What a file of all claims has of each, beside notebook, chapter and cost.
EXPORTED = (
    "id", "group", "statement", "role", "evidence", "kind", "paper", "printed", "unit", "rival", "within",
    "tolerance", "source", "measured", "low", "high", "how", "power", "word", "fragile", "restated", "untestable",
)  # fmt: skip


def rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Every verdict with where it stands and what its notebook costs, in reading order."""
    return [
        {
            "notebook": finding.name,
            "chapter": CHAPTERS[finding.chapter],
            "ci_seconds": finding.cost.get("ci_seconds"),
        }
        | {key: verdict.get(key) for key in EXPORTED}
        for finding in findings
        for verdict in finding.verdicts
    ]


def as_json(findings: Iterable[Finding]) -> str:
    """All rows as JSON."""
    return verdicts.dumps(rows(findings))


def as_csv(findings: Iterable[Finding]) -> str:
    """All rows as csv: lists joined by semicolons, what is not known empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["notebook", "chapter", "ci_seconds", *EXPORTED], lineterminator="\n")
    writer.writeheader()
    for row in rows(findings):
        writer.writerow({k: "; ".join(v) if isinstance(v, list) else v for k, v in row.items()})
    return text.getvalue()


def cost_class(seconds: float | None) -> str:
    """The class of cost that a notebook is in; empty where its cost is not known."""
    return "" if seconds is None else next(name for name, most in COSTS.items() if seconds <= most)


def board(findings: list[Finding]) -> str:
    """The controls and the table, as a piece of raw HTML."""
    found = rows(findings)
    head = "".join(f'<th scope="col" data-sort="{key}">{heading}</th>' for key, heading in COLUMNS.items())
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in found:
        groups.setdefault((row["notebook"], row["role"], row["group"]), []).append(row)
    papers = {finding.name: f"{finding.title} {finding.citation}" for finding in findings}
    bodies = "\n".join(folded(*key, mine, papers[key[0]]) for key, mine in groups.items())
    return (
        "```{raw} html\n"
        f"{controls(found)}\n"
        '<table id="claims" class="claims">\n'
        f"<caption>Every claim, with what became of it</caption>\n<thead><tr>{head}</tr></thead>\n{bodies}\n</table>\n"
        '<script src="_static/scoreboard.js" defer></script>\n'
        "```"
    )


def controls(found: list[dict[str, Any]]) -> str:
    """The form of filters; it is shown by the script, without which it would do nothing."""
    choices = {
        "chapter": [title for title in CHAPTERS.values() if title in {row["chapter"] for row in found}],
        "role": [role for role in ROLES if role in {row["role"] for row in found}],
        "verdict": [word for word in WORDS if word in {row["word"] for row in found}],
        "evidence": [kind for kind in EVIDENCE if kind in {row["evidence"] for row in found}],
        "cost": [name for name in COSTS if name in {cost_class(row["ci_seconds"]) for row in found}],
    }
    selects = "".join(
        f'<label>{name} <select name="{name}"><option value="">all</option>'
        + "".join(f"<option>{escape(value)}</option>" for value in values)
        + "</select></label>"
        for name, values in choices.items()
    )
    sorts = "".join(f'<option value="{key}">{heading}</option>' for key, heading in COLUMNS.items())
    return (
        '<form id="filters" class="filters" hidden>'
        '<label>text <input type="search" name="text" placeholder="Kaplan, exponent, head …"></label>'
        f"{selects}"
        f'<label>sort by <select name="sort"><option value="">reading order</option>{sorts}</select></label>'
        '<label class="tick"><input type="checkbox" name="down"> from the end</label>'
        '<label class="tick"><input type="checkbox" name="flat"> groups unfolded into lines</label>'
        '<button type="reset">clear</button>'
        f'<output aria-live="polite">{counted(len(found), "claim")}</output>'
        "</form>"
    )


def folded(notebook: str, role: str, group: str, found: list[dict[str, Any]], paper: str) -> str:
    """One group: a line that says how it went and opens it, and a line a claim; it is found by its paper, too."""
    words = [row["word"] for row in found]
    counts = ", ".join(f"{words.count(word)} {word}" for word in WEAKEST if word in words)
    worst = weakest(words)
    head = (
        f'<tr class="group"><th scope="rowgroup" colspan="{len(COLUMNS)}">'
        f'<button type="button" aria-expanded="true">{notebook[:2]} · {escape(group)} · {role}</button> '
        f'<span class="word {slug(worst)}">{counts}</span></th></tr>'
    )
    return f'<tbody data-paper="{escape(paper)}">\n{head}\n' + "\n".join(map(line, found)) + "\n</tbody>"


def line(row: dict[str, Any]) -> str:
    """One claim; what it is sorted and filtered by stands in its data attributes."""
    word, power = row["word"], row["power"]
    notes = "".join(f"<br><small>{escape(note)}</small>" for note in verdicts.notes(row))
    keys = {
        "chapter": row["chapter"],
        "role": row["role"],
        "verdict": word,
        "evidence": row["evidence"],
        "cost": cost_class(row["ci_seconds"]),
        "order": f"{WEAKEST.index(word)}",
        "power": "" if power is None else f"{power:.4f}",
        "ours": "" if row["measured"] is None else f"{float(row['measured'])!r}",
    }
    data = " ".join(f'data-{key}="{escape(str(value))}"' for key, value in keys.items())
    where, here = f"notebooks/{row['notebook']}.html", verdicts.anchor(row["notebook"], row["id"])
    cells = [
        f'<a href="{where}">{row["notebook"][:2]}</a> <a href="#{here}"><code>{escape(row["id"])}</code></a>',
        escape(row["statement"]),
        row["role"],
        escape(row["evidence"]),
        escape(printing.of_paper(row)),
        escape(ours(row)),
        "–" if power is None else f"{power:.2f}",
        f'<span class="word {slug(word)}">{word}</span>{notes}',
    ]
    filled = "".join(
        f'<td data-label="{label}">{cell}</td>' for label, cell in zip(COLUMNS.values(), cells, strict=True)
    )
    return f'<tr id="{here}" {data}>{filled}</tr>'

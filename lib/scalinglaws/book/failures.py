"""What did not replicate: each claim with the numbers, the reason, and what would change our mind."""

from __future__ import annotations

from typing import Any

from scalinglaws.book.answers import Answer
from scalinglaws.book.markup import ours, plain, table
from scalinglaws.book.suite import Finding
from scalinglaws.claims import NOT_REPLICATED, printing
from scalinglaws.text import number, shown


def failures(findings: list[Finding], answers: list[Answer]) -> str:
    """The body of the page: a section a paper, in it a part for each reason."""
    parts = []
    for finding in findings:
        if failed := [verdict for verdict in finding.verdicts if verdict["word"] == NOT_REPLICATED]:
            mine = [answer for answer in answers if answer.notebook == finding.name]
            parts.append(section(finding, failed, mine))
    return "\n\n".join(parts)


def section(finding: Finding, failed: list[dict[str, Any]], answers: list[Answer]) -> str:
    """What did not replicate of one paper; claims that failed for the same reason stand together."""
    lines = [f"(failed-{finding.digits})=", f"## {finding.digits} {plain(finding.title)}", ""]
    lines += [f"{finding.citation} · [the notebook](../notebooks/{finding.name}.ipynb)", ""]
    for reasons, found in by_reasons(finding, failed).items():
        lines += [f"### {', '.join(plain(verdict['id']) for verdict in found)}", "", numbers(found), ""]
        lines += ["**Why.**", "", *(f"{reason}\n" for reason in reasons)]
        lines += ["**What would change our mind.**", ""]
        lines += [f"- `{verdict['id']}`: {change_of_mind(verdict)}" for verdict in found] + [""]
        said = [answer for answer in answers if answer.claim in {verdict["id"] for verdict in found}]
        lines += [answered(answer) for answer in said]
    lines += [answered(one) for one in answers if one.claim not in {verdict["id"] for verdict in failed}]
    return "\n".join(lines)


def by_reasons(finding: Finding, failed: list[dict[str, Any]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """The reasons that a notebook gives -> the claims that failed for them."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for verdict in failed:
        reasons = tuple(finding.reasons(verdict["id"])) or ("The notebook gives no reason yet.",)
        found.setdefault(reasons, []).append(verdict)
    return found


def numbers(found: list[dict[str, Any]]) -> str:
    """What the paper says and what we measured, a row a claim."""
    return table(
        ["claim", "the paper says", "ours [95 % interval]", "rival", "role"],
        [
            [
                f"`{verdict['id']}`: {plain(verdict['statement'])}",
                plain(f"{printing.of_paper(verdict)} ({verdict['source']})"),
                plain(ours(verdict)),
                plain(printing.of_rival(verdict)),
                verdict["role"],
            ]
            for verdict in found
        ],
    )


def change_of_mind(verdict: dict[str, Any]) -> str:
    """Which result, got in a way that can be checked, would turn the word into *replicated*."""
    rival = plain(shown(verdict["rival"])) if verdict["rival"] is not None else "nought and the reverse"
    paper = plain(shown(verdict["paper"]))
    if verdict["kind"] == "sign":
        side = "above" if verdict["paper"] == "+" else "below"
        return f"a 95 % interval that lies wholly {side} nought."
    if verdict["kind"] == "order":
        return f"a 95 % interval of the smallest gap in {paper} that lies wholly above {number(verdict['within'])}."
    if verdict["kind"] == "bound":
        return f"a 95 % interval that lies within {paper}, and so clear of the rival, {rival}."
    if verdict["low"] is None:
        return f"a mistake of ours whose correction brings the number within {number(verdict['within'])} of {paper}."
    return f"a 95 % interval that holds {paper} and stays clear of the rival, {rival}."


def answered(answer: Answer) -> str:
    """An answer in its author's words."""
    quoted = "\n".join(f"> {line}".rstrip() for line in answer.text.strip().splitlines())
    return f"**{plain(answer.author)} answers** on `{answer.claim}`, {answer.date}:\n\n{quoted}\n"

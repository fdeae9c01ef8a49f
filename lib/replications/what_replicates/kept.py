"""The kept verdicts of all notebooks as one table, a row a claim."""

from __future__ import annotations

import re

import pandas as pd

from replications.what_replicates import failures, wrong
from scalinglaws.book import suite
from scalinglaws.claims import NOT_REPLICATED, verdicts
from scalinglaws.claims.claim import ROLES
from scalinglaws.notebooks import scoreboard

TAKEN = ("id", "role", "evidence", "kind", "word", "fragile", "power")


def claims() -> pd.DataFrame:
    """Every claim that has a kept verdict, by role and then by year.

    Returns
    -------
    pandas.DataFrame
        `notebook` (two digits), `paper` (arXiv number of the first that the notebook cites), `year` of
        its first version, `domain` (chapter of the book); `id`, `role`, `evidence`, `kind`, `word`,
        `fragile` of the claim, `group` (unique over notebooks), `known` (something of our result was
        known beforehand), `cited` (the finding names it); `holds`, `fails`; `where` a value that fails
        lies; `power` (nan where none is known) and `wrong`, the chances of a wrong word by
        assumption (None without an interval).
    """
    rows = []
    for one in map(suite.finding, verdicts.kept()):
        paper = re.search(r"arxiv\.org/abs/((\d\d)\d\d\.\d+)", one.citation)
        claims_of = {claim.id: claim for claim in one.stated.claims}
        about = {"notebook": one.digits, "paper": paper[1], "year": 2000 + int(paper[2])}
        about["domain"] = suite.CHAPTERS[one.chapter]
        for verdict in one.verdicts:
            claim = claims_of[verdict["id"]]
            # An end at infinity is kept as text, since JSON has no such number.
            interval = tuple(None if verdict[end] is None else float(verdict[end]) for end in ("low", "high"))
            row = about | {key: verdict[key] for key in TAKEN}
            row["group"] = f"{one.digits} {verdict['group']}"
            row["known"], row["cited"] = bool(verdict["pilot"]), claim.id in one.stated.cited
            row["fragile"] = bool(verdict["fragile"])
            row["holds"], row["fails"] = verdict["word"] in scoreboard.HELD, verdict["word"] == NOT_REPLICATED
            row["where"] = failures.where(claim, verdict["measured"], *interval) if row["fails"] else ""
            row["wrong"] = None if None in interval else wrong.words(claim, *interval)
            rows.append(row)
    found = pd.DataFrame(rows).astype({"power": float})
    order = found["role"].map(ROLES.index)
    return (
        found.assign(order=order)
        .sort_values(["order", "year"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )

"""The words that claims on learning curves have under other choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from scalinglaws import Replication
from scalinglaws.uncertainty import Estimate


def words(paper: Replication, found: Mapping[str, Mapping[str, Estimate]]) -> Iterator[pd.DataFrame]:
    """Tables of number, interval and word, a row a choice, a column a claim; one for each group of claims.

    Parameters
    ----------
    found
        Choice in words -> id of a claim -> what it measures with that choice.
    """
    rows = {
        choice: {id: f"{value:.2f} {paper.judged(id, value, choice=choice)}" for id, value in row.items()}
        for choice, row in found.items()
    }
    table = pd.DataFrame(rows).T
    groups = dict.fromkeys(claim.group for claim in paper.declared.values())
    for group in groups:
        ids = [id for id in paper.declared if id in table and paper.declared[id].group == group]
        if ids:
            yield table[ids].dropna(how="all").fillna("")

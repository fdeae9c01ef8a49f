"""What a mutation must say, and what it breaks."""

from __future__ import annotations

import pandas as pd
import pytest

from scalinglaws.claims import ClaimError, Mutation


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "either a table or a target"),
        ({"table": "runs", "target": "law"}, "either a table or a target"),
        ({"table": "runs", "changes": ()}, "name the claims it changes"),
        ({"table": "runs", "changes": "one"}, "as a list"),
    ],
)
def test_a_mutation_that_makes_no_sense_is_refused(fields, says):
    with pytest.raises(ClaimError, match=f"'broken'.+{says}"):
        Mutation(**{"name": "broken", "changes": ("one",)} | fields)


def test_a_target_is_replaced_by_its_edit():
    assert Mutation("doubled", ("one",), target="constant").apply(3, lambda x: 2 * x) == 6


def test_one_table_is_edited_and_what_was_loaded_is_not():
    tables = {slug: pd.DataFrame({"loss": [1.0, 2.0]}) for slug in ("runs", "other")}
    tables["runs"].attrs = {"licence": "MIT"}
    asked = []

    def load(slug, *, rows=None):
        asked.append((slug, rows))
        return tables[slug]

    def edit(table):
        table["loss"] *= -1
        return pd.DataFrame({"loss": table.loss})

    broken = Mutation("mirrored", ("one",), table="runs").apply(load, edit)
    found = broken("runs", rows=2)
    assert list(found.loss) == [-1.0, -2.0] and found.attrs == {"licence": "MIT"}
    assert broken("other") is tables["other"]
    assert list(tables["runs"].loss) == [1.0, 2.0]
    assert asked == [("runs", 2), ("other", None)]

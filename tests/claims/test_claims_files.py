"""The claims files of all notebooks: each is read, and says more than that printed numbers come out again."""

from __future__ import annotations

import json
import tomllib

import pytest

from scalinglaws import repository
from scalinglaws.claims import stated
from scalinglaws.claims.stated import Stated, parsed
from scalinglaws.notebooks import files

FOLDER = repository.data_folder() / "claims"
PLANNED = sorted((FOLDER / "planned").glob("*.toml"))


def says_more_than_digits(paper: Stated) -> None:
    assert {claim.role for claim in paper.claims} != {"recomputed"}
    assert {claim.role for claim in paper.claims if claim.id in paper.cited} != {"recomputed"}


def test_each_notebook_has_a_claims_file_and_each_claims_file_a_notebook():
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == files.replications()


@pytest.mark.parametrize("name", files.replications())
def test_a_claims_file_is_read_and_its_finding_is_more_than_digits(name):
    says_more_than_digits(stated(name))


@pytest.mark.parametrize("path", PLANNED, ids=lambda path: path.stem)
def test_planned_claims_are_read_too_mutations_excepted(path):
    text = path.read_text(encoding="utf-8")
    tested = [c["id"] for c in tomllib.loads(text)["claim"] if not (c.get("untestable") or c.get("unstable"))]
    any_ = (
        f"\n[[mutation]]\nname = 'not yet stated'\ntable = 'not yet made'\nchanges = {json.dumps(tested)}\n"
    )
    says_more_than_digits(parsed(text + any_, path.name))

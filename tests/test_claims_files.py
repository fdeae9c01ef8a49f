"""Claims that are data: each can be refuted, says its role, and says what was known beforehand."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from scalinglaws.claims import EVIDENCE, Claim
from scalinglaws.repository import data_folder

FILES = sorted((data_folder() / "claims").glob("*.toml"))
ROLES = {"recomputed", "re-analysed", "independent", "live", "arithmetic"}
FIELDS = {field.name for field in dataclasses.fields(Claim)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_claims_states_what_can_be_refuted(path):
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    claims = stated["claim"]
    ids = [claim["id"] for claim in claims]
    assert len(set(ids)) == len(ids)
    for claim in claims:
        # Refuses a rival within the tolerance, a missing reason, an unknown kind.
        Claim(
            **{name: value for name, value in claim.items() if name in FIELDS and value != ""}
            | {"paper": claim["paper"]}
        )
        assert claim["role"] in ROLES and claim["evidence"] in EVIDENCE and claim["group"]
        assert "pilot" in claim and (claim["tolerance"] or claim.get("untestable"))
    named = {word for part in stated["finding"].split("[")[1:] for word in part.split("]")[0].split(", ")}
    assert named and named <= set(ids)
    assert {claim["role"] for claim in claims if claim["id"] in named} != {"recomputed"}

"""The digest of all verdicts that are kept."""

from __future__ import annotations

import json

from scalinglaws.claims import verdicts


def test_the_stamp_changes_with_a_word_with_a_finding_and_with_a_notebook_and_with_nothing_else(copy_of_data):
    name, *_, last = verdicts.kept()
    stamps = [verdicts.stamp()]
    assert len(stamps[0]) == 8
    (copy_of_data / "verdicts" / "costs.json").write_text("{}")
    claims = copy_of_data / "claims" / f"{name}.toml"
    claims.write_text(claims.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
    assert verdicts.stamp() == stamps[0]
    record = verdicts.read(name)
    record["verdicts"][0]["word"] = "partly"
    (copy_of_data / "verdicts" / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    stamps.append(verdicts.stamp())
    text = claims.read_text(encoding="utf-8")
    start, end = text.index("["), text.index("]")
    claims.write_text(text[:start] + "[" + record["verdicts"][0]["id"] + text[end:], encoding="utf-8")
    stamps.append(verdicts.stamp())
    (copy_of_data / "verdicts" / f"{last}.json").unlink()
    stamps.append(verdicts.stamp())
    assert len({*stamps}) == 4

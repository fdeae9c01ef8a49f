"""What a mutated run is judged by."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scalinglaws.claims import Claim, Mutation
from scalinglaws.claims.snapshot import snapshot
from scalinglaws.notebooks import mutate


def test_a_snapshot_is_not_changed_by_what_comes_after():
    namespace = {"table": pd.DataFrame({"x": [1.0]}), "values": np.zeros(2), "f": len, "_hidden": 1}
    kept = snapshot(namespace)
    namespace["table"]["y"] = 2.0
    namespace["values"][0] = 1.0
    assert list(kept["table"]) == ["x"] and kept["values"][0] == 0 and kept["f"] is len
    assert "_hidden" not in kept


def record(mutated: str | None, **words: str) -> dict:
    verdicts = [
        {"id": id, "word": word, "measured": 1.0, "low": None, "high": None, "within": 0.1, "restated": ""}
        for id, word in words.items()
    ]
    return {"mutated": mutated, "verdicts": verdicts, "data_checks": []}


SAID = {
    "statement": "s",
    "source": "Table 1",
    "why": "rounding",
    "evidence": "theory",
    "role": "independent",
    "group": "g",
}
VALUE = SAID | {"paper": 1.0, "rival": 2.0, "within": 0.1, "tolerance": "named choice: a tenth"}


VALUES = Claim("one", **VALUE), Claim("two", **VALUE)


def paper(*changes: str, claims: tuple[Claim, Claim] = VALUES) -> SimpleNamespace:
    """What a claims file states, with one mutation; of claims that it need not name, unlike in a file."""
    return SimpleNamespace(claims=claims, mutations=(Mutation("broken", changes, table="runs"),))


BOTH = paper("one", "two")
PINNED = record(None, one="replicated", two="replicated")
GOOD = record("broken", one="not replicated", two="inconclusive")
HALF = record("broken", one="not replicated", two="replicated")


def test_mutations_that_do_what_they_say_leave_nothing_to_name():
    assert mutate.survivors(BOTH, PINNED, [PINNED, GOOD]) == []
    assert mutate.survivors(BOTH, PINNED, [PINNED, PINNED, GOOD]) == []


def test_survivors_are_named():
    assert mutate.survivors(BOTH, PINNED, [PINNED, HALF]) == [
        "'broken' leaves 'two' 'replicated', but should change it"
    ]
    assert mutate.survivors(paper("one"), PINNED, [PINNED, GOOD]) == [
        "'broken' turns 'two' from 'replicated' to 'inconclusive', but does not name it"
    ]


def test_an_unbroken_pass_gives_the_kept_words():
    moved = HALF | {"mutated": None}
    for found in ([moved, GOOD], [PINNED, moved, GOOD]):
        (line,) = mutate.survivors(BOTH, PINNED, found)
        assert line.startswith("unbroken, the tables nudged") and "claim 'one' was 'replicated'" in line


def test_a_run_that_ended_early_is_named():
    for found in ([], [PINNED], [GOOD], [PINNED, PINNED]):
        (line,) = mutate.survivors(BOTH, PINNED, found)
        assert f"ended with {len(found)} of at least 2 records" in line


def test_claims_that_are_kept_and_not_stated_or_stated_and_not_kept_are_named():
    renamed = record(None, one="replicated", three="replicated")
    broken = record("broken", one="not replicated", three="not replicated")
    lines = mutate.survivors(BOTH, PINNED, [renamed, broken])
    assert any("claim 'two' is gone" in line for line in lines)
    assert any("claim 'three' is new" in line for line in lines)


SIGNED = (
    Claim("one", kind="sign", **SAID | {"paper": "+"}),
    Claim("two", kind="order", **SAID | {"paper": "a > b"}),
)


@pytest.mark.parametrize("word", ["inconclusive", "partly", "replicated, wider"])
def test_a_sign_and_an_order_that_are_replicated_must_be_reversed_by_one_mutation(word):
    signed = paper("one", "two", claims=SIGNED)
    reversed_ = record("broken", one="not replicated", two="not replicated")
    assert mutate.survivors(signed, PINNED, [PINNED, reversed_]) == []
    for claim in ("one", "two"):
        words = {"one": "not replicated", "two": "not replicated"} | {claim: word}
        assert mutate.survivors(signed, PINNED, [PINNED, record("broken", **words)]) == [
            f"no mutation turns '{claim}' into 'not replicated'"
        ]
    # What is not kept as replicated need not be reversed.
    weak = record(None, one="replicated", two="replicated, wider")
    half = record("broken", one="not replicated", two="inconclusive")
    assert mutate.survivors(signed, weak, [weak, half]) == []

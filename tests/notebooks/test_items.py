"""Notebooks as the test items that the root's conftest.py makes of them: nbval's cells, and the mutated run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from small_notebook import LAWS, MEASURE, STATED, small

from scalinglaws import Replication
from scalinglaws.claims.stated import parsed

#: What these laws measure depends on whether the tables are nudged: `plain` is the `load` that is replaced.
NUDGED = "from scalinglaws.tables import loading\n" + LAWS.replace(
    "1.0", "1.0 + hasattr(loading.load, 'plain')"
)
#: The falsification calls by the name of what is measured another thing, which no mutated run may see.
BEFORE = "share = 1.0"
MEASURED = 'paper.measured("one", share * one())\npaper.measured("two", share * two())'
OTHERWISE = 'share = 2.0\npaper.without_effect("one taken for two", "one", share)'
DEAF = 'paper.mutations({"one is two": lambda f: lambda: 2.0, "two is one": lambda f: lambda: 2.0})'


def keep(place, name: str) -> None:
    """Keep what a small notebook measures, and the null of one that loads no table."""
    names = {"paper": Replication(name, parsed(STATED, "claims"))}
    for source in (LAWS, MEASURE, 'paper.without_effect("one taken for two", "one", 2.0)'):
        exec(source, names)
    record = names["paper"].record("ci", 0).content
    null = {"columns": [], "untried": [], "hidden": [], "short": False, "covered": {}, "unmoved": []}
    (place.root / "data/verdicts/null").mkdir(exist_ok=True)
    (place.root / f"data/verdicts/{name}.json").write_text(json.dumps(record))
    (place.root / f"data/verdicts/null/{name}.json").write_text(json.dumps(null))


def test_a_notebook_runs_nudged_and_is_broken_in_the_same_kernel(place, repository):
    place.add("10_good", body=BEFORE, measure=MEASURED, falsify=OTHERWISE)
    place.state("11_deaf", STATED)
    deaf = small("11_deaf", edits=DEAF)
    (laws,) = [cell for cell in deaf.cells if cell.source == LAWS.strip()]
    laws.source = NUDGED.strip()
    place.keep("11_deaf", deaf)
    place.add("12_raises", body='raise ValueError("no")')
    for name in ("10_good", "11_deaf"):
        keep(place, name)
    (place.root / "conftest.py").write_text((repository / "conftest.py").read_text())
    options = ["--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "-v", "--color=no"]
    # The first one's mutated run is asked for alone, and has the cells run before.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", "(10 and mutated) or 11 or 12", "notebooks"],
        cwd=place.root,
        env=os.environ | {"PYTHONPATH": str(place.root / "lib"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout
    items = dict(line.split(" ")[:2] for line in said.splitlines() if "::" in line and "%]" in line)
    items = {item.removeprefix("notebooks/"): word for item, word in items.items()}
    assert items.pop("10_good.ipynb::mutated") == "PASSED", said
    assert not any(item.startswith("10") for item in items), said
    # The tables were nudged, and so the words are others than are kept.
    assert items["11_deaf.ipynb::mutated"] == items["12_raises.ipynb::mutated"] == "FAILED", said
    assert "unbroken, the tables nudged by a relative 1e-11: claim 'one' was 'replicated'" in said
    assert "'two is one' leaves 'two' 'replicated', but should change it" in said
    assert "the notebook did not run to its end, and so was not broken" in said
    assert "notebooks mutated, 3 files" in said and "notebooks as committed, 2 files" in said

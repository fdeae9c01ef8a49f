"""Notebooks as the test items that the root's conftest.py makes of them: nbval's cells, and the mutated run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import nbformat
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


#: Exercises after the verdict: one solution defines what the other one must not find.
EXERCISES = """
## Exercises
1. Another number?

<details><summary>Solution</summary>

```python
share = one() + two()
more = share
```

</details>

2. And another one?

<details><summary>Solution</summary>

```python
assert share == LEFT and "more" not in globals()
```

</details>
"""


def solved(name: str, left: float):
    """The good notebook with exercises, of which the second finds a number as the notebook left it."""
    notebook = small(name, body=BEFORE, measure=MEASURED, falsify=OTHERWISE)
    notebook.cells.append(nbformat.v4.new_markdown_cell(EXERCISES.replace("LEFT", str(left))))
    return notebook


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
    for name, left in (("10_good", 2.0), ("13_unsolved", 3.0)):
        place.state(name, STATED)
        place.keep(name, solved(name, left))
    place.state("11_deaf", STATED)
    deaf = small("11_deaf", edits=DEAF)
    (laws,) = [cell for cell in deaf.cells if cell.source == LAWS.strip()]
    laws.source = NUDGED.strip()
    place.keep("11_deaf", deaf)
    place.add("12_raises", body='raise ValueError("no")')
    for name in ("10_good", "11_deaf", "13_unsolved"):
        keep(place, name)
    (place.root / "conftest.py").write_text((repository / "conftest.py").read_text())
    options = ["--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "-v", "--color=no"]
    # What follows on the first one's cells is asked for alone, and has them run before.
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *options,
            "-k",
            "(10 and mutated) or solved or 11 or 12 or 13",
            "notebooks",
        ],
        cwd=place.root,
        env=os.environ | {"PYTHONPATH": str(place.root / "lib"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout
    items = dict(line.split(" ")[:2] for line in said.splitlines() if "::" in line and "%]" in line)
    items = {item.removeprefix("notebooks/"): word for item, word in items.items()}
    assert items.pop("10_good.ipynb::solved") == items.pop("10_good.ipynb::mutated") == "PASSED", said
    assert not any(item.startswith("10") for item in items), said
    # The tables were nudged, and so the words are others than are kept.
    assert items["11_deaf.ipynb::mutated"] == items["12_raises.ipynb::mutated"] == "FAILED", said
    assert "unbroken, the tables nudged by a relative 1e-11: claim 'one' was 'replicated'" in said
    assert "'two is one' leaves 'two' 'replicated', but should change it" in said
    assert "the notebook did not run to its end, and so was not mutated" in said
    assert "<solution 2>" in said
    # What a solution changes no mutation sees, nor another solution.
    assert (items["13_unsolved.ipynb::solved"], items["13_unsolved.ipynb::mutated"]) == (
        "FAILED",
        "PASSED",
    ), said
    assert "notebooks mutated, 4 files" in said and "notebooks as committed, 3 files" in said
    assert "solutions of exercises, 2 files" in said

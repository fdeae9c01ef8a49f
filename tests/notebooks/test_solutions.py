"""Folded solutions: found in the prose, run where the notebook has run, and leaving no trace."""

from __future__ import annotations

import nbformat
import pytest

from scalinglaws.notebooks import solutions

TWO = """
## Exercises
```python
outside = 1
```

<details><summary>Solution</summary>

```python
a = 1
```

and then

```python
b = 2
```

</details>

<details><summary>Solution</summary>In words.</details>

<details><summary>Solution</summary>

```python
c = 3
```

</details>
"""


def test_the_code_of_a_solution_is_all_of_it_and_only_that():
    cells = [nbformat.v4.new_markdown_cell(TWO), nbformat.v4.new_code_cell(TWO)]
    assert solutions.solutions(nbformat.v4.new_notebook(cells=cells)) == ["a = 1\n\nb = 2\n", "c = 3\n"]


def test_a_solution_finds_what_the_notebook_left_and_leaves_nothing():
    names = {"runs": [1, 2], "square": lambda x: x * x}
    before = dict(names)
    solutions.run(
        names, ["runs.append(square(3)); more = runs", "assert runs == [1, 2]; square = more = None"]
    )
    assert names == before


def test_a_solution_that_raises_is_named_and_leaves_nothing():
    names = {"runs": [1, 2]}
    with pytest.raises(NameError) as caught:
        solutions.run(names, ["pass", "runs.clear(); nonesuch"])
    assert caught.value.__traceback__.tb_next.tb_next.tb_frame.f_code.co_filename == "<solution 2>"
    assert names["runs"] == [1, 2]


def test_a_solution_that_takes_long_is_stopped_without_an_error(capsys):
    solutions.run({}, ["while True:\n    pass", "print('the next one')"], seconds=0.2)
    assert capsys.readouterr().out == "solution 1 was stopped after 0.2 s, without an error\nthe next one\n"

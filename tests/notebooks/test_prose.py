"""Numbers in the prose: which must stand in an output or a claims file, and what counts as the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import nbformat
import pytest
from small_notebook import STATED, small

from scalinglaws.claims import stated
from scalinglaws.claims.stated import parsed
from scalinglaws.notebooks import files, prose


def digits(text: str) -> list[str]:
    """The digits of the numbers that a piece of prose must account for."""
    return [number.digits for number, *_ in prose.written(text)]


@pytest.mark.parametrize(
    "text, covered",
    [
        ("An exponent of 0.34, or 7 %, or $\\beta = -0.367$.", ["0.34", "7", "0.367"]),
        ("We drew 240 runs. **All 240 agree**, in 2022 as today.", ["240"]),
        ("**In 2022 none did.**", []),
        ("Missed by 2 to 82 %, by 9.6 and 5.6 per cent.", ["2", "82", "9.6", "5.6"]),
        ("`a = 0.5`, [0.25](0.75.html), arXiv:2404.10102", ["0.25"]),
        ("Llama-2 7B and 1.4B, Qwen1.5, GPT-3.5, Python 3.11.7", []),
        ("Its 95 % interval, with p < 0.05; in 95 % of draws.", ["95"]),
        ("Section 4.2 and Tables 1.2 and 3.4 have theorem 3.2", []),
        ("Read 0.73 (Kaplan et al., 2020). We have 0.74.", ["0.74"]),
        ("It is 0.73 there (Table 3). We have 0.74.", ["0.74"]),
        ("Trained at 0.003 (`data/runs/ladder`). It ends at 0.74.", ["0.74"]),
        ("It is 0.73 in a table. We have 0.74.", ["0.73", "0.74"]),
        ("Seen in 0.3 of all.\n\n## References\n1. Volume 0.7", ["0.3"]),
        ("## Exercises\nTake 0.3.\n\n## References\nSee 0.7.", []),
        ("## Exercises\nTake 0.3.\n<details>\nIt is 0.62.\n</details>", ["0.62"]),
        ("## Exercises\nTake 0.3.\n<details>\n```python\nf(0.3)\n```\nIt is 0.62.\n</details>", []),
    ],
)
def test_which_numbers_must_stand_somewhere(text, covered):
    assert digits(text) == covered


@pytest.mark.parametrize(
    "text, printed, same",
    [
        ("1.35", "1.354", True),
        ("1.36", "1.354", False),
        ("1.354", "1.35", False),
        ("0.50", "0.5", True),
        ("−0.50", "0.5", True),
        ("0.48 %", "0.0048", True),
        ("0.48 %", "0.48", False),
        ("0.48 %", "off by 0.48 %", True),
        ("0.49 %", "off by 0.48 %", False),
        ("13 %", "0.1296", True),
        ("0.3", "0.29", False),
        ("0.3", "0.30", True),
        ("5 %", "0.049", False),
        ("5 %", "0.05", True),
        ("1.5 billion", "1,500,000,000", True),
        ("1.5 billion", "1.5B", True),
        ("1.5 million", "1.5B", False),
        ("2.4e19 FLOP", "2.4e+19", True),
        ("$2.4\\cdot10^{-9}$", "2.41e-09", True),
        ("$10^{22.5}$", "3.16e+22", True),
        ("$10^{22.5}$", "22.5", True),
        ("$10^{22.6}$", "3.16e+22", False),
        ("**12,345 runs**", "12345 rows", True),
        ("0.000", "0.0", True),
    ],
)
def test_what_counts_as_the_same(text, printed, same):
    ((number, *_),) = prose.written(text)
    assert number.stands_in(prose.printed(printed)) == same


def test_a_column_or_a_row_that_says_per_cent_is_one():
    table = "<table><thead><tr><th></th><th>off, %</th><th>a</th></tr></thead>"
    table += "<tr><th>x</th><td>4.3</td><td>7.1</td></tr><tr><th>share, %</th><td>1.1</td><td>8.2</td></tr></table>"
    found = {number.digits: number.percent for number in prose.in_table(table)}
    assert found == {"4.3": True, "7.1": False, "1.1": True, "8.2": True}


def test_a_label_that_spans_rows_moves_no_column():
    table = "<table><thead><tr><th></th><th></th><th>off, %</th><th>a</th></tr></thead>"
    table += '<tr><th rowspan="2">x</th><th>u</th><td>4.3</td><td>7.1</td></tr>'
    table += "<tr><th>v</th><td>1.1</td><td>8.2</td></tr></table>"
    found = {number.digits: number.percent for number in prose.in_table(table)}
    assert found == {"4.3": True, "7.1": False, "1.1": True, "8.2": False}


def executed(*texts: str, printed: str = "slope 0.731", body: str = "x = 0.25") -> nbformat.NotebookNode:
    """A small notebook with prose in three sections; the middle one prints, the last has the verdict."""
    notebook = small("99_small", body=body)
    code = notebook.cells[1:]
    code[3].outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)]
    table = "claim  paper  ours  verdict\none    1      1.047  replicated\ntwo    2      2.063  replicated"
    code[8].outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": table})]
    title, claimed, body_text, last = (nbformat.v4.new_markdown_cell(text) for text in texts)
    notebook.cells = [title, claimed, *code[:3], body_text, *code[3:7], last, *code[7:]]
    return notebook


@pytest.mark.parametrize(
    "where, text, found",
    [
        ("body", "## Body\nThe slope is 0.731, at 0.25.", []),
        ("body", "## Body\nThe slope is 0.741, at 0.35.", ["0.741", "0.35"]),
        ("body", "## Body\nBy `one` it is 1.047, by that 2.063.", ["2.063"]),
        # The code of the body judges both claims; a section before it names none.
        ("body", "## Body\nThe tolerance is 0.10.", []),
        ("body", "## Before\nThe tolerance is 0.10.\n\n## Body", ["0.10"]),
        ("body", "## Before\nThe tolerance of `one` is 0.10.\n\n## Body", []),
        ("body", "## Before\nThe tolerance is 0.10, as was stated.\n\n## Body", []),
        ("last", "## Verdict\nThe tolerance is 0.10.", []),
        ("last", "## Verdict\nAt last 1.047, 2.063, and no 0.731.", ["0.731"]),
        ("last", "## Verdict\nThe slope, as printed above, is 0.731. It is 0.731.", ["0.731"]),
        ("title", "# Title\nIt is 1.05, or 0.731.", ["0.731"]),
    ],
)
def test_where_a_number_must_stand(where, text, found):
    texts = {"title": "# Title", "claims": "## What is claimed", "body": "## Body", "last": "## Verdict"}
    notebook = executed(*(texts | {where: text}).values())
    said = prose.problems(notebook, parsed(STATED, "claims"))
    assert [problem.partition(" stands")[0] for problem in said] == found


def test_words_may_stand_between_the_words_and_the_table_of_the_verdict():
    notebook = executed("# T", "## C", "## B", "## V\nIt is 1.047.")
    notebook.cells.insert(-2, nbformat.v4.new_markdown_cell("The other is 2.063, and not 2.073."))
    (problem,) = prose.problems(notebook, parsed(STATED, "claims"))
    assert problem == (
        "2.073 stands in no output of its section and not in the claims file: "
        "'The other is 2.063, and not 2.073.' (cell-12)"
    )


def test_constants_of_a_figure_support_nothing():
    notebook = executed(
        "# T", "## C", "## B\nIt is 0.25.", "## V", body='show(plot(alpha=0.25), alt="a line")'
    )
    assert len(prose.problems(notebook, parsed(STATED, "claims"))) == 1


def altered(digits: str) -> Iterator[str]:
    """A number with one digit changed, in every way that still writes a number."""
    for place, old in enumerate(digits):
        for new in "0123456789" if old.isdigit() else "":
            changed = digits[:place] + new + digits[place + 1 :]
            if new != old and not (changed[0] == "0" and changed[1:2].isdigit()):
                yield changed


def test_four_of_five_wrong_numbers_are_caught():
    """One digit changed in every way, in every number of the prose: the mean share that is reported."""
    shares = []
    for name in files.replications():
        for quoted in prose.quoted(files.read(files.locate(name)), stated(name)):
            number = quoted.number
            wrong = [dataclasses.replace(number, digits=changed) for changed in altered(number.digits)]
            if quoted.supported and wrong:
                caught = sum(not changed.stands_in(quoted.printed) for changed in wrong)
                shares.append(caught / len(wrong))
    assert len(shares) > 600
    assert sum(shares) / len(shares) >= 0.8


def test_a_commit_that_looks_like_a_number_beyond_all_floats_is_read():
    assert {number.value for number in prose.printed("SELECT@8777e566")} == {float("inf")}

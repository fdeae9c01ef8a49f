"""The reporting checklist: what objects fill, what stays blank, what is refused."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws.claims.checklist import BLANK, ITEMS, checklist
from scalinglaws.fitting import fit
from scalinglaws.laws import power_law

RUNS = pd.DataFrame({"n_params": [1e6, 1e7, 1e8, 1e9], "loss": [4.1, 3.3, 2.62, 2.1]})


def test_everything_is_blank_at_first():
    assert str(checklist()).count(BLANK) == sum(map(len, ITEMS.values()))


def test_answers_alone_fill_it():
    answers = {key: f"answer to {key}" for group in ITEMS.values() for key in group}
    text = checklist(**answers)
    assert BLANK not in text
    assert all(answer in text for answer in answers.values())


def test_the_docstring_lists_every_keyword():
    assert all(f"`{key}`" in checklist.__doc__ for group in ITEMS.values() for key in group)


def test_objects_fill_what_they_know():
    found = fit(power_law, RUNS.assign(x=RUNS.n_params))
    text = checklist(found, RUNS)
    assert "4 runs, n_params 1e+06 to 1e+09, 4 distinct sizes" in text
    for item in ("form", "parameters", "objective", "algorithm", "starts", "goodness", "intervals"):
        line = next(line for line in text.splitlines() if line.startswith(f"  {item} "))
        assert BLANK not in line
    assert "held out" in text and text.count(BLANK) < sum(map(len, ITEMS.values())) - 8


def test_an_answer_goes_before_what_the_objects_say():
    assert "four small ones" in checklist(None, RUNS, models="four small ones")


def test_a_table_without_the_standard_columns():
    assert "2 runs" in checklist(None, pd.DataFrame({"x": np.arange(2)}))


def test_a_table_of_our_own_runs_names_the_command_of_the_module_where_it_is_now():
    made = {"made": {"command": "python -m old.place"}, "module": "replications.ladder.runs", "scale": "full"}
    runs = RUNS.copy()
    runs.attrs = made
    text = checklist(None, runs)
    assert "yes: made by `python -m replications.ladder --scale full`" in text and "old.place" not in text


def test_lines_are_short():
    assert max(map(len, checklist(None, RUNS, dropped="word " * 100).splitlines())) <= 100


@pytest.mark.parametrize("answers", [{"forms": "x"}, {"form": 3}])
def test_nonsense_is_refused(answers):
    with pytest.raises(ValueError, match="form"):
        checklist(**answers)

"""Arithmetic as typed: what it gives, and that nothing else is understood."""

import numpy as np
import pytest

from scalinglaws.report.expressions import ExpressionError, assignments, condition, evaluated

COLUMNS = {
    "N_millions": np.array([1.0, 2.0]),
    "loss": np.array([3.0, np.nan]),
    "val loss": np.array([4.0, 5.0]),
    "eval/c4": np.array([6.0, 7.0]),
}
WORDS = {"data": np.array(["c4", None], object)}


def column(name):
    if name not in COLUMNS:
        raise KeyError(name, *COLUMNS)
    return COLUMNS[name]


def label(name):
    if name not in WORDS:
        raise KeyError(name, *WORDS)
    return WORDS[name]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N_millions*1e6", [1e6, 2e6]),
        ("2**N_millions - -1", [3, 5]),
        ("log10(N_millions * 100)", [2, np.log10(200)]),
        ("exp(log(N_millions)) / sqrt(4)", [0.5, 1]),
        ('"val loss" / 2', [2, 2.5]),
        ("val loss", [4, 5]),
        ("eval/c4", [6, 7]),
        ('"eval/c4" - "val loss"', [2, 2]),
        ("7", 7),
    ],
)
def test_arithmetic_on_columns(text, value):
    np.testing.assert_allclose(evaluated(text, column), value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "N_millions.real",
        "N_millions[0]",
        "[x for x in N_millions]",
        "(lambda: 1)()",
        "exp(N_millions, 2)",
        "exp(x=1)",
        "print(1)",
        "eval(1)",
        "N_millions if 1 else 2",
        "N_millions @ N_millions",
        "1 // 2",
        "True",
        "1j",
        "b'x'",
        "f'{loss}'",
        "loss :=  2",
        "loss < 3",
        "",
        "1 +",
        "(" * 400,
    ],
)
def test_nothing_else_is_understood(text):
    with pytest.raises(ExpressionError):
        evaluated(text, column)


def test_a_power_of_whole_numbers_takes_no_time_and_no_memory():
    assert evaluated("9**9**9**9", column) == np.inf
    with np.errstate(all="raise"):
        assert np.isinf(evaluated("N_millions / 0", column)).all()


def test_a_column_that_is_not_there_is_named_with_what_comes_near():
    with pytest.raises(
        ExpressionError, match=r"no column 'N_million' for 'N_million \* 2'; did you mean 'N_millions'\?"
    ):
        evaluated("N_million * 2", column)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("loss < 4", [True, False]),  # not a number fulfils nothing
        ("not loss < 4", [False, True]),
        ("1 <= N_millions < 2 and loss > 0", [True, False]),
        ('N_millions == 2 or "val loss" == 4', [True, True]),
        ('data == "c4"', [True, False]),
        ('data != "c4"', [False, True]),
    ],
)
def test_conditions(text, rows):
    np.testing.assert_array_equal(condition(text, column, label), rows)


@pytest.mark.parametrize(
    "text", ["loss", "loss in (1, 2)", "loss is 3", 'date == "c4"', "exp(loss < 3) > 1", "loss < 'c4'"]
)
def test_what_is_no_condition(text):
    with pytest.raises(ExpressionError):
        condition(text, column, label)


def test_assignments():
    assert assignments("n_params=N_millions*1e6, loss = val loss") == {
        "n_params": "N_millions*1e6",
        "loss": "val loss",
    }
    assert assignments("loss=eval/a, b,x=1") == {"loss": "eval/a, b", "x": "1"}, "a comma inside a name"
    for text in ("n_params", "=3", "n_params=", "a b=3"):
        with pytest.raises(ExpressionError, match="NAME=EXPRESSION"):
            assignments(text)
    with pytest.raises(ExpressionError, match="given twice"):
        assignments("loss=a,loss=b")

"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from scalinglaws.text import number


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.34731, "0.3473"),
        (1234.6, "1235"),
        (7e-9, "7.000e-09"),
        (math.inf, "∞"),
        (2.5, "2.5"),
    ],
)
def test_numbers_print_four_digits(x, text):
    assert number(x) == text

"""Numbers and text as notebooks print them."""

from __future__ import annotations

import math


def number(x: float | None, digits: int = 4) -> str:
    """A number as tables print it: four significant digits, no exponent where avoidable."""
    if x is None:
        return "–"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    if x != 0 and not 1e-3 <= abs(x) < 1e6:
        return f"{x:.{digits - 1}e}"
    text = f"{x:.{max(0, digits - 1 - math.floor(math.log10(abs(x))))}f}" if x else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: float | str) -> str:
    """A number as tables print it, text as it is."""
    return value if isinstance(value, str) else number(value)


class Text(str):
    """Text that a notebook shows as it is, without quotes."""

    def __repr__(self) -> str:
        return str(self)

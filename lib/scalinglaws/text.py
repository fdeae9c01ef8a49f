"""Numbers and words as notebooks and messages print them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping

#: Stands in what `scalinglaws new` and `scalinglaws data new` write, where something has to be written.
FILL = "FILL IN"


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


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 notebook", "13 notebooks"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def article(noun: str) -> str:
    """A noun with its article: "an int", "a float", "an 80% interval"."""
    return f"{'an' if re.match(r'[aeiou8]|1[18](?![0-9])', noun, re.IGNORECASE) else 'a'} {noun}"


def command_of(module: str, scale: str) -> str:
    """The command that makes the table of an experiment's module."""
    return f"python -m {module.removesuffix('.runs')} --scale {scale}"


def instead(name: str, known: Mapping[str, str]) -> str:
    """What to take instead of a name that is not known.

    Parameters
    ----------
    name
        What was asked for.
    known
        What may come near it -> the name to take then.
    """
    near = difflib.get_close_matches(name, known, n=1)
    there_are = ", ".join(sorted(set(known.values()))) or "none"
    return f"did you mean {known[near[0]]!r}?" if near else f"there are: {there_are}"


class Text(str):
    """Text that a notebook shows as it is, without quotes."""

    def __repr__(self) -> str:
        return str(self)

"""Tables whose last digits are others: a result that turns on those was never a result.

Processors round differently, and with them the last digits of every matrix product. A nudged
run changes the measured numbers of each table by a relative 1e-11 instead, which needs no other
machine: it must give the same words, and numbers within drift. The tests run each notebook so,
before they break it.

A fit whose optimum is proved moves by about as much as its data. Where an optimiser stops short,
a nudge may or may not send it elsewhere: of the likelihood in notebook 10 as it was once fitted,
without a proof, 5 of 8 draws of 1e-11 moved a parameter beyond drift, and 2 of 8 of 1e-13.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.tables import loading

#: Relative change: below the last digit that any source prints, a thousandth of a fit's accuracy.
SIZE = 1e-11
#: A number of so few digits was chosen or printed, not measured; sources compare with it by ==.
TYPED = 4
#: Whole numbers below this are counts, held as floats where some are missing.
COUNTS = 2.0**53


def are_measured(values: np.ndarray) -> np.ndarray:
    """Which numbers are neither counts nor so short that somebody typed them."""
    short = np.array([float(f"{x:.{TYPED}g}") == x for x in values], bool)
    count = (np.abs(values) < COUNTS) & (values == np.round(values))
    return np.isfinite(values) & ~short & ~count


def nudged(values: np.ndarray, draw: int = 0) -> np.ndarray:
    """Numbers changed by a relative `SIZE`, up or down.

    Equal numbers are nudged alike, in whatever column or table they stand, so that groups
    stay groups and keys still match.

    Parameters
    ----------
    values
        Floats, shape (n,); missing and infinite ones, counts and typed numbers stay.
    draw
        Another draw takes other directions.
    """
    # The last step of splitmix64 on the number's own bits: its direction is as good as drawn.
    bits = values.astype(float).view(np.uint64) + np.uint64((2 * draw + 1) * 0x9E3779B97F4A7C15 % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    up = (bits ^ (bits >> np.uint64(31))) & np.uint64(1) == 1
    return np.where(are_measured(values), values * (1 + np.where(up, SIZE, -SIZE)), values)


def nudged_table(table: pd.DataFrame, draw: int = 0) -> pd.DataFrame:
    """A table with each of its float columns nudged; integers, text and attributes stay."""
    found = table.copy()
    for name in table.select_dtypes("float"):
        found[name] = nudged(table[name].to_numpy(float), draw)
    found.attrs = dict(table.attrs)
    return found


def alter_loads(change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> None:
    """Have `load` give other tables in this process, in notebooks and in the library alike.

    A table is loaded by name from many modules, so the name is replaced wherever a module
    holds it; modules and notebooks that import it later get the same one. A later call takes
    another change instead.

    Parameters
    ----------
    change
        Function of a slug and its table, which returns the table to give.
    """
    before = loading.load
    plain = getattr(before, "plain", before)

    def load(slug: str, *args: Any, **kwargs: Any) -> pd.DataFrame:
        return change(slug, plain(slug, *args, **kwargs))

    load.plain = plain
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("load") is before:
            module.load = load


def nudge_loads(draw: int = 0) -> None:
    """Have `load` give nudged tables in this process, in notebooks and in the library alike."""
    alter_loads(lambda slug, table: nudged_table(table, draw))

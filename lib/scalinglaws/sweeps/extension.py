"""A table whose grid has grown: its rows stay, and only the runs that it lacks are made.

A row stays good for as long as today's code makes the witnesses that were kept beside it, so
making it again would tell nothing new. `python -m replications.<stem>.<part> --extend` asks for
this; without it all runs of a table are made by one and the same code.
"""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pandas as pd

from scalinglaws.sweeps import witness
from scalinglaws.tables import loading
from scalinglaws.tables.schema import TableError
from scalinglaws.text import counted

Config = dict[str, Any]


def outgrown(module: ModuleType, scale: str, slug: str) -> pd.DataFrame:
    """The kept table of an experiment, all of whose rows its grid still asks for.

    Raises
    ------
    TableError
        If there is none, today's code does not make it, or it has other columns or runs than are
        asked for today.
    """
    table, grid = loading.load(slug), module.grid(scale)
    anew = "leave out --extend to make it anew"
    if said := witness.problem(slug):
        raise TableError(f"data/runs/{slug} cannot be extended: {said}")
    if not witness.read(loading.folder_of(slug)):
        raise TableError(f"no witness says that today's code makes data/runs/{slug}: {anew}")
    if list(table) != list(module.COLUMNS) or table.attrs["scale"] != scale:
        raise TableError(f"data/runs/{slug} has other columns or another scale: {anew}")
    lacks = lacking(table, grid)
    if strange := len(table) + len(lacks) - len(grid):
        raise TableError(f"data/runs/{slug} holds {counted(strange, 'run')} that the grid does not: {anew}")
    if not lacks:
        raise TableError(f"data/runs/{slug} lacks no run of the grid: {anew}")
    return table


def lacking(table: pd.DataFrame, grid: list[Config]) -> list[Config]:
    """The configurations of a grid that are no rows of a table."""
    rows = table[list(grid[0])].to_dict("records")
    return [config for config in grid if config not in rows]


def joined(table: pd.DataFrame, made: pd.DataFrame, grid: list[Config]) -> pd.DataFrame:
    """The rows of a table and the runs made besides, in the order of the grid."""
    both = pd.concat([table, made[list(table)]])
    return pd.DataFrame(grid).merge(both, on=list(grid[0]), validate="one_to_one")[list(table)]


def machines(made: dict[str, Any]) -> list[str]:
    """The machine of each row of a kept table, from `made` of its SOURCE.json, as `merge_machines` takes them."""
    return [
        json.dumps({name: one[name] for name in ("device", "versions")})
        for one in made["machines"]
        for _ in range(one["rows"])
    ]

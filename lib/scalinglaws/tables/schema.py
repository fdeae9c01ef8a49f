"""What the columns of a table hold: types and ranges are those of SOURCE.json, never guessed.

A column's description has a `unit`, an `about` and, for numbers, `min` and `max` (inclusive).
Its type is `type`, one of `TYPES`; without one, a column with a range holds numbers, a column
whose unit is "boolean" holds True and False, and any other holds text. Missing values are
refused unless the description says `"missing": true`; they are written as empty cells.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.errors import UserError
from scalinglaws.text import counted

TYPES = ("number", "integer", "boolean", "text")
#: A number as it is written: "nan", "inf" and Python's underscores are none.
WRITTEN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
#: The keys of SOURCE.json that every reader rests on, with their types.
REQUIRED = {"table": str, "sha256": str, "rows": int, "columns": dict, "title": str}


class TableError(UserError):
    """A table that is missing, altered or out of its schema, with what to do."""


def number_column(unit: str, about: str, low: float, high: float, *, missing: bool = False) -> dict[str, Any]:
    """The description of a column of numbers; `missing`: whether it may be None."""
    return {"unit": unit, "about": about, "min": low, "max": high} | ({"missing": True} if missing else {})


def checked_source(slug: str, about: Any) -> dict[str, Any]:
    """The content of a SOURCE.json, if it describes a table inside its own folder.

    Raises
    ------
    TableError
        Naming the key that is missing or not what it should be.
    """
    if not isinstance(about, dict):
        raise TableError(f"{slug}: SOURCE.json holds no description of a table")
    for key, kind in REQUIRED.items():
        if not isinstance(about.get(key), kind) or isinstance(about[key], bool):
            raise TableError(f"{slug}: SOURCE.json: {key!r} is missing or not {kind.__name__}")
    # A name without a folder in it, on any system: the table lies beside its SOURCE.json.
    if about["table"] in ("", ".", "..") or set(about["table"]) & set("/\\:"):
        raise TableError(f"{slug}: SOURCE.json: the table {about['table']!r} is not a file of its folder")
    check_descriptions(slug, about["columns"])
    return about


def check_descriptions(slug: str, columns: dict[str, Any]) -> None:
    """Refuse the description of a column that lacks its unit, what it is, a known type or one end of its range.

    Raises
    ------
    TableError
        Naming the column and what to give.
    """
    for name, column in columns.items():
        if not isinstance(column, dict) or not {"unit", "about"} <= column.keys():
            raise TableError(f"{slug}.{name}: SOURCE.json gives no unit, or does not say what it is")
        if kind_of(column) not in TYPES:
            raise TableError(f"{slug}.{name}: the type is one of {', '.join(TYPES)}, not {column['type']!r}")
        if ("min" in column) != ("max" in column):
            raise TableError(f"{slug}.{name}: SOURCE.json gives one end of a range; give both")


def kind_of(column: dict[str, Any]) -> str:
    """The type of a column, from its description alone."""
    if "type" in column:
        return column["type"]
    return "number" if "min" in column else "boolean" if column["unit"] == "boolean" else "text"


def parsed(slug: str, content: bytes, about: dict[str, Any]) -> pd.DataFrame:
    """A table out of the bytes of its csv, each column as SOURCE.json describes it.

    Raises
    ------
    TableError
        If the columns are others, or a cell is not of its column's type.
    """
    try:
        cells = pd.read_csv(
            io.BytesIO(content), dtype=str, keep_default_na=False, na_filter=False, index_col=False
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise TableError(f"{slug}: the table cannot be read as csv ({error})") from error
    if list(cells.columns) != list(about["columns"]):
        raise TableError(f"{slug}: columns {list(cells.columns)}, expected {list(about['columns'])}")
    table = {name: column_of(slug, name, cells[name], c) for name, c in about["columns"].items()}
    return pd.DataFrame(table, index=cells.index)


def column_of(slug: str, name: str, cells: pd.Series, column: dict[str, Any]) -> pd.Series:
    """One column of text as what its description says it is."""
    kind, empty = kind_of(column), cells == ""
    if kind == "text":
        return cells.mask(empty) if column.get("missing") else cells
    present = cells[~empty]
    pattern = {"boolean": "True|False", "integer": r"[+-]?\d+", "number": WRITTEN}[kind]
    if not (fits := present.str.fullmatch(pattern)).all():
        what = "not numeric" if kind == "number" else f"no {kind}"
        raise TableError(f"{slug}.{name}: {what}: {present[~fits].iloc[0]!r}")
    if kind == "boolean":
        found = cells.map({"True": True, "False": False})
        return found.astype("boolean") if column.get("missing") else found.where(~empty)
    # Whole numbers are written without a point, so that they come back as what they were.
    whole = bool(present.str.fullmatch(r"[+-]?\d+").all()) and len(present) > 0
    if kind == "integer" or (whole and not empty.any()):
        numbers = pd.Series(pd.array([int(c) if c else pd.NA for c in cells], "Int64"), cells.index)
        return numbers if column.get("missing") and kind == "integer" else numbers.astype("int64")
    # numpy reads decimals exactly, as Python does.
    return pd.Series(np.where(empty, "nan", cells).astype(float), cells.index)


def plain(table: Any) -> pd.DataFrame:
    """A table, or a mapping of columns, as plain cells; masked values are missing, and so None."""
    # Through objects: pandas turns masked whole numbers into floats, and rounds those above 2^53.
    cells = {
        name: table[name].tolist() if hasattr(table[name], "tolist") else list(table[name]) for name in table
    }
    if len({len(column) for column in cells.values()}) > 1:
        raise TableError(f"columns of different lengths: { {n: len(c) for n, c in cells.items()} }")
    return pd.DataFrame(
        {
            name: pd.Series([None if absent(c) else c for c in column], dtype=object)
            for name, column in cells.items()
        }
    )


def absent(cell: Any) -> bool:
    """Whether a cell holds no value: masked, None, NaN."""
    return cell is np.ma.masked or (not isinstance(cell, str) and pd.isna(cell) is True)


def encoded(slug: str, table: Any, about: dict[str, Any]) -> bytes:
    """A table as the bytes of a csv that loads as the same table.

    Raises
    ------
    TableError
        If a value would come back as another one, or is out of its column's range.
    """
    check_descriptions(slug, about["columns"])
    cells = plain(table)
    try:
        content = cells.to_csv(index=False, lineterminator="\n").encode()
    except UnicodeEncodeError as error:
        raise TableError(f"{slug}: text that is not Unicode: {error}") from error
    back = parsed(slug, content, about | {"rows": len(cells)})
    validate(slug, back, about | {"rows": len(cells)})
    for name in cells:
        for given, loaded in zip(cells[name], back[name], strict=True):
            if not same(given, loaded):
                raise TableError(
                    f"{slug}.{name}: {given!r} would be loaded as {loaded!r}; "
                    f"the column is described as {kind_of(about['columns'][name])}"
                )
    return content


def same(given: Any, loaded: Any) -> bool:
    """Whether a cell came back as what it was: text as text, truth as truth, numbers as equal numbers."""
    if absent(given) or absent(loaded):
        return absent(given) and absent(loaded)
    kinds = (str, bool | np.bool_)
    return given == loaded and all(isinstance(given, k) == isinstance(loaded, k) for k in kinds)


def validate(slug: str, table: pd.DataFrame, about: dict[str, Any]) -> None:
    """Check a table against the columns of its SOURCE.json.

    Raises
    ------
    TableError
        Naming the column and the rule.
    """
    if list(table.columns) != list(about["columns"]):
        raise TableError(f"{slug}: columns {list(table.columns)}, expected {list(about['columns'])}")
    if len(table) != about["rows"]:
        raise TableError(f"{slug}: {counted(len(table), 'row')}, expected {about['rows']}")
    for name, column in about["columns"].items():
        values = table[name]
        if values.isna().any() and not column.get("missing"):
            raise TableError(f"{slug}.{name}: missing values in a column that allows none")
        if "min" not in column:
            continue
        if not pd.api.types.is_numeric_dtype(values):
            raise TableError(f"{slug}.{name}: not numeric")
        present = values.dropna().to_numpy(float)
        if not np.isfinite(present).all():
            raise TableError(f"{slug}.{name}: holds infinite values")
        if len(present) and not (column["min"] <= present.min() and present.max() <= column["max"]):
            raise TableError(
                f"{slug}.{name}: values from {present.min()} to {present.max()}, "
                f"allowed {column['min']} to {column['max']}"
            )

"""Tables as files, row by row: csv, tsv, parquet, JSON lines; each row keeps the place where it stands."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.errors import UserError, lacking
from scalinglaws.text import counted

#: Beginning of a file by which its separator is told.
GLANCE = 100_000
SEPARATORS = ",;\t|"


class ReadingError(UserError):
    """A file that is no table of runs, with the line and what to do."""


@dataclass(frozen=True)
class Table:
    """A table as it stands in a file.

    Attributes
    ----------
    name
        Of the file, without its folder.
    frame
        The columns as they were read: text from csv and tsv, typed from the others.
    places
        Where each row stands: "line 7", or "row 7" in a file without lines.
    unread
        Place and reason of each row that could not be read.
    """

    name: str
    frame: pd.DataFrame
    places: list[str]
    unread: list[tuple[str, str]]


def read(path: Path) -> Table:
    """Read a table of runs.

    Parameters
    ----------
    path
        A file whose ending says what it is: `.csv` (separated by commas, semicolons, tabs or bars),
        `.tsv`, `.parquet`, `.jsonl` or `.ndjson` (one object a line; objects in objects become `a.b`).

    Raises
    ------
    ReadingError
        If it is not there, of another kind, empty, or no row of it can be read.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ReadingError(
            f"{path.name}: the ending is none of {', '.join(READERS)}; export the table as csv"
        )
    if not path.is_file():
        raise ReadingError(f"{path} does not exist" if not path.exists() else f"{path} is no file")
    try:
        table = reader(path)
    except UnicodeDecodeError as error:
        raise ReadingError(f"{path.name} is not in UTF-8: save it as UTF-8 text") from error
    if not len(table.frame):
        first = f"; {table.unread[0][0]}: {table.unread[0][1]}" if table.unread else ""
        raise ReadingError(f"{path.name} holds no row that can be read{first}")
    if twice := sorted({str(name) for name in table.frame.columns[table.frame.columns.duplicated()]}):
        raise ReadingError(f"{path.name} has more than one column {', '.join(map(repr, twice))}: rename them")
    return table


def separated(path: Path) -> Table:
    """A table of text, whose separator is the one that the first line has most of."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(GLANCE)
        separator = "\t" if path.suffix.lower() == ".tsv" else max(SEPARATORS, key=first.count)
        file.seek(0)
        lines = numbered(csv.reader(file, delimiter=separator))
        rows, places, unread = [], [], []
        header: list[str] = []
        for place, row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [cell.strip() for cell in row]
            elif len(row) != len(header):
                unread.append((place, f"{counted(len(row), 'field')}, where the header has {len(header)}"))
            else:
                rows.append([cell.strip() for cell in row])
                places.append(place)
    return Table(path.name, pd.DataFrame(rows, columns=header, dtype=object), places, unread)


def numbered(reader: Any) -> Iterator[tuple[str, list[str]]]:
    """Rows with the line that each begins in: a quoted field may go on in the next."""
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ReadingError(f"line {begins} is no row of a table: {error}") from error
        yield f"line {begins}", row


def json_lines(path: Path) -> Table:
    """A table with a JSON object in each line."""
    rows, places, unread = [], [], []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            unread.append((f"line {number}", f"no JSON: {error}"))
            continue
        if not isinstance(row, dict):
            unread.append((f"line {number}", "no object"))
            continue
        rows.append(row)
        places.append(f"line {number}")
    frame = pd.json_normalize(rows).astype(object) if rows else pd.DataFrame()
    return Table(path.name, frame, places, unread)


def parquet(path: Path) -> Table:
    """A table in Parquet."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise ReadingError(lacking(error) or str(error)) from error
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except (pa.ArrowInvalid, OSError) as error:
        raise ReadingError(f"{path.name} is no Parquet file, or is damaged: {error}") from error
    names = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index(level=names) if names else frame.reset_index(drop=True)
    frame.columns = [str(name) for name in frame.columns]
    return Table(path.name, frame, [f"row {number}" for number in range(1, len(frame) + 1)], [])


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": separated,
    ".tsv": separated,
    ".parquet": parquet,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
}


def numbers(values: pd.Series) -> np.ndarray:
    """A column as floating-point numbers, not a number where a cell holds none."""
    return pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)

"""Tables with provenance: checked by hash on every load, never fetched.

`load` reads `data/published/<slug>` or `data/runs/<slug>` and never touches the network. Each
folder holds the table, its description SOURCE.json, in `data/runs` its witnesses, and SHA256SUMS,
which vouches for all of these. `scalinglaws.tables.upstream` makes published tables again.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from scalinglaws import repository
from scalinglaws.machine import devices
from scalinglaws.tables.schema import TableError, checked_source, encoded, parsed, plain, validate
from scalinglaws.tables.sealing import seal, sealed, to_vouch_for, vouched
from scalinglaws.text import counted, instead


class Shared(dict):
    """A part of a table's description that all tables made of it share: pandas copies `attrs` with every step."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Shared:
        return self


def folders() -> dict[str, Path]:
    """Every table's folder by slug, published tables first, then our own runs."""
    data = repository.data_folder()
    runs = {path.parent.name: path.parent for path in sorted(data.glob("runs/*/SOURCE.json"))}
    published = {path.parent.name: path.parent for path in sorted(data.glob("published/*/SOURCE.json"))}
    return published | {slug: folder for slug, folder in runs.items() if slug not in published}


def folder_of(slug: str) -> Path:
    """The one folder of a table.

    Raises
    ------
    TableError
        If there is no table of that name, or there are two.
    """
    known = folders()
    if slug not in known:
        raise TableError(f"no table {slug!r}; {instead(slug, {name: name for name in known})}")
    other = repository.data_folder() / "runs" / slug
    if known[slug] != other and other.exists():
        raise TableError(f"two tables are called {slug!r}, {known[slug]} and {other}: rename one of them")
    return known[slug]


def source(slug: str) -> dict[str, Any]:
    """The provenance of a table, its SOURCE.json.

    Raises
    ------
    TableError
        If there is no table of that name, or the file is damaged.
    """
    content = sealed(slug, folder_of(slug), "SOURCE.json")
    try:
        return checked_source(slug, json.loads(content))
    except ValueError as error:
        raise TableError(f"{slug}: SOURCE.json is no JSON ({error})") from error


def load(slug: str) -> pd.DataFrame:
    """Load a table, after checking its hash, its columns and their ranges.

    Parameters
    ----------
    slug
        Name of a folder in `data/published` or `data/runs`.

    Returns
    -------
    pandas.DataFrame
        Columns as SOURCE.json describes them; `attrs` holds that description.

    Raises
    ------
    TableError
        If the table is missing, its hash is wrong, or a value is out of its range.
    """
    about = source(slug)
    content = sealed(slug, folder_of(slug), about["table"])
    if hashlib.sha256(content).hexdigest() != about["sha256"]:
        raise TableError(
            f"{slug}: {about['table']} is not the table that SOURCE.json describes: another sha256"
        )
    if about["table"].endswith(".parquet"):
        table = pd.read_parquet(io.BytesIO(content))
    else:
        table = parsed(slug, content, about)
    validate(slug, table, about)
    table.attrs = {key: Shared(part) if isinstance(part, dict) else part for key, part in about.items()}
    return table


def verify(slug: str) -> None:
    """See that a table loads, and that every file of its folder is one which SHA256SUMS vouches for.

    Raises
    ------
    TableError
        If something is missing, changed, or out of its schema.
    """
    load(slug)
    folder = folder_of(slug)
    for name in sorted({*vouched(folder), *to_vouch_for(folder)}):
        sealed(slug, folder, name)


def provenance(table: pd.DataFrame) -> str:
    """One line that says where a loaded table comes from."""
    about = table.attrs
    if "repository" not in about:
        return f"{counted(len(table), 'row')} · own runs on {devices(about['made']['machines'])} · {about['title']}"
    return (
        f"{counted(len(table), 'row')} · {about['paper']} · {about['repository']}@{about['commit'][:8]} · "
        f"licence: {about['licence']}"
    )


def save(folder: Path, table: Any, about: dict[str, Any]) -> None:
    """Write a table, its SOURCE.json and their seal, so that it loads as what was given.

    Parameters
    ----------
    folder
        Its name is the table's slug.
    table
        A data frame, or a mapping of column names to sequences; masked values are missing.
    about
        The content of SOURCE.json but for `table`, `rows` and `sha256`.

    Raises
    ------
    TableError
        If a value would be loaded as another one, or is out of its schema; nothing is written then.
    """
    content = encoded(folder.name, table, about)
    about = about | {
        "table": "table.csv",
        "rows": len(plain(table)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    checked_source(folder.name, about)
    repository.write_atomically(folder / "table.csv", content.decode())
    repository.write_atomically(
        folder / "SOURCE.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    )
    seal(folder, "table.csv", "SOURCE.json")

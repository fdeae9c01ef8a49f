"""Tables with provenance: hash-checked on every load, rebuilt from upstream on demand.

`load` reads `data/published/<slug>` or `data/runs/<slug>` and never touches the network.
`rebuild` makes a published table again from its upstream files, which come from a mirror
folder (`SCALINGLAWS_MIRROR`) or from their public address, and are hash-checked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.machine import devices

MIRROR_VARIABLE = "SCALINGLAWS_MIRROR"


class TableError(RuntimeError):
    """A table that is missing, altered or out of its schema, with what to do."""


def data_folder() -> Path:
    """The repository's `data/` folder.

    Raises
    ------
    TableError
        If the package was installed without the repository around it.
    """
    folder = Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        raise TableError(
            f"no data folder at {folder}: install from a clone of the repository with 'pip install -e .'"
        )
    return folder


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write text so that the file is either the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folders() -> dict[str, Path]:
    """Every table's folder by slug, published tables first, then our own runs."""
    data = data_folder()
    found = [*data.glob("published/*/SOURCE.json"), *data.glob("runs/*/SOURCE.json")]
    return {path.parent.name: path.parent for path in sorted(found)}


def source(slug: str) -> dict[str, Any]:
    """The provenance of a table, its SOURCE.json.

    Raises
    ------
    TableError
        If there is no table of that name.
    """
    if slug not in folders():
        raise TableError(f"no table {slug!r}; there are: {', '.join(folders()) or 'none'}")
    return json.loads((folders()[slug] / "SOURCE.json").read_text(encoding="utf-8"))


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
    path = folders()[slug] / about["table"]
    if not path.is_file():
        raise TableError(f"{slug}: {path.name} is missing; run 'scalinglaws data rebuild {slug}'")
    if (found := sha256(path)) != about["sha256"]:
        raise TableError(
            f"{slug}: {path.name} has sha256 {found[:12]}…, SOURCE.json says {about['sha256'][:12]}…; "
            f"the file was changed: restore it with git or run 'scalinglaws data rebuild {slug}'"
        )
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    validate(slug, table, about)
    table.attrs = about
    return table


def validate(slug: str, table: pd.DataFrame, about: dict[str, Any]) -> None:
    """Check a table against the columns of its SOURCE.json.

    Each column has a `unit`, an `about` and, for numbers, `min` and `max` (inclusive).
    Missing values are refused unless the column says `"missing": true`.

    Raises
    ------
    TableError
        Naming the column and the rule.
    """
    if list(table.columns) != list(about["columns"]):
        raise TableError(f"{slug}: columns {list(table.columns)}, expected {list(about['columns'])}")
    if len(table) != about["rows"]:
        raise TableError(f"{slug}: {len(table)} rows, expected {about['rows']}")
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


def provenance(table: pd.DataFrame) -> str:
    """One line that says where a loaded table comes from."""
    about = table.attrs
    if "repository" not in about:
        return f"{len(table)} rows · own runs on {devices(about['made']['machines'])} · {about['title']}"
    return (
        f"{len(table)} rows · {about['paper']} · {about['repository']}@{about['commit'][:8]} · "
        f"licence: {about['licence']}"
    )


@dataclass(frozen=True)
class Upstream:
    """A file that a published table is made from.

    Parameters
    ----------
    path
        Path in the upstream repository.
    sha256
        Hex digest of the file.
    mirror
        Path in the mirror folder.
    public
        False where the mirror's file is itself an extraction that has no public address.
    library
        For a module of Python's library, its path there: the one of this interpreter serves if
        it is the same file.
    """

    path: str
    sha256: str
    mirror: str
    public: bool = True
    library: str = ""


def converter(slug: str) -> ModuleType:
    """The module `data/convert/<slug>.py`: `SOURCE`, `UPSTREAM` and `convert(paths)`."""
    path = data_folder() / "convert" / f"{slug}.py"
    if not path.is_file():
        raise TableError(f"no converter at data/convert/{slug}.py")
    spec = importlib.util.spec_from_file_location(f"convert_{slug}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def retrieve(mirror: str, address: str, digest: str) -> Path:
    """A file on this machine: from the mirror folder if one is named, else from its public address.

    Downloads are kept in pooch's cache; a progress bar is shown on a terminal.

    Parameters
    ----------
    mirror
        Path in the mirror folder.
    address
        Public address; empty where there is none.
    digest
        sha256 of what lies at the address, in hex; a file of the mirror is left to the caller to check.

    Raises
    ------
    TableError
        If it can be had from neither; says what to do.
    """
    if folder := os.environ.get(MIRROR_VARIABLE):
        path = Path(folder) / mirror
        if not path.is_file():
            raise TableError(f"{MIRROR_VARIABLE} is set, but {path} is missing")
        return path
    if not address:
        raise TableError(f"{mirror} has no public address: set {MIRROR_VARIABLE} to a folder that holds it")
    import pooch

    try:
        return Path(pooch.retrieve(address, known_hash=f"sha256:{digest}", progressbar=sys.stderr.isatty()))
    except Exception as error:
        raise TableError(
            f"cannot fetch {address} ({error}); without a network set {MIRROR_VARIABLE} to a folder "
            f"that holds {mirror}"
        ) from error


def fetch(upstream: Upstream, repository: str, commit: str) -> Path:
    """An upstream file on this machine, from Python's library, the mirror folder or its public address.

    Raises
    ------
    TableError
        If it can be had from neither, or its hash is wrong.
    """
    if upstream.library:
        here = Path(sysconfig.get_paths()["stdlib"], upstream.library)
        if here.is_file() and sha256(here) == upstream.sha256:
            return here
    address = f"https://raw.githubusercontent.com/{repository}/{commit}/{upstream.path}"
    path = retrieve(upstream.mirror, address if upstream.public else "", upstream.sha256)
    if sha256(path) != upstream.sha256:
        raise TableError(
            f"{path.name}: wrong sha256; the upstream file is not the one this table was made from"
        )
    return path


def convert(slug: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Make a published table and its SOURCE.json content from the upstream files."""
    module = converter(slug)
    about = dict(module.SOURCE)
    paths = [fetch(file, about["repository"], about["commit"]) for file in module.UPSTREAM]
    table = module.convert(*paths).reset_index(drop=True)
    about["files"] = [{"path": file.path, "sha256": file.sha256} for file in module.UPSTREAM]
    about["table"] = "table.csv"
    about["rows"] = len(table)
    validate(slug, table, about)
    return table, about


def save(folder: Path, table: pd.DataFrame, about: dict[str, Any]) -> None:
    """Write a table and its SOURCE.json, the hash last."""
    text = table.to_csv(index=False, lineterminator="\n")
    about = about | {
        "table": "table.csv",
        "rows": len(table),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    validate(folder.name, table, about)
    write_atomically(folder / "table.csv", text)
    write_atomically(folder / "SOURCE.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n")


def rebuild(slug: str) -> Path:
    """Make `data/published/<slug>` again from its upstream files and return its folder."""
    folder = data_folder() / "published" / slug
    save(folder, *convert(slug))
    return folder


def describe() -> str:
    """The text of `data/README.md`, made from the SOURCE.json files."""
    lines = [
        "# Data",
        "",
        "Generated by `scalinglaws data rebuild`; `scalinglaws data verify` checks every hash, column and range.",
        "Figures carried over from publications are in `published/`, tables of our own runs in `runs/`.",
    ]
    for slug, folder in folders().items():
        about = source(slug)
        lines += ["", f"## {folder.parent.name}/{slug}", "", about["title"], ""]
        if "repository" in about:
            arxiv = (
                f" ([arXiv:{about['arxiv']}](https://arxiv.org/abs/{about['arxiv']}))"
                if about.get("arxiv")
                else ""
            )
            lines += [
                f"- paper: {about['paper']}{arxiv}",
                f"- upstream: https://github.com/{about['repository']} at `{about['commit']}`: "
                + ", ".join(f"`{file['path']}`" for file in about["files"]),
                f"- licence: {about['licence']}",
                f"- how obtained: {about['how_obtained']}",
            ]
        else:
            made = about["made"]
            lines += [
                f"- command: `{made['command']}`, recipe {about['recipe']}, {made['seconds']:,.0f} s of work"
            ]
            lines += [
                f"- {each['rows']} rows on {each['device']}: "
                + ", ".join(f"{name} {version}" for name, version in each["versions"].items())
                for each in made["machines"]
            ]
            lines += [
                f"- commit: `{made['commit'] or 'not recorded'}`"
                + (f", {made['note']}" if "note" in made else ""),
                f"- seeds: {about['seeds']}; witnesses: `runs/{slug}/witnesses.json`",
            ]
            if text := about.get("text"):
                lines += [f"- text: {text['source']}, {text['licence']}, sha256 `{text['sha256']}`"]
        lines += [
            f"- rows: {about['rows']}; sha256: `{about['sha256']}`",
            "",
            "| column | unit | what |",
            "| --- | --- | --- |",
        ]
        lines += [f"| `{name}` | {c['unit']} | {c['about']} |" for name, c in about["columns"].items()]
    return "\n".join(lines) + "\n"

"""Tables with provenance: hash-checked on every load, rebuilt from upstream on demand.

`load` reads `data/published/<slug>` or `data/runs/<slug>` and never touches the network. Each
folder holds the table, its description SOURCE.json, in `data/runs` its witnesses, and SHA256SUMS,
which vouches for all of these.
`rebuild` makes a published table again from its upstream files, which come from a mirror
folder (`SCALINGLAWS_MIRROR`) or from their public address, and are hash-checked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from scalinglaws import repository
from scalinglaws.machine import devices
from scalinglaws.schema import TableError, described, encoded, parsed, plain, validate
from scalinglaws.text import FILL, counted, instead

MIRROR_VARIABLE = "SCALINGLAWS_MIRROR"
#: The files of a table's folder that SHA256SUMS vouches for, by their names without the ending.
VOUCHED = {"SOURCE", "table", "witnesses"}


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def vouched(folder: Path) -> dict[str, str]:
    """What SHA256SUMS says: name of a file -> its sha256."""
    text = (folder / "SHA256SUMS").read_bytes().decode(errors="replace").replace("\r\n", "\n")
    lines = (line.partition("  ") for line in text.split("\n"))
    return {name: digest for digest, _, name in lines if name}


def to_vouch_for(folder: Path) -> list[str]:
    """The files of a table's folder that SHA256SUMS has to name."""
    return sorted(path.name for path in folder.iterdir() if path.stem in VOUCHED)


def sealed(slug: str, folder: Path, name: str) -> bytes:
    """The bytes of a file of a table's folder, if they are those that SHA256SUMS vouches for.

    Raises
    ------
    TableError
        If the file is missing or changed; says which, and what to do.
    """
    path, sums = folder / name, folder / "SHA256SUMS"
    anew = f"run 'scalinglaws data rebuild {slug}'" if folder.parent.name == "published" else "make it anew"
    mend = f"{anew} or restore it with git"
    meant = f"if it is as it should be, 'scalinglaws data seal {slug}'"
    for needed in (path, sums):
        if not needed.is_file():
            raise TableError(f"{slug}: {needed.name} is missing; {mend}{f'; {meant}' * (needed == sums)}")
    kept = vouched(folder).get(name, "")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found == kept:
        return content
    if hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() == kept:
        raise TableError(
            f"{slug}: {name} has the line ends of Windows, which git wrote (core.autocrlf): remove the folder "
            "data and run 'git checkout -- data' in a clone whose .gitattributes keeps bytes as they are"
        )
    raise TableError(
        f"{slug}: {name} has sha256 {found[:12]}…, SHA256SUMS says {kept[:12] or 'nothing of it'}…; the file was "
        f"changed: {mend}; {meant}"
    )


def source(slug: str) -> dict[str, Any]:
    """The provenance of a table, its SOURCE.json.

    Raises
    ------
    TableError
        If there is no table of that name, or the file is damaged.
    """
    content = sealed(slug, folder_of(slug), "SOURCE.json")
    try:
        return described(slug, json.loads(content))
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
    table.attrs = about
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


class Unavailable(TableError):
    """A file that can be had neither from a mirror nor from a public address here."""


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
    """The module `data/convert/<slug>.py`: `SOURCE`, `UPSTREAM` and `convert(paths)`.

    Raises
    ------
    TableError
        If there is none of that name, or it is not filled in yet; no file outside `data/convert` is
        ever executed.
    """
    if slug not in (known := converters()):
        raise TableError(f"no converter {slug!r} in data/convert; {instead(slug, {n: n for n in known})}")
    path = repository.data_folder() / "convert" / f"{slug}.py"
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    if unfilled := [str(number) for number, line in lines if FILL in line]:
        raise TableError(f"{path} is not filled in yet: line {', '.join(unfilled)}")
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
    Unavailable
        If it can be had from neither; says what to do.
    TableError
        If what lies at the address is not the published file.
    """
    if folder := os.environ.get(MIRROR_VARIABLE):
        path = Path(folder) / mirror
        if not path.is_file():
            raise Unavailable(f"{MIRROR_VARIABLE} is set, but {path} is missing")
        return path
    if not address:
        raise Unavailable(f"{mirror} has no public address: set {MIRROR_VARIABLE} to a folder that holds it")
    import pooch

    try:
        return Path(pooch.retrieve(address, known_hash=f"sha256:{digest}", progressbar=sys.stderr.isatty()))
    except ValueError as error:  # what pooch says of a wrong hash
        raise TableError(f"{address} is not the published file: {error}") from error
    except Exception as error:
        raise Unavailable(
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
    described(folder.name, about)
    repository.write_atomically(folder / "table.csv", content.decode())
    repository.write_atomically(
        folder / "SOURCE.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    )
    seal(folder, "table.csv", "SOURCE.json")


def seal(folder: Path, *names: str) -> None:
    """Write SHA256SUMS, by which a changed file is known ('sha256sum --check SHA256SUMS' reads it too).

    Parameters
    ----------
    folder
        A table's folder.
    names
        Files that are meant to have changed; what is said of the others stays. All by default.
    """
    known = vouched(folder) if names and (folder / "SHA256SUMS").is_file() else {}
    present = to_vouch_for(folder)
    known |= {name: sha256(folder / name) for name in names or present}
    lines = [f"{known[name]}  {name}\n" for name in present if name in known]
    repository.write_atomically(folder / "SHA256SUMS", "".join(lines))


def converters() -> list[str]:
    """The slugs of all published tables that can be made again."""
    return sorted(path.stem for path in repository.data_folder().glob("convert/*.py"))


def rebuild(slug: str) -> Path:
    """Make `data/published/<slug>` again from its upstream files and return its folder."""
    table, about = convert(slug)
    folder = repository.data_folder() / "published" / slug
    save(folder, table, about)
    return folder


def rebuilt(slug: str) -> None:
    """See that `data/published/<slug>` is what its converter makes of the upstream files.

    Raises
    ------
    Unavailable
        If the upstream files cannot be had here.
    TableError
        If the table or its description differs; says where.
    """
    table, about = convert(slug)
    kept = source(slug)
    if encoded(slug, table, about) != sealed(slug, folder_of(slug), kept["table"]):
        raise TableError(f"{slug}: the upstream files give another table than the one kept")
    for key in sorted((about.keys() | kept.keys()) - {"sha256"}):
        if about.get(key) != kept.get(key):
            raise TableError(f"{slug}: SOURCE.json says another {key!r} than its converter")


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
                f"- {counted(each['rows'], 'row')} on {each['device']}: "
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


def is_described() -> bool:
    """Whether `data/README.md` is what the SOURCE.json files say."""
    path = repository.data_folder() / "README.md"
    return path.is_file() and path.read_text(encoding="utf-8") == describe()

"""Published tables made again from the files of their source, which are fetched and checked by hash.

The files come from a mirror folder (`SCALINGLAWS_MIRROR`) or from their public address.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from scalinglaws import repository
from scalinglaws.tables.loading import folder_of, save, source
from scalinglaws.tables.schema import TableError, check_descriptions, encoded, validate
from scalinglaws.tables.sealing import sealed, sha256
from scalinglaws.text import FILL, instead

MIRROR_VARIABLE = "SCALINGLAWS_MIRROR"


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


def converters() -> list[str]:
    """The slugs of all published tables that can be made again."""
    return sorted(path.stem for path in repository.data_folder().glob("convert/*.py"))


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
    check_descriptions(slug, about["columns"])
    validate(slug, table, about)
    return table, about


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

"""SHA256SUMS: what vouches for the files of a table's folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from scalinglaws import repository
from scalinglaws.tables.schema import TableError

#: The files of a table's folder that SHA256SUMS vouches for, by their names without the ending.
VOUCHED = {"SOURCE", "table", "witnesses"}


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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

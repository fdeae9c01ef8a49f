"""Where the repository is, and how its files are written: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from scalinglaws.errors import UserError


def data_folder() -> Path:
    """The repository's `data/` folder.

    Raises
    ------
    UserError
        If the package was installed without the repository around it.
    """
    folder = Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        raise UserError(
            f"no data folder at {folder}: install from a clone of the repository with 'pip install -e .'"
        )
    return folder


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

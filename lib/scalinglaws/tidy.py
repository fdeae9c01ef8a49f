"""Notebooks that an editor has saved, as the runner keeps them: sources and outputs stay, all else is put right."""

from __future__ import annotations

from pathlib import Path

from scalinglaws import notebooks, repository
from scalinglaws.nbformats import nbformat


def tidied(path: Path) -> bytes:
    """The bytes of a notebook's file as the runner keeps it.

    Raises
    ------
    NotebookError
        If the file is missing or no sound notebook; says where it breaks.
    """
    notebooks.glance(path)  # says at which line it is no JSON
    try:
        read = nbformat.reader.reads(path.read_text(encoding="utf-8"))
        if read.get("nbformat") != 4:
            raise notebooks.NotebookError(f"it is of format {read.get('nbformat')}, not 4")
        return notebooks.dumps(notebooks.normalise(read)).encode()
    except (nbformat.ValidationError, notebooks.NotebookError) as error:
        reason = getattr(error, "message", error)
    except (AttributeError, KeyError) as error:
        reason = f"a part is missing or is something else ({error})"
    # Of another type than it should be; or half a letter, which is text for JSON and for no file.
    except (TypeError, ValueError) as error:
        reason = error
    # A reason may quote a whole output.
    raise notebooks.NotebookError(f"{path} is no sound notebook: {' '.join(str(reason).split())[:200]}")


def tidy(path: Path, check: bool = False) -> bool:
    """Rewrite a notebook as the runner keeps it; returns whether it was, or with `check` is, anything else.

    Raises
    ------
    NotebookError
        If it cannot be read; the file stays as it is.
    """
    kept = tidied(path)
    differs = path.read_bytes() != kept
    if differs and not check:
        repository.write_atomically(path, kept.decode())
    return differs

"""Scratch folders that do not outlive their owners: what a killed one left is swept at the next start."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks on this system: nothing is swept there
    fcntl = None

LOCK = "lock"
SUFFIX = ".scratch"
#: Seconds after which a folder without a lock is a dead one's: its owner locks it at once.
GRACE = 60.0


def lock(path: Path) -> int | None:
    """Lock a file that must be there, and return its descriptor; None if another process holds it.

    The lock ends with the process that holds it, however that ends.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def sweep(place: Path) -> None:
    """Remove the scratch folders in a place whose owners are gone."""
    for folder in place.glob(f".*{SUFFIX}") if fcntl else ():
        with contextlib.suppress(OSError):
            if (folder / LOCK).is_file():
                if (held := lock(folder / LOCK)) is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(held)
            elif time.time() - folder.stat().st_mtime > GRACE:
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def folder(place: Path, name: str) -> Iterator[Path]:
    """A scratch folder in a place, removed at the end; those of dead owners are removed first."""
    sweep(place)
    with tempfile.TemporaryDirectory(
        dir=place, prefix=f".{name}.", suffix=SUFFIX, ignore_cleanup_errors=True
    ) as made:
        path, held = Path(made), None
        if fcntl:
            (path / f"{LOCK}.new").touch()
            held = lock(path / f"{LOCK}.new")
            os.rename(path / f"{LOCK}.new", path / LOCK)  # it is never seen unlocked
        try:
            yield path
        finally:
            if held is not None:
                os.close(held)

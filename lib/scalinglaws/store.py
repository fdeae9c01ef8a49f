"""The store of a sweep: one SQLite file that is only ever appended to, each row under a checksum.

A finished run is one transaction, so a kill leaves it in the store or not there at all.
There is no index, hence no structure that a flipped bit could make point at the wrong row;
reading takes the file from front to back. Only the process that calls `sweep` opens the
store, never a worker, so it may lie on a local disk while the runs are elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from scalinglaws.worker import Record

#: Seconds to wait for another process that is writing.
PATIENCE = 60
#: What SQLite says of a file that is no sound store (an ERROR is a table or column that is not there).
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class StoreError(RuntimeError):
    """A store that cannot be written or read, with what to do."""


class UnreadableError(StoreError):
    """A file that is no sound database."""


def checksum(key: bytes, payload: bytes) -> bytes:
    """The seal of a row; it covers the key, so that no payload is served under another's."""
    return hashlib.sha256(key + b"\n" + payload).hexdigest().encode()


def connect(path: Path, options: str) -> sqlite3.Connection:
    """Open the file; text comes back as bytes, since flipped bits need not be UTF-8."""
    uri = f"{path.absolute().as_uri()}?{options}"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE)
    connection.text_factory = bytes
    return connection


def rows_of(path: Path, options: str = "mode=ro") -> list[tuple[bytes, bytes, bytes]]:
    """All rows of the file, unchecked, oldest first."""
    with contextlib.closing(connect(path, options)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return []  # another process has just begun it
        return connection.execute("SELECT key, payload, checksum FROM runs ORDER BY rowid").fetchall()


def read(path: Path) -> dict[str, Record]:
    """The records of a store by key: the first finished one of a key, else its latest failure.

    Rows whose checksum is wrong are left out, with a warning. No file is an empty store.

    Raises
    ------
    UnreadableError
        If the file is no sound database.
    StoreError
        If it cannot be opened.
    """
    if not path.is_file() or not path.stat().st_size:
        return {}
    try:
        try:
            rows = rows_of(path)
        except sqlite3.OperationalError as error:
            # A reader wants room for shared memory, which a read-only folder does not give.
            # A store that was closed properly can be read without.
            if error.sqlite_errorcode & 0xFF in DAMAGE or Path(f"{path}-wal").exists():
                raise
            rows = rows_of(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in DAMAGE:
            raise UnreadableError(f"the store {path} cannot be read: {error}") from error
        raise StoreError(f"cannot open the store {path}: {error}") from error
    found: dict[str, Record] = {}
    damaged = 0
    for row in rows:
        if not all(isinstance(part, bytes) for part in row) or checksum(*row[:2]) != row[2]:
            damaged += 1
            continue
        key, record = row[0].decode(), json.loads(row[1])
        if found.get(key, {}).get("status") != "done":
            found[key] = record
    if damaged:
        warnings.warn(f"{path}: {damaged} damaged row(s) left out; the runs will be repeated", stacklevel=2)
    return found


def set_aside(path: Path) -> Path:
    """Rename an unreadable store, with what belongs to it, to the first free name; nothing is lost."""
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        if (part := Path(f"{path}{suffix}")).exists():
            part.rename(f"{aside}{suffix}")
    return aside


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Callable[[dict[str, Record]], None]]:
    """Open a store to add records to it; what it gives commits them in one transaction.

    Raises
    ------
    StoreError
        On opening or on adding, if the file cannot be written: disk full, read-only folder.
    """

    def refused(error: Exception) -> StoreError:
        return StoreError(
            f"cannot write to the store {path}: {error}. The runs in it are safe and can be read; "
            "make room or name another place, and start again to go on from there"
        )

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path, "mode=rwc")
        # Survives a killed process; a loss of power may cost the last rows, never a torn one.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection:
            connection.execute("PRAGMA user_version = 1")  # a write, so refused before any run, not after
            connection.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT, payload TEXT, checksum TEXT)")
    except (sqlite3.Error, OSError) as error:
        raise refused(error) from error

    def add(records: dict[str, Record]) -> None:
        rows = [(key.encode(), json.dumps(record).encode()) for key, record in records.items()]
        try:
            with connection:
                connection.executemany(
                    "INSERT INTO runs VALUES (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))",
                    [(*row, checksum(*row)) for row in rows],
                )
        except sqlite3.Error as error:
            raise refused(error) from error

    with contextlib.closing(connection):
        yield add

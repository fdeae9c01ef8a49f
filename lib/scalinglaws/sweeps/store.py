"""The store of a sweep: one SQLite file that is only ever appended to, each row under a checksum.

A finished run is one transaction, so a kill leaves it in the store or not there at all.
There is no index, hence no structure that a flipped bit could make point at the wrong row;
reading takes the file from front to back. Only the process that calls `sweep` opens the
store, never a worker, so it may lie on a local disk while the runs are elsewhere.

A row and its checksum stand side by side in the file, so whole rows are found again in a
file, or a log beside it (`-wal`), of which SQLite can make nothing (`scalinglaws.sweeps.salvage`).
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import shutil
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scalinglaws.sweeps.salvage import Row, checksum, is_broken, keys_in, rows_in
from scalinglaws.sweeps.worker import Record

#: What `PRAGMA user_version` says of a store of ours.
SCHEMA = 1
#: Seconds to wait for other processes that hold a store.
PATIENCE = 60.0
#: Of these, seconds until one who waits for a damaged store looks whether it is still damaged.
PULSE = 1.0
#: What SQLite says of a file that is no sound store (an ERROR is a table or column that is not there).
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class StoreError(RuntimeError):
    """A store that cannot be written or read, with what to do."""


class UnreadableError(StoreError):
    """A file that is no sound database."""


def log_of(path: Path) -> Path:
    """SQLite's log of what is not yet in the file itself."""
    return Path(f"{path}-wal")


def next_of(path: Path) -> Path:
    """A complete store that is to take the place of a damaged one, which is kept already."""
    return path.with_name(f".{path.name}.next")


def size(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0


def connect(path: Path, options: str) -> sqlite3.Connection:
    """Open the file; text comes back as bytes, since flipped bits need not be UTF-8."""
    uri = f"{path.absolute().as_uri()}?{options}"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    connection.text_factory = bytes
    return connection


def is_begun(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether a database is a store; False if it is still empty. To be asked within a transaction.

    Raises
    ------
    StoreError
        If it is sound, and something else.
    UnreadableError
        If it was a store, and its table is not there.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if version == SCHEMA:
        if b"runs" not in names:
            raise UnreadableError(f"the store {path} has lost its table")
        return True
    if version or names:
        raise StoreError(
            f"{path} is a sound database, but no store of this version: its schema is {version}, not {SCHEMA}. It is "
            "left as it is: name another file, move this one away, or use the version of scalinglaws that wrote it"
        )
    return False


def rows_of(path: Path, options: str = "mode=ro") -> list[Row]:
    """All rows of the file, unchecked, oldest first."""
    with contextlib.closing(connect(path, options)) as connection:
        connection.execute("BEGIN")
        if not is_begun(connection, path):
            return []  # another process has just begun it
        if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != b"ok":
            raise UnreadableError(f"the store {path} is damaged: {found.decode(errors='replace')}")
        return connection.execute("SELECT key, payload, checksum FROM runs ORDER BY rowid").fetchall()


def rows_of_copy(path: Path) -> list[Row]:
    """All rows of a file in a folder that cannot be written, where SQLite has no room for what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if size(log_of(path)):
            shutil.copyfile(log_of(path), log_of(copy))
        return rows_of(copy, "mode=rw")


@contextlib.contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """Turn what SQLite says on reading into errors of ours."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema, and Python fails to read that
        raise UnreadableError(f"the store {path} cannot be read: its description is damaged") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in DAMAGE:
            raise UnreadableError(f"the store {path} cannot be read: {error}") from error
        raise StoreError(f"cannot open the store {path}: {error}") from error
    except OSError as error:
        raise StoreError(f"cannot open the store {path}: {error}") from error


def read(path: Path) -> dict[str, Record]:
    """The records of a store by key: the first finished one of a key, else its latest failure.

    Rows whose checksum is wrong are left out. Rows that SQLite does not find in a damaged log are
    taken from there, if they are whole. Warnings count each kind. No file is an empty store.

    Raises
    ------
    UnreadableError
        If the file is no sound database.
    StoreError
        If it cannot be opened, or is another kind of database.
    """
    with in_our_words(path):
        log = log_of(path)  # before SQLite looks: it finds all that is sound by now
        logged, keys, broken = rows_in(log), keys_in(log), is_broken(log)
        if not size(path):
            if logged:
                raise UnreadableError(f"the store {path} is empty, but its log holds {len(logged)} rows")
            return {}
        try:
            rows = rows_of(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in DAMAGE or os.access(path.parent, os.W_OK):
                raise
            rows = rows_of_copy(path)
    sound = [row for row in rows if all(isinstance(x, bytes) for x in row) and checksum(*row[:2]) == row[2]]
    hidden = beyond(logged, sound)
    if damaged := len(rows) - len(sound):
        warnings.warn(f"{path}: {damaged} damaged row(s) left out; the runs will be repeated", stacklevel=2)
    if broken or hidden:
        lost = keys - {row[0] for row in (*rows, *hidden)}
        warnings.warn(
            f"{path}: its log is damaged; {len(hidden)} whole row(s) taken from behind the damage, {len(lost)} other(s) "
            "lost there; their runs will be repeated",
            stacklevel=2,
        )
    return records([*sound, *hidden])


def beyond(logged: Iterable[Row], rows: list[Row]) -> list[Row]:
    """Rows of a log that are not among those that SQLite found."""
    known = set(rows)
    return [row for row in logged if row not in known]


def records(rows: Iterable[Row]) -> dict[str, Record]:
    """The records of rows that are whole, by key."""
    found: dict[str, Record] = {}
    for key, payload, _ in rows:
        if found.get(key.decode(), {}).get("status") != "done":
            found[key.decode()] = json.loads(payload)
    return found


@contextlib.contextmanager
def lock(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold a store, together with others that add to it, or alone to put another in its place.

    The lock is that of an empty database beside the store, since the store itself may be
    renamed or damaged. It ends with the process that holds it, however that ends.
    """
    patience = PULSE if alone else PATIENCE
    with contextlib.closing(
        sqlite3.connect(f"{path}.lock", timeout=patience, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN EXCLUSIVE" if alone else "BEGIN")
        connection.execute("SELECT * FROM sqlite_master").fetchall()  # only now does it hold the lock
        yield


def opened(path: Path) -> dict[str, Record]:
    """The records of a store; one that cannot be read is set aside, and its whole rows begin a new one.

    Raises
    ------
    StoreError
        If it cannot be opened or set aside, or is another kind of database.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        unreadable = f"the store {path} is damaged"
        try:
            finish_what_was_killed(path)
            try:
                return read(path)
            except UnreadableError as error:
                unreadable = error
            with lock(path, alone=True):
                try:
                    return read(path)  # another process may have seen to it meanwhile
                except UnreadableError as error:
                    return begun_anew(path, error)
        except (sqlite3.Error, OSError) as error:
            # Whoever holds it may have set it aside, and go on with the new one: then that is read.
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if time.monotonic() > deadline or not busy:
                raise StoreError(
                    f"{unreadable}, and it cannot be set aside: {error}. If another sweep uses it, wait for that to "
                    "end; else move it away"
                ) from error


def finish_what_was_killed(path: Path) -> None:
    """Go on where a process was killed that set this store aside: end that, and remove what it had only begun."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.part*"):
        with contextlib.suppress(sqlite3.Error, OSError), lock(path, alone=False):  # so nobody is at it
            leftover.unlink()
    if next_of(path).exists():
        with lock(path, alone=True):
            if next_of(path).exists():
                take_its_place(path)


def begun_anew(path: Path, error: UnreadableError) -> dict[str, Record]:
    """Set a store aside, and say so: the records of its whole rows, with which the new one begins."""
    rows, keys = rows_in(path) | rows_in(log_of(path)), keys_in(path) | keys_in(log_of(path))
    aside = set_aside(path, rows)
    lost = len(keys - {key for key, _, _ in rows})
    warnings.warn(
        f"{error}; it is kept as {aside}, and a new one begun with the {len(rows)} rows that are whole"
        f"{f', without {lost} that are not' if lost else ''}",
        stacklevel=4,
    )
    return records(rows)


def set_aside(path: Path, rows: Iterable[Row]) -> Path:
    """Keep a store, with its log, under the first free name, and put one of some rows in its place.

    A kill leaves the old one there, or the new one complete and about to take its place.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable-{number}")).exists() or log_of(aside).exists():
        number += 1
    new = path.with_name(f".{path.name}.{os.getpid()}.part")
    with contextlib.closing(begun(new)) as connection:
        insert(connection, rows)
    for old, kept in ((path, aside), (log_of(path), log_of(aside))):
        if old.exists():
            try:
                os.link(old, kept)
            except OSError:  # a file system without links
                shutil.copyfile(old, kept)
    new.replace(next_of(path))
    take_its_place(path)
    return aside


def take_its_place(path: Path) -> None:
    """Put the store that is to be the next one in the place of another, whose log is not its own."""
    for suffix in ("-shm", "-wal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    next_of(path).replace(path)


def begun(path: Path) -> sqlite3.Connection:
    """A store that can be added to; made where there is none."""
    connection = connect(path, "mode=rwc")
    connection.execute("BEGIN")
    is_begun(connection, path)  # before anything is changed
    connection.execute("COMMIT")
    # Survives a killed process; a loss of power may cost the last rows, never a torn one.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")  # a write, so refused before any run, not after
    connection.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT, payload TEXT, checksum TEXT)")
    connection.execute("COMMIT")
    return connection


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Add rows in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(
            "INSERT INTO runs VALUES (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))", rows
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Callable[[dict[str, Record]], None]]:
    """Open a store to add records to it; what it gives commits them in one transaction.

    Rows that SQLite does not find in a damaged log are added first, since the log is written anew.

    Raises
    ------
    StoreError
        On opening or on adding, if the file cannot be written: disk full, read-only folder.
    """

    @contextlib.contextmanager
    def or_refused() -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise StoreError(
                f"cannot write to the store {path}: {error}. The runs in it are safe and can be read; "
                "make room or name another place, and start again to go on from there"
            ) from error

    with contextlib.ExitStack() as stack:
        with or_refused():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.access(path.parent, os.W_OK):
                raise OSError(f"its folder {path.parent} is readonly")
            stack.enter_context(lock(path, alone=False))
            logged = rows_in(log_of(path))
            connection = stack.enter_context(contextlib.closing(begun(path)))
            if logged and (hidden := beyond(logged, rows_of(path))):
                insert(connection, hidden)

        def add(records: dict[str, Record]) -> None:
            sealed = [(key.encode(), json.dumps(record).encode()) for key, record in records.items()]
            with or_refused():
                insert(connection, [(*row, checksum(*row)) for row in sealed])

        yield add

"""The store of a sweep under damage: no wrong row served, no whole row lost, nothing dropped without a word."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import sweep_toys as toys
from sweeping import FORK, GRID, done, flipped, killed, looked, same

from scalinglaws.sweeps import keys, store
from scalinglaws.sweeps.salvage import is_broken
from scalinglaws.sweeps.sweep import sweep


@pytest.fixture
def sound(tmp_path, here) -> Path:
    path = tmp_path / "sound.sqlite"
    sweep(toys.run, GRID, store=path, executor=here)
    return path


def test_a_flipped_bit_in_a_payload_is_found_200_of_200(sound, tmp_path):
    rng = np.random.default_rng(0)
    content, rows, right = sound.read_bytes(), store.rows_of(sound), store.read(sound)
    found = 0
    for _ in range(200):
        key, payload, _ = rows[rng.integers(len(rows))]
        position = content.index(payload) + int(rng.integers(len(payload)))
        (tmp_path / "hit.sqlite").write_bytes(flipped(content, position, int(rng.integers(8))))
        with pytest.warns(UserWarning, match="1 damaged row"):
            served = store.read(tmp_path / "hit.sqlite")
        assert served == {k: v for k, v in right.items() if k != key.decode()}
        found += 1
    assert found == 200


@pytest.mark.filterwarnings("ignore:.*damaged row")
def test_a_flipped_bit_anywhere_never_serves_a_wrong_row(sound, tmp_path):
    rng = np.random.default_rng(1)
    content, right = sound.read_bytes(), store.read(sound)
    for _ in range(400):
        # Half of them in the first page, where the description of the file is.
        position = int(rng.integers(rng.choice([4096, len(content)])))
        (tmp_path / "hit.sqlite").write_bytes(flipped(content, position, int(rng.integers(8))))
        try:
            served = store.read(tmp_path / "hit.sqlite")
        except store.StoreError:
            continue
        assert served.items() <= right.items()


def test_damaged_rows_are_computed_again(sound, here, log):
    whole = sweep(toys.run, GRID, store=sound, executor=here)
    content, (_, payload, _) = sound.read_bytes(), store.rows_of(sound)[7]
    sound.write_bytes(flipped(content, content.index(payload) + 20, 3))
    before = len(log())
    with pytest.warns(UserWarning, match="1 damaged row"):
        same(sweep(toys.run, GRID, store=sound, executor=here), whole)
    assert len(log()) == before + 1


@pytest.mark.parametrize("how", ["nonsense", "header", "half"])
def test_an_unreadable_store_is_set_aside(sound, here, how):
    whole = sweep(toys.run, GRID, store=sound, executor=here)
    content = sound.read_bytes()
    content = {
        "nonsense": b"no database " * 100,
        "header": b"x" + content[1:],
        "half": content[: len(content) // 2],
    }[how]
    sound.write_bytes(content)
    for number in (1, 2):
        with pytest.warns(UserWarning, match=f"kept as .*unreadable-{number}"):
            same(sweep(toys.run, GRID, store=sound, executor=here), whole)
        assert Path(f"{sound}.unreadable-1").read_bytes() == content
        sound.write_bytes(content)


def test_a_full_disk_is_told_and_harms_nothing(tmp_path, here):
    path, log = tmp_path / "s.sqlite", tmp_path / "log"
    process = FORK.Process(target=toys.drive, args=(str(path), {"TOYS_LOG": str(log)}, 40_000))
    process.start()
    process.join()
    assert process.exitcode == toys.REFUSED
    assert "cannot write to the store" in log.read_text()
    kept = done(path)
    assert 0 < len(kept) < len(GRID)
    assert len(kept) == log.read_text().count("committed")
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    same(sweep(toys.run, GRID, store=path, executor=here), whole)
    assert done(path).items() >= kept.items()


def test_a_read_only_folder_serves_what_is_there(shut, here):
    path = shut / "s.sqlite"
    sweep(toys.noop, [{"x": 1}], store=path, executor=here)
    rows, served, error = looked(path)
    assert (rows, served) == ("1 rows", "1 served")
    assert "cannot write to the store" in error and "readonly" in error and "safe" in error
    assert len(store.read(path)) == 1


# Databases of another kind ---------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["PRAGMA user_version = 2", "CREATE TABLE mine (x)", "PRAGMA user_version = 9"]
)
def test_a_sound_database_of_another_kind_is_refused_and_left_as_it_is(tmp_path, here, statement, log):
    path = tmp_path / "s.sqlite"
    if "2" in statement:  # a store of a later version
        sweep(toys.noop, [{"x": 1}], store=path, executor=here)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    content = path.read_bytes()
    with pytest.raises(
        store.StoreError, match=r"no store of this version: its schema is \d, not 1.*move this"
    ):
        sweep(toys.run, GRID, store=path, executor=here)
    assert path.read_bytes() == content and not log() and not list(tmp_path.glob("*unreadable*"))


def test_a_flip_anywhere_in_the_schema_is_mended(sound, here, log):
    whole, before = sweep(toys.run, GRID, store=sound, executor=here), len(log())
    content = sound.read_bytes()
    start = content.index(b"tablerunsruns")
    end = content.index(b"checksum TEXT)") + len(b"checksum TEXT)")
    said = []
    for position in range(start, end):
        sound.write_bytes(flipped(content, position, 7))  # no longer UTF-8
        try:
            store.read(sound)
        except store.UnreadableError as error:
            said.append(str(error))
    assert len(said) > (end - start) // 2 and any("its description is damaged" in text for text in said)
    with pytest.warns(UserWarning, match=r"it is kept as .*with the 40 rows that are whole$"):
        same(sweep(toys.run, GRID, store=sound, executor=here), whole)
    assert len(log()) == before, "no run is repeated"


# The log ---------------------------------------------------------------------------------

ROWS = 60


@pytest.fixture
def rows() -> dict[str, store.Record]:
    """Records by key."""
    return {keys.key({"x": x}, ""): {"status": "done", "result": {"y": x}} for x in range(ROWS)}


@pytest.mark.parametrize("how", ["empty", "gone"])
def test_an_empty_or_missing_file_beside_a_log_loses_no_row(tmp_path, rows, how):
    path = killed(tmp_path / "s.sqlite", rows)
    path.write_bytes(b"") if how == "empty" else path.unlink()
    log = store.log_of(path).read_bytes()
    with pytest.warns(UserWarning, match=f"its log holds {ROWS} rows; it is kept as .*unreadable-1"):
        assert store.opened(path) == rows
    assert store.read(path) == rows  # without a word from now on
    assert store.log_of(Path(f"{path}.unreadable-1")).read_bytes() == log


def test_whole_rows_behind_damage_in_the_log_are_served_and_kept(tmp_path, rows):
    """At each place in the log in turn: every whole row is served, and what is taken from there is counted."""
    path = killed(tmp_path / "s.sqlite", rows)
    main, log = path.read_bytes(), store.log_of(path).read_bytes()
    frame = 24 + 4096
    for place in range(32 + 8, len(log), 5 * frame):  # the seals of frames
        for suffix in ("", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(main)
        store.log_of(path).write_bytes(flipped(log, place, 0))
        with pytest.warns(UserWarning) as said:
            assert store.opened(path) == rows
        (count,) = re.findall(r"its log is damaged; (\d+) whole row", str(said.pop().message))
        assert not said.list and 0 < int(count) <= ROWS
        if not place % (20 * frame):
            with store.writing(path):
                pass
            assert store.read(path) == rows  # without a word: they are in the file


def test_rows_of_the_log_that_are_lost_are_counted(tmp_path, rows):
    path = killed(tmp_path / "s.sqlite", rows)
    log = store.log_of(path).read_bytes()
    last = list(rows)[-1]
    place = log.rindex(last.encode()) + 64 + 10  # in the payload of the last row, which is there once
    store.log_of(path).write_bytes(flipped(log, place, 1))
    with pytest.warns(UserWarning, match=r"log is damaged; 0 whole .*, 1 other\(s\) lost"):
        assert store.read(path) == {key: rows[key] for key in rows if key != last}


def test_rows_that_are_lost_when_a_store_is_set_aside_are_counted(sound):
    content, rows = sound.read_bytes(), store.rows_of(sound)
    payload = rows[5][1]
    content = flipped(content, content.index(payload) + 20, 3)
    sound.write_bytes(b"x" + content[1:])
    with pytest.warns(UserWarning, match="begun with the 39 rows that are whole, without 1 that are not"):
        assert len(store.opened(sound)) == 39


def test_damage_to_a_log_is_said_whatever_it_strikes(tmp_path, rows):
    """Each bit of the first and the last frame's beginnings, header included; a log that merely stops is not damaged."""
    path = killed(tmp_path / "s.sqlite", rows)
    log = store.log_of(path)
    content = log.read_bytes()
    assert not is_broken(log)
    last = len(content) - 24 - 4096
    for position in (*range(4), *range(8, 12), *range(16, 32), *range(48, 56), *range(last + 24, last + 124)):
        log.write_bytes(flipped(content, position, position % 8))
        assert is_broken(log), position
    for length in (*range(0, 32, 7), 32, last, last + 10, len(content) - 1):
        log.write_bytes(content[:length])
        assert not is_broken(log), length


def test_a_log_without_its_index_is_read_in_a_folder_that_cannot_be_written(shut, rows):
    rows |= {keys.key({"x": 1}, keys.code_and_data_hash(toys.noop)): {"status": "done", "result": {"y": 1}}}
    path = killed(shut / "s.sqlite", rows)
    assert {file.name for file in shut.iterdir()} == {"s.sqlite", "s.sqlite-wal"}
    assert looked(path)[:2] == [f"{ROWS + 1} rows", "1 served"]
    assert store.read(path) == rows

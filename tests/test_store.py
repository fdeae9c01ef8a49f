"""The store of a sweep under damage: no wrong row served, no whole row lost, nothing dropped without a word."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
import sweep_toys as toys
from sweeping import FORK, GRID, done, flipped, same

from scalinglaws import store
from scalinglaws.sweep import sweep


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


@pytest.mark.parametrize("how", ["nonsense", "header", "half", "other"])
def test_an_unreadable_store_is_set_aside(sound, here, how, log):
    whole = sweep(toys.run, GRID, store=sound, executor=here)
    content = sound.read_bytes()
    if how == "other":
        sound.unlink()
        with sqlite3.connect(sound) as connection:
            connection.execute("CREATE TABLE mine (x)")
        content = sound.read_bytes()
    else:
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
    assert process.exitcode == 7
    assert "cannot write to the store" in log.read_text()
    kept = done(path)
    assert 0 < len(kept) < len(GRID)
    assert len(kept) == log.read_text().count("committed")
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    same(sweep(toys.run, GRID, store=path, executor=here), whole)
    assert done(path).items() >= kept.items()


def test_a_read_only_folder_serves_what_is_there(here):
    folder = Path(tempfile.mkdtemp())  # not under tmp_path, which others may not enter
    try:
        path, answer = folder / "s.sqlite", folder / "answer"
        sweep(toys.noop, [{"x": 1}], store=path, executor=here)
        answer.touch()
        answer.chmod(0o666)
        folder.chmod(0o555)
        path.chmod(0o444)
        process = FORK.Process(target=toys.look, args=(str(path), str(answer)))
        process.start()
        process.join()
        rows, served, error = answer.read_text().splitlines()
        assert (rows, served) == ("1 rows", "1 served")
        assert "cannot write to the store" in error and "readonly" in error and "safe" in error
        assert len(store.read(path)) == 1
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)

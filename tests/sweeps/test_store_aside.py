"""A damaged store that several processes find at once, or that a kill finds half set aside: one new store, no row lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sweep_toys as toys
from sweeping import GRID, done, driven, killed, same
from waiting import until

from scalinglaws.sweeps import keys, store
from scalinglaws.sweeps.sweep import sweep

ROWS = {keys.key({"x": x}, ""): {"status": "done", "result": {"y": x}} for x in range(60)}


@pytest.fixture
def empty(tmp_path) -> Path:
    """A file of 0 bytes beside a log with all rows."""
    path = killed(tmp_path / "s.sqlite", ROWS)
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("others", [0, 40_000, 0])
def test_three_processes_that_find_one_damaged_store_begin_one_new_store(tmp_path, here, others):
    path, log = tmp_path / "s.sqlite", tmp_path / "log"
    with store.writing(path) as add:  # 41 MB of other runs, so that there is time to get in each other's way
        add({f"{k:064x}": {"status": "done", "result": {"y": "x" * 800}} for k in range(others)})
    sweep(toys.run, GRID[:7], store=path, executor=here)
    content = b"x" + path.read_bytes()[1:]
    assert len(content) > 40e6 or not others
    path.write_bytes(content)
    assert driven(3, path, TOYS_LOG=str(log), TOYS_SLEEP="0.02") == [0, 0, 0], log.read_text()
    assert Path(f"{path}.unreadable-1").read_bytes() == content
    assert not Path(f"{path}.unreadable-2").exists(), "a live store was taken away"
    assert len(done(path)) == len(GRID) + others
    same(
        sweep(toys.run, GRID, store=path, executor=here),
        sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here),
    )


def test_one_who_saw_the_damage_uses_what_another_has_put_in_its_place(empty):
    """The other goes on writing to it: nobody waits for that to end."""
    shutil.copyfile(store.log_of(empty), kept := empty.with_name("log"))
    with pytest.warns(UserWarning, match="unreadable-1"):
        store.opened(empty)
    right, found = empty.read_bytes(), []
    empty.write_bytes(b"")
    shutil.copyfile(kept, store.log_of(empty))
    late = threading.Thread(target=lambda: found.append(store.opened(empty)))
    with store.lock(empty, alone=False):
        late.start()
        late.join(1.5 * store.PULSE)
        assert late.is_alive(), "it took the store of another away"
        store.log_of(empty).unlink()
        empty.write_bytes(right)
        late.join(30)
        assert found == [ROWS]


def test_one_who_waited_for_the_lock_looks_again(empty, tmp_path, monkeypatch):
    """Between the look and the lock another has put a new store in the place of the damaged one."""
    with store.writing(tmp_path / "new") as add:
        add(ROWS)
    plain = store.lock

    @contextlib.contextmanager
    def lock(path: Path, *, alone: bool) -> Iterator[None]:
        with plain(path, alone=alone):
            if alone:
                store.log_of(empty).unlink()
                shutil.copyfile(tmp_path / "new", empty)
            yield

    monkeypatch.setattr(store, "lock", lock)
    assert store.opened(empty) == ROWS
    assert not list(tmp_path.glob("*unreadable*")), "a live store was taken away"


def test_a_damaged_store_that_another_uses_is_left_alone(empty, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.0)
    with (
        store.lock(empty, alone=False),
        pytest.raises(store.StoreError, match="cannot be set aside: database is locked"),
    ):
        store.opened(empty)
    assert not list(empty.parent.glob("*unreadable*"))


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.filterwarnings("ignore:.*it is kept as")
def test_a_kill_while_a_store_is_set_aside_loses_nothing(tmp_path):
    """After each step in turn."""
    steps, kills = [(os, "link"), (Path, "replace"), (Path, "unlink"), (store, "insert")], 0

    def mortal(step: Callable) -> Callable:
        def done(*given, **more):
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return step(*given, **more)

        return done

    while True:
        folder = tmp_path / str(kills)
        folder.mkdir()
        path = killed(folder / "s.sqlite", ROWS)
        path.write_bytes(b"")
        log, left = store.log_of(path).read_bytes(), kills
        with pytest.MonkeyPatch.context() as patch:
            for place, name in steps:
                patch.setattr(place, name, mortal(getattr(place, name)))
            try:
                store.opened(path)
            except Killed:
                kills += 1
            else:
                break
        assert store.opened(path) == ROWS
        assert store.read(path) == ROWS
        assert log in [file.read_bytes() for file in folder.glob("*.unreadable-*-wal")]
        assert not list(folder.glob(".*")), "something is left over"
    assert kills >= 6


def test_what_a_kill_leaves_is_swept_up_unless_it_is_in_the_making(tmp_path, here):
    path = tmp_path / "s[1].sqlite"  # means itself
    left = [tmp_path / f".{path.name}.123.part{suffix}" for suffix in ("", "-wal", "-shm")]
    others = [tmp_path / ".other.sqlite.1.part", tmp_path / ".s1.sqlite.1.part"]
    for file in (*left, *others):
        file.touch()
    with store.lock(path, alone=True):  # somebody sets a store aside
        late = threading.Thread(
            target=sweep, args=(toys.noop, [{"x": 1}]), kwargs={"store": path, "executor": here}
        )
        late.start()
        assert not until(lambda: not left[0].exists(), 0.5)
    late.join()
    assert not any(file.exists() for file in left) and all(file.exists() for file in others)

"""Random damage to stores of sweeps: no wrong row is served, and none is dropped without a word."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from _tries import counted
from sweeping import flipped, killed

from scalinglaws.sweeps import store

#: Some of them in the log yet, as a kill leaves a store.
ROWS = {f"{k:064x}": {"status": "done", "result": {"y": k / 7}, "message": "m" * k} for k in range(90)}
IN_THE_FILE = 50


def damaged(rng: random.Random, whole: bytes) -> tuple[str, bytes]:
    """Bytes with one bit the other way, cut off, or with a block of zeros; and which of these."""
    place = rng.randrange(len(whole))
    how = rng.choice(["flipped bit", "flipped bit", "flipped bit", "cut off", "block of zeros"])
    if how == "flipped bit":
        return how, flipped(whole, rng.choice([place, place % 4096]), rng.randrange(8))
    if how == "cut off":
        return how, whole[:place]
    return how, (whole[:place] + bytes(min(512, len(whole) - place)) + whole[place + 512 :])


def once(path: Path, stops: bool) -> None:
    """Open a store that may be damaged, add what it lacks, and see that it is whole again; `stops`: its log may be short."""
    before = path.read_bytes()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            served = store.opened(path)
        except store.StoreError as error:
            assert "no store of this version" in str(error), error
            assert path.read_bytes() == before, "a refused file was changed"
            return
        assert served.items() <= ROWS.items(), "a wrong row was served"
        # A log that is cut off looks like one that was not written further.
        silent = [*served] == [*ROWS][: len(served)] if stops else served == ROWS
        assert silent or said, f"{len(ROWS) - len(served)} rows were dropped without a word"
        with store.writing(path) as add:
            add({key: record for key, record in ROWS.items() if key not in served})
        assert store.read(path) == ROWS, "what was added is not there"


def attack(rng: random.Random, seconds: float, tries: int = 1) -> dict[str, int]:
    """Damage stores for some seconds, and some times at least.

    Returns
    -------
    dict
        Kind of damage -> tries, each of which was survived.

    Raises
    ------
    AssertionError
        At the first that was not.
    """
    with tempfile.TemporaryDirectory() as place:
        sound = Path(place, "sound")
        with store.writing(sound) as add:
            add(dict(list(ROWS.items())[:IN_THE_FILE]))
        killed(sound, dict(list(ROWS.items())[IN_THE_FILE:]))
        files = [sound.read_bytes(), store.log_of(sound).read_bytes()]

        def one() -> Iterator[str]:
            path, hit = Path(tempfile.mkdtemp(dir=place)) / "s.sqlite", rng.randrange(2)
            how, content = damaged(rng, files[hit])
            path.write_bytes(files[0] if hit else content)
            store.log_of(path).write_bytes(content if hit else files[1])
            once(path, hit and how == "cut off")
            yield f"{how}, {('file', 'log')[hit]}"

        return counted(one, seconds, tries)

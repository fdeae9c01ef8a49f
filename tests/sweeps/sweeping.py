"""What the tests of sweeps share: a small grid, quick processes, comparison to the last bit, programs of a person's own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import sweep_toys as toys

from scalinglaws.sweeps import store

GRID = toys.grid("ci")
#: Clean, single-threaded server that has imported everything: a sweep of its own starts in milliseconds.
FORK = get_context("forkserver")
FORK.set_forkserver_preload(["sweep_toys", "sweep_study", "scalinglaws.sweeps.sweep"])


def driven(count: int, path: Path, **environ: str) -> list[int]:
    """Sweep the grid of the toys in so many processes at once, on one store; their exit codes."""
    processes = [FORK.Process(target=toys.drive, args=(str(path), environ)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the last bit, but for the time it took."""
    pd.testing.assert_frame_equal(
        one.drop(columns="run_seconds"), other.drop(columns="run_seconds"), check_exact=True
    )


def done(path: Path) -> dict[str, dict]:
    """The finished runs of a store."""
    return {key: record for key, record in store.read(path).items() if record["status"] == "done"}


def flipped(content: bytes, position: int, bit: int) -> bytes:
    """Bytes with one bit the other way round."""
    return content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]


def environ(**more: str) -> dict[str, str]:
    """The environment of a program that can import the toys."""
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": paths} | more


def command(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line of the toy experiment."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from scalinglaws.sweeps.command import command; command('sweep_toys')",
            *words,
        ],
        env=environ(**more),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


def runs(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def killed(path: Path, rows: dict[str, store.Record]) -> Path:
    """Add rows to a store and leave it as a kill does: they are in its log, and not yet in the file."""
    with store.writing(path) as add:
        for key, record in rows.items():
            add({key: record})
        files = [(file, file.read_bytes()) for file in (path, store.log_of(path))]
    for file, content in files:
        file.write_bytes(content)
    Path(f"{path}.lock").unlink()
    return path


def looked(path: Path) -> list[str]:
    """What somebody sees who may not write to the folder of a store (`sweep_toys.look`)."""
    with tempfile.NamedTemporaryFile() as answer:
        os.chmod(answer.name, 0o666)
        os.chmod(path, 0o444)
        os.chmod(path.parent, 0o555)
        process = FORK.Process(target=toys.look, args=(str(path), answer.name))
        process.start()
        process.join()
        return answer.read().decode().splitlines()

"""What notebooks declare, read by running their claims cells in a process of its own, each for a bounded time.

A claims cell is code: it may fail, call `sys.exit`, run for ever or end its process. None of that
reaches whoever asks, nor the notebooks that are asked about next.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from scalinglaws.processes import die_with
from scalinglaws.replication import Replication

#: Seconds that one claims cell may take, and that the process may take to start.
SECONDS, SECONDS_TO_START = 20.0, 120.0


@dataclass(frozen=True)
class Broken:
    """A declared mutation but for its edit, which stays in the notebook."""

    name: str
    changes: tuple[str, ...]
    target: str
    table: str


@dataclass(frozen=True)
class Declared:
    """What a notebook's claims cell states.

    Attributes
    ----------
    name
        Name of its Replication.
    declared
        Ids of its claims, in order.
    declared_mutations
        Its mutations, in order.
    """

    name: str
    declared: tuple[str, ...]
    declared_mutations: tuple[Broken, ...]


def read(cells: dict[str, str]) -> dict[str, Declared | str]:
    """What the claims cells declare, by name; where one cannot be read, the reason in words.

    Parameters
    ----------
    cells
        Name -> source of the claims cell.
    """
    found: dict[str, Declared | str] = {}
    while left := {name: source for name, source in cells.items() if name not in found}:
        found |= read_until_one_stops(left)
    return {name: found[name] for name in cells}


def read_until_one_stops(cells: dict[str, str]) -> dict[str, Declared | str]:
    """Read cells one after the other in one process, up to the first that stops it."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scalinglaws.declarations", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=pump, args=(child.stdout, lines), daemon=True).start()
    found: dict[str, Declared | str] = {}
    try:
        with contextlib.suppress(OSError):
            child.stdin.write(json.dumps(list(cells.values())).encode())
            child.stdin.close()
        if lines.get(timeout=SECONDS_TO_START) != b"ready\n":
            raise RuntimeError(f"'{sys.executable} -m scalinglaws.declarations' does not start")
        for name in cells:
            try:
                line = lines.get(timeout=SECONDS)
            except queue.Empty:
                found[name] = f"its claims cell ran for more than {SECONDS:.0f} s"
                break
            if not line:
                found[name] = "its claims cell ended the process it ran in"
                break
            found[name] = understood(json.loads(line))
    finally:
        child.kill()
        child.wait()
    return found


def pump(source: Any, lines: queue.Queue[bytes]) -> None:
    """Hand on what a process says line by line, and an empty line at its end."""
    for line in source:
        lines.put(line)
    lines.put(b"")


def understood(said: dict[str, Any]) -> Declared | str:
    """What the other process said of a cell."""
    if "error" in said:
        return said["error"]
    mutations = tuple(Broken(n, tuple(c), target, table) for n, c, target, table in said["mutations"])
    return Declared(said["name"], tuple(said["claims"]), mutations)


def stated(source: str) -> Replication:
    """Run a claims cell in this process, which has to trust it, and return the `paper` that it makes."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "claims", "exec"), namespace)
    return namespace["paper"]


def answer(source: str) -> dict[str, Any]:
    """Run a claims cell in this process and say what it declares, in what JSON holds."""
    try:
        paper = stated(source)
        mutations = [[m.name, list(m.changes), m.target, m.table] for m in paper.declared_mutations]
        return {"name": paper.name, "claims": list(paper.declared), "mutations": mutations}
    except BaseException as error:  # sys.exit() in a claims cell is a failure like any other
        return {"error": f"its claims cell raised {type(error).__name__}: {error}"}


def main(parent: int) -> None:
    """Read cells from standard input and say what each declares, a line each; end with the one who asks."""
    die_with(parent, signal.SIGKILL)
    cells = json.load(sys.stdin)
    # What a cell prints goes nowhere: only our own words reach the one who asks.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for source in cells:
        print(json.dumps(answer(source)), file=answers, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

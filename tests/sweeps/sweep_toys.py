"""A toy experiment for the tests of `sweep`, importable by workers; and a sweep to be killed."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import subprocess
import time
from multiprocessing import get_context

import numpy as np

from scalinglaws.sweeps import store, worker

#: How a sweep ends that cannot go on, or that somebody stops.
REFUSED, STOPPED = 7, 130

SLUG = "toys"
TITLE = "Nothing of importance"
COLUMNS = {
    "x": {"unit": "1", "about": "a number", "min": 0, "max": 1000},
    "seed": {"unit": "integer", "about": "seed", "min": 0, "max": 1000},
    "y": {"unit": "1", "about": "made from both", "min": -100, "max": 100},
}


def log(text: object) -> None:
    """Add a line to the file that the environment names; lines of several processes do not mix."""
    if path := os.environ.get("TOYS_LOG"):
        with open(path, "a") as file:
            file.write(f"{text}\n")


def grid(scale: str) -> list[dict]:
    return [{"x": x, "seed": seed} for x in range(20) for seed in range(2)]


def cost(x: float, seed: int) -> float:
    return 1.0


def run(x: float, seed: int) -> dict:
    """A number that any slip in order, seed or precision would change."""
    log(f"{x} {seed}")
    time.sleep(float(os.environ.get("TOYS_SLEEP", "0")))
    if os.environ.get("TOYS_TROUBLE") == str(x):
        raise ValueError("trouble")
    matrix = np.random.default_rng([seed, int(x)]).standard_normal((60, 60))
    return {"y": float((matrix @ matrix.T @ matrix)[0, 0] / 60)}


def noop(x: int) -> dict:
    return {"y": x}


def threads(x: int) -> dict:
    return {"threads": int(os.environ["OMP_NUM_THREADS"])}


class Mute(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Base(BaseException):
    """Nobody's Exception."""


#: What no store can hold, or no `except Exception` catches.
ODD = {
    "huge": {"y": 10**5000},
    "names": {("a", "b"): 1.0},
    "number": {1: 1.0},
    "set": {"y": {1}},
    "complex": {"y": 1j},
    "cancelled": asyncio.CancelledError("given up"),
    "generator": GeneratorExit(),
    "base": Base("nobody's"),
    "mute": Mute(),
    "loud": ValueError("x" * 10_000_000),
}


def odd(x: int, how: str) -> dict:
    """Return or raise what ends a careless sweep."""
    if os.environ.get("TOYS_MENDED"):
        return {"y": x}
    if how == "long":
        return {"y": "x" * 1_100_000_000}
    found = ODD.get(how, {"y": x})
    if isinstance(found, BaseException):
        raise found
    return found


def stopped(x: int) -> dict:
    """Finish, but for one run in which somebody presses Ctrl-C."""
    if x == 3:
        raise KeyboardInterrupt
    return {"y": x}


def endless(x: int, how: str) -> dict:
    """Take no time, or all there is: asleep, with the interpreter held, or in a program that was started."""
    log(f"{x} {how} {os.getpid()}")
    if how == "asleep":
        time.sleep(1e6)
    if how == "holding":
        sum(range(10**15))
    if how == "program":
        with subprocess.Popen(["sleep", "1000000"]) as program:
            log(f"program {program.pid}")
    return {"y": x}


def kind_of_endless(x: int, how: str) -> str:
    return how


def endless_together(configs: list[dict]) -> list[dict]:
    log(f"together {len(configs)}")
    time.sleep(1e6)
    return []


def troubled(x: int, how: str) -> dict:
    """Go wrong in the way asked for, unless the environment says that all is mended."""
    log(f"{x} {how}")
    if os.environ.get("TOYS_MENDED"):
        return {"y": x}
    if how == "raise":
        raise RuntimeError("on purpose")
    if how == "memory":
        raise MemoryError("no room")
    if how == "exit":
        raise SystemExit(3)
    if how == "kill":
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "slow":
        time.sleep(0.5)
    odd = {"nan": float("nan"), "list": [1.0], "taken": 0}
    return {"run_status" if how == "taken" else "y": odd.get(how, x)}


def kind(x: int, shape: str) -> str:
    """Which runs may go together."""
    return shape


def shaped(x: int, shape: str) -> dict:
    log(f"alone {x}")
    return {"y": 2 * x}


def shaped_together(configs: list[dict]) -> list[dict]:
    log(f"together {sorted(config['x'] for config in configs)}")
    if configs[0]["shape"] == "square":
        raise ValueError("squares do not stack")
    if configs[0]["shape"] == "flat":
        os.kill(os.getpid(), signal.SIGKILL)
    return [{"y": float("nan") if config["x"] == 1 else 2 * config["x"]} for config in configs]


def serve(environ: dict[str, str], *given: object) -> None:
    """A worker with an environment of its own, whatever that of the server that forks it."""
    os.environ.update(environ)
    importlib.import_module("scalinglaws.sweeps.pool").serve(*given)


def drive(path: str, environ: dict[str, str], limit: int | None = None) -> None:
    """Sweep the grid with two forked workers, and log each commit and the end; a process of its own, to be killed."""
    os.environ.update(environ)
    module = importlib.import_module("scalinglaws.sweeps.sweep")
    plain = module.writing

    @module.contextlib.contextmanager
    def writing(path):
        with plain(path) as add:

            def logged(records):
                add(records)
                for key in records:
                    log(f"committed {key}")

            yield logged

    module.pool.CONTEXT, module.writing = get_context("fork"), writing
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        module.sweep(run, grid("ci"), store=path, workers=2)
        log("swept")
    except (store.StoreError, worker.SweepError) as error:
        log(f"error {error}")
        raise SystemExit(REFUSED) from error
    except KeyboardInterrupt as error:
        raise SystemExit(STOPPED) from error


def look(path: str, answer: str) -> None:
    """As a user who may not write: read the store, and try to write to it."""
    file = os.open(answer, os.O_WRONLY)
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    module = importlib.import_module("scalinglaws.sweeps.sweep")
    said = [f"{len(store.read(module.Path(path)))} rows"]
    said.append(f"{len(module.sweep(noop, [{'x': 1}], store=path))} served")
    try:
        module.sweep(noop, [{"x": 1}, {"x": 2}], store=path)
    except store.StoreError as error:
        said.append(str(error))
    os.write(file, "\n".join(said).encode())

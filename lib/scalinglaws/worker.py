"""What a worker of a sweep does: run configurations and give a record of each, whatever becomes of it."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws import keys
from scalinglaws.machine import device_of, machine

Config = dict[str, Any]
#: `status` ("done" or "failed"), `message`, `traceback`, `seconds`, `machine`, and `result` of a finished run.
Record = dict[str, Any]
#: What became of a run; a table of a sweep has it in columns `run_status`, ...
ABOUT = ("status", "message", "traceback", "seconds", "machine")
TAKEN = {f"run_{name}" for name in ABOUT}
STARTED = time.time()


class SweepError(RuntimeError):
    """A sweep that cannot go on; what has finished is in its store."""


@lru_cache
def foundation_here(fn: Callable, data: str) -> str:
    """What the function's results rest on in this process.

    Raises
    ------
    SweepError
        If a file was edited after this process started, which may hold the older code.
    """
    for path in keys.modules_of(Path(keys.home(fn).__file__).resolve()):
        if path.stat().st_mtime > STARTED:
            raise SweepError(f"{path.name} was edited after this process had started: start afresh")
    return keys.foundation(fn, data)


def measured(config: Config, result: Any) -> dict[str, Any]:
    """The result of a run as plain scalars.

    Raises
    ------
    TypeError, ValueError
        If it is not a dict of scalars, holds NaN or infinity, or names a column that is taken.
        A run that may diverge says so in a column of its own and gives None for the rest.
    """
    if not isinstance(result, dict):
        raise TypeError(f"the run returned {type(result).__name__}, not a dict")
    if taken := result.keys() & (config.keys() | TAKEN):
        raise ValueError(f"the run returned columns that are taken: {sorted(taken)}")
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in result.items()}
    for name, value in plain.items():
        if value is not None and not isinstance(value, str | int | float):
            raise TypeError(f"the run returned {name} as {type(value).__name__}, not a plain scalar")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"the run returned {name} = {value}")
    return plain


def said(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def failed(error: BaseException, seconds: float = 0.0) -> Record:
    """The record of a run that failed."""
    text = "".join(traceback.format_exception(error))
    return {"status": "failed", "message": said(error), "traceback": text, "seconds": seconds}


def recorded(config: Config, give: Callable[[], Any], note: str = "") -> Record:
    """The record of one run; `give` makes its result."""
    started = time.perf_counter()
    try:
        result = measured(config, give())
    except (Exception, SystemExit) as error:
        return failed(error, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    return {"status": "done", "result": result, "message": note, "seconds": seconds}


def attempt(
    fn: Callable, many: Callable | None, rests_on: str, data: str, configs: list[Config]
) -> list[Record]:
    """Run configurations in this process, together where `many` is given.

    If running them together raises, each runs alone, and its message says why.

    Raises
    ------
    SweepError
        If this process has other code or data than the one that asks.
    """
    if foundation_here(fn, data) != rests_on:
        raise SweepError(
            f"a worker has other code or data for {fn.__module__}: make them the same everywhere"
        )
    here = {"machine": machine(device_of(keys.home(fn)))}
    note = ""
    if many and len(configs) > 1:
        started = time.perf_counter()
        try:
            results = many([dict(config) for config in configs])
            if len(results) != len(configs):
                raise ValueError(f"{len(results)} results for {len(configs)} configurations")
        except Exception as error:
            note = f"ran alone; together: {said(error)}"
        else:
            share = {"seconds": (time.perf_counter() - started) / len(configs)}
            pairs = zip(configs, results, strict=True)
            return [recorded(config, lambda result=result: result) | share | here for config, result in pairs]
    return [recorded(config, partial(fn, **config), note) | here for config in configs]


def die_with_parent() -> None:
    """End this process when the one that started it is killed, so that none is left behind."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

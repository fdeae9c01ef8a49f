"""What a worker of a sweep does: run configurations and give a record of each, whatever becomes of it."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from scalinglaws.machine import device_of, machine
from scalinglaws.processes import SET_PARENT_DEATH_SIGNAL, prctl
from scalinglaws.sweeps import keys
from scalinglaws.sweeps.loaded import older_than_file

Config = dict[str, Any]
#: `status` ("done" or "failed"), `message`, `traceback`, `seconds`, `machine`, and `result` of a finished run.
Record = dict[str, Any]
#: What became of a run; a table of a sweep has it in columns `run_status`, ...
ABOUT = ("status", "message", "traceback", "seconds", "machine")
TAKEN = {f"run_{name}" for name in ABOUT}
#: Characters that the texts of a result may have together; a table of numbers is no place for more.
MOST_TEXT = 1_000_000
#: Characters kept of what an error says, and of its traceback.
MOST_MESSAGE, MOST_TRACEBACK = 2_000, 50_000


class SweepError(RuntimeError):
    """A sweep that cannot go on, with what to do; what has finished is in its store."""


@lru_cache
def hash_here(fn: Callable, data: str, device: str) -> str:
    """What the function's results rest on in this process, which goes on holding the code that it loaded.

    Raises
    ------
    SweepError
        If a file was edited after this process loaded it.
    """
    module = keys.module_of(fn)
    code = keys.code_of(module)
    for source in code.files:
        held = module if source.name == keys.own_name(module) else sys.modules.get(source.name)
        if held and (name := older_than_file(held, source)):
            raise SweepError(
                f"{source.path.name} was edited after this process had loaded it, where {name} is another: "
                "start afresh"
            )
    return keys.code_and_data_hash(fn, data, device, code)


def plain_result(config: Config, result: Any) -> dict[str, Any]:
    """The result of a run as plain scalars, which any store and table can hold.

    Raises
    ------
    TypeError, ValueError
        If it is not a dict of scalars under names, holds NaN, infinity, an integer of more than
        64 bits or texts of more than a million characters, or names a column that is taken.
        A run that may diverge says so in a column of its own and gives None for the rest.
    """
    if not isinstance(result, dict):
        raise TypeError(f"the run returned {type(result).__name__}, not a dict")
    for name in result:
        if not isinstance(name, str):
            raise TypeError(f"the run returned a column under a {type(name).__name__}: a name is text")
    if taken := result.keys() & (config.keys() | TAKEN):
        raise ValueError(f"the run returned columns that are taken: {sorted(taken)}")
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in result.items()}
    for name, value in plain.items():
        if value is not None and not isinstance(value, str | int | float):
            raise TypeError(f"the run returned {name} as {type(value).__name__}, not a plain scalar")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"the run returned {name} = {value}")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(
                f"the run returned {name}, an integer of {value.bit_length()} bits; 64 can be kept: "
                "return it as a float or as text"
            )
    length = sum(len(name) + (len(value) if isinstance(value, str) else 0) for name, value in plain.items())
    if length > MOST_TEXT:
        raise ValueError(
            f"the run returned {length:,} characters of text; at most {MOST_TEXT:,} are kept: "
            "write it to a file and return the file's name"
        )
    return plain


def clipped(text: str, most: int) -> str:
    """A text without its middle, if it is longer than that."""
    half = most // 2
    return (
        text if len(text) <= most else f"{text[:half]} ... {len(text) - 2 * half:,} more ... {text[-half:]}"
    )


def said(error: BaseException) -> str:
    """An error in one line; one that cannot even say what it is is known by its type."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be had)"
    return clipped(f"{type(error).__name__}: {text}".removesuffix(": "), MOST_MESSAGE)


def failed(error: BaseException, seconds: float = 0.0) -> Record:
    """The record of a run that failed."""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:
        text = said(error)
    text = clipped(text, MOST_TRACEBACK)
    return {"status": "failed", "message": said(error), "traceback": text, "seconds": seconds}


def recorded(config: Config, give: Callable[[], Any], note: str = "") -> Record:
    """The record of one run; `give` makes its result. Whatever it raises is a failure, a person's Ctrl-C excepted."""
    started = time.perf_counter()
    try:
        result = plain_result(config, give())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failed(error, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    return {"status": "done", "result": result, "message": note, "seconds": seconds}


def attempt(
    fn: Callable, many: Callable | None, rests_on: str, data: str, device: str, configs: list[Config]
) -> list[Record]:
    """Run configurations in this process, together where `many` is given.

    If running them together raises, each runs alone, and its message says why.

    Raises
    ------
    SweepError
        If this process has other code, data or another device than the one that asks.
    KeyboardInterrupt
        If a person stops it.
    """
    try:
        if device and (here := keys.device_used(fn)) != device:
            raise SweepError(
                f"a worker would run on {here!r}, where the first runs on {device!r}: let workers of one kind do a sweep"
            )
        if hash_here(fn, data, device) != rests_on:
            raise SweepError(
                f"a worker has other code or data for {fn.__module__}: make them the same everywhere"
            )
        here = {"machine": machine(device_of(keys.module_of(fn)))}
    except (SweepError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return [failed(error) for _ in configs]
    note = ""
    if many and len(configs) > 1:
        started = time.perf_counter()
        try:
            results = many([dict(config) for config in configs])
            if len(results) != len(configs):
                raise ValueError(f"{len(results)} results for {len(configs)} configurations")
            pairs = list(zip(configs, results, strict=True))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            note = f"ran alone; together: {said(error)}"
        else:
            share = {"seconds": (time.perf_counter() - started) / len(configs)}
            return [recorded(config, lambda result=result: result) | share | here for config, result in pairs]
    return [recorded(config, partial(fn, **config), note) | here for config in configs]


def die_with_parent() -> None:
    """End this process when the one that started it is killed, so that none is left behind.

    The kernel sees to it where it can, even if a run never lets go of the interpreter.
    """
    parent = multiprocessing.parent_process()
    prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)

    def watch() -> None:
        parent.join()
        os._exit(1)

    if not parent.is_alive():  # it ended before we asked
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()

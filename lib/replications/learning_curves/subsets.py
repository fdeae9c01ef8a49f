"""Real data sets, each with a pool to draw training subsets from and fixed sets for validation and test.

What a learning curve needs: subsets of any size, and the same judge for all of them. Text is
cut into windows of bytes; a subset of it is a number of windows. What a model is judged on, it
has not seen. An example that equals one of those held out leaves the pool: among letter's 3,000
that are held out, 308 had such a twin. Python's library is held out by whole projects, without
the windows that repeat a long stretch of the text trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.text import counted
from scalinglaws.training import arrays, texts
from scalinglaws.training.held_out import seen, split_by_project
from scalinglaws.training.learners import Examples

#: Data set -> domain, examples held out for the test and for validation.
SETS = {
    "letter": ("tabular", 2000, 1000),
    "penbased": ("tabular", 1800, 1000),
    "magic": ("tabular", 2000, 600),
    "flights": ("tabular", 4000, 2000),
    "mnist1d": ("signals", 4000, 2000),
    "fashion_14": ("images", 10000, 2000),
    "fashion_mnist": ("images", 10000, 2000),
    "spoken_digits": ("speech", 700, 252),
    "python": ("text", 32768, 16384),
    "molecules": ("text", 32768, 16384),
}
#: Examples of MNIST-1D that are made.
MNIST1D = 16000
#: Bytes of a window, and of the context from which all but the transformer predict the next one.
WINDOW, CONTEXT = 256, 7
#: Bytes of a stretch that no held-out window of Python's library may share with the text trained on.
STRETCH = 64


def delayed() -> Examples:
    """24,000 flights, half of them more than 15 minutes late: schedule, route and weather, no delay at departure."""
    table = arrays.flights().dropna(subset=["arr_delay"])
    late = (table["arr_delay"] > 15).to_numpy()
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.choice(np.flatnonzero(late == side), 12000, replace=False) for side in (0, 1)])
    table, y = table.iloc[rows], late[rows].astype(np.int64)
    day = pd.to_datetime(table[["year", "month", "day"]])
    weather = table[["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]]
    numbers = [table["hour"] + table["minute"] / 60, table["sched_arr_time"] // 100, table["distance"]]
    kinds = pd.get_dummies(table[["origin", "carrier"]], dtype=float)
    x = np.column_stack(
        [*numbers, day.dt.day_of_year, day.dt.day_of_week, weather.fillna(weather.median()), kinds]
    )
    return x.astype(np.float32), y


def blocks(x: np.ndarray, high: int, wide: int) -> np.ndarray:
    """Pictures averaged over blocks."""
    return x.reshape(len(x), x.shape[1] // high, high, x.shape[2] // wide, wide).mean((2, 4))


def cut(tokens: np.ndarray) -> np.ndarray:
    """Windows of a text side by side, in a fixed random order."""
    rows = tokens[: len(tokens) // WINDOW * WINDOW].reshape(-1, WINDOW)
    return rows[np.random.default_rng(0).permutation(len(rows))]


def text(data: str, read: Callable[[], texts.Corpus]) -> tuple[np.ndarray, np.ndarray]:
    """Windows of bytes to train on, and of other documents to hold out, in a fixed random order.

    Parameters
    ----------
    read
        Reads the text of "python".
    """
    if data == "python":
        training, held_out = map(texts.byte_tokens, split_by_project(read(), 0.1))
        windows = cut(held_out)
        windows = windows[~seen(windows, training, STRETCH)]
    else:
        training, held_out = (texts.byte_tokens(texts.molecules(part)) for part in ("train", "test"))
        windows = cut(held_out)
    most = 2**21 // WINDOW
    return cut(training)[:most], windows[:most]


def unlike(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which examples equal none of the others, number for number.

    Returns
    -------
    numpy.ndarray
        One boolean an example of `x`.
    """
    taken = {other.tobytes() for other in others}
    return np.array([example.tobytes() not in taken for example in x], bool)


@lru_cache(maxsize=1)
def split(data: str, read: Callable[[], texts.Corpus]) -> dict[str, Any]:
    """The pool to draw from, and the fixed sets for validation and test; text as windows."""
    domain, n_test, n_val = SETS[data]
    if domain == "text":
        pool, held = text(data, read)
        a, b = n_test // WINDOW, (n_test + n_val) // WINDOW
        return {"pool": pool, "test": held[:a], "val": held[a:b]}
    if data.startswith("fashion"):
        (x, y), (test_x, test_y) = map(arrays.fashion_mnist, ("train", "t10k"))
        x, y = np.concatenate([test_x, x]), np.concatenate([test_y, y])
        x = blocks(x, 2, 2) if data == "fashion_14" else x
    elif data == "spoken_digits":
        parts = arrays.spoken_digits()
        x, y = (np.concatenate([part[i] for part in parts.values()]) for i in (0, 1))
        x = blocks(x, 4, 2)
    elif data == "mnist1d":
        x, y = arrays.mnist1d(MNIST1D, 1)
    else:
        x, y = delayed() if data == "flights" else arrays.keel()[data]
    if not data.startswith("fashion"):
        order = np.random.default_rng(0).permutation(len(x))
        x, y = x[order], np.unique(y, return_inverse=True)[1][order]
    end = n_test + n_val
    fresh = unlike(x[end:], x[:end])
    return {
        "test": (x[:n_test], y[:n_test]),
        "val": (x[n_test:end], y[n_test:end]),
        "pool": (x[end:][fresh], y[end:][fresh]),
    }


def contexts(windows: np.ndarray) -> Examples:
    """Every place of the windows with enough text before it: its context, and its byte."""
    grams = np.lib.stride_tricks.sliding_window_view(windows, CONTEXT + 1, axis=1).reshape(-1, CONTEXT + 1)
    return grams[:, :-1], grams[:, -1].astype(np.int64)


def prepared(data: str, n: int, seed: int) -> dict[str, Any]:
    """A random subset, with validation and test set; tables are scaled by the subset's own mean and sd."""
    parts, rng = dict(split(data, texts.python_text())), np.random.default_rng([seed, n])
    if SETS[data][0] == "text":
        pool = parts.pop("pool")
        return {"train": pool[rng.choice(len(pool), n // WINDOW, replace=False)], **parts}
    x, y = parts.pop("pool")
    if n > len(x):
        raise ValueError(f"{data} has {counted(len(x), 'example')} to train on, not {n}")
    rows = rng.choice(len(x), n, replace=False)
    parts["train"] = x[rows], y[rows]
    if SETS[data][0] == "tabular":
        mean, scale = x[rows].mean(0), x[rows].std(0) + 1e-6
        # A column that is constant in a small subset would otherwise blow up outside it.
        parts = {k: (np.clip((a - mean) / scale, -8, 8).astype(np.float32), b) for k, (a, b) in parts.items()}
    return parts

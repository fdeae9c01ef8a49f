"""Right and wrong answers of neighbouring sizes of BIG-G to the same questions."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd

SIZES = ["n_params_small", "n_params_middle", "n_params"]
#: Columns of counts by which of three sizes are right, and the same as bits, shape (8, 3).
PATTERNS = ["".join(bits) for bits in itertools.product("01", repeat=3)]
BITS = np.array([[int(bit) for bit in each] for each in PATTERNS])
COLUMNS = [f"right_{each}" for each in PATTERNS]


class Answers(NamedTuple):
    """What eleven sizes answered on each task.

    sizes: parameters, shape (11,); tasks: names; asked: questions, shape (tasks,);
    right: share of right answers, shape (11, tasks); gained, lost: share of questions that only the
    larger or only the smaller of two neighbours had right, shape (10, tasks).
    """

    sizes: np.ndarray
    tasks: np.ndarray
    asked: np.ndarray
    right: np.ndarray
    gained: np.ndarray
    lost: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """Larger less smaller neighbour, shape (10, tasks)."""
        return self.gained - self.lost

    @property
    def paired(self) -> np.ndarray:
        """Variance of the difference on one question, unbiased, shape (10, tasks)."""
        return (self.gained + self.lost - self.difference**2) * self.asked / (self.asked - 1)

    def only(self, tasks: np.ndarray, first: int = 0) -> Answers:
        """The same for some of the tasks (a mask), and for the sizes from the first on."""
        per_task = {name: getattr(self, name)[tasks] for name in ("tasks", "asked")}
        per_size = {name: getattr(self, name)[first:, tasks] for name in ("right", "gained", "lost")}
        return Answers(self.sizes[first:], **per_task, **per_size)


def of_threes(table: pd.DataFrame, largest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, tasks, questions a task, and the share of them that each pattern of three sizes has.

    Parameters
    ----------
    table, largest
        As for `neighbours`.

    Returns
    -------
    sizes, tasks, asked, shares
        The last of shape (threes, tasks, patterns).
    """
    rows = table[table[SIZES[-1]] <= largest].sort_values([*SIZES, "task"])
    sizes = np.sort(np.unique(rows[SIZES]))
    threes = [rows[rows[SIZES[-1]] == size] for size in sizes[2:]]
    counts = np.array([each[COLUMNS].to_numpy(float) for each in threes])
    return sizes, threes[0].task.to_numpy(), counts[0].sum(axis=1), counts / counts.sum(axis=2, keepdims=True)


def neighbours(table: pd.DataFrame, largest: float = 2.7e10) -> Answers:
    """Answers of neighbouring sizes, from the counts of three.

    Parameters
    ----------
    table
        `bigbench_bigg_answers`.
    largest
        Size up to which all models were asked the same questions.

    Returns
    -------
    Answers
        The first pair is taken from the smallest three sizes; each other is the larger two of three.
    """
    sizes, tasks, asked, shares = of_threes(table, largest)
    right = np.concatenate([(shares @ BITS)[0].T, (shares @ BITS[:, 2])[1:]])
    smaller, larger = BITS[:, 1] > BITS[:, 2], BITS[:, 1] < BITS[:, 2]
    first = BITS[:, 0] - BITS[:, 1]
    gained = np.concatenate([(shares @ (first < 0))[:1], shares @ larger])
    lost = np.concatenate([(shares @ (first > 0))[:1], shares @ smaller])
    return Answers(sizes, tasks, asked, right, gained, lost)


def two_apart(table: pd.DataFrame, largest: float = 2.7e10) -> Answers:
    """The same for the outer two of three: `gained` and `lost` are of nine pairs that lie two steps apart."""
    shares = of_threes(table, largest)[-1]
    step = BITS[:, 2] - BITS[:, 0]
    return neighbours(table, largest)._replace(gained=shares @ (step > 0), lost=shares @ (step < 0))

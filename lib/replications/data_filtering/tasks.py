"""Seven strategies on 38 tasks: which is best, is the order the same at two scales, what do finite test sets explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalinglaws.correlation import rank_correlation
from scalinglaws.uncertainty import cluster_counts

#: Tasks of retrieval, which the paper excepts; and tasks whose scores are next to nothing at medium.
RETRIEVAL = ("Flickr", "MSCOCO", "WinoGAViL")
FLOOR = ("FMoW", "iWildCam")


def table_of(tasks: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Scores at one scale, a row each task and a column each strategy, rounded so that ties stay ties."""
    return tasks[tasks.scale == scale].pivot_table("score", "task", "filter").round(6)


def kept_order(tasks: pd.DataFrame, smaller: str = "medium", larger: str = "large") -> pd.Series:
    """Rank correlation of the strategies between two scales, a number each task."""
    x, y = table_of(tasks, smaller), table_of(tasks, larger)
    shared = x.columns.intersection(y.columns)
    return pd.Series(rank_correlation(x[shared], y[shared]), x.index)


def is_best(tasks: pd.DataFrame, strategy: str, scales: tuple[str, ...]) -> pd.Series:
    """Share of the scales at which a strategy is best, a number each task; one that ties with k others counts 1 / (k + 1)."""
    found = []
    for scale in scales:
        scores = table_of(tasks, scale)
        best = scores.ge(scores.max(axis=1), axis=0)
        found.append(best[strategy] / best.sum(axis=1))
    return pd.concat(found, axis=1).mean(axis=1)


def mean_best(
    tasks: pd.DataFrame,
    times: np.ndarray,
    scales: tuple[str, ...] = ("medium", "large"),
    without: Sequence[str] = RETRIEVAL,
) -> np.ndarray:
    """Share of tasks at which the intersection is best, in samples that hold each task `times[..., i]` times; shape (draws,)."""
    best = is_best(tasks, "intersection", scales)
    some = ~best.index.isin(without)
    return times[:, some] @ best[some].to_numpy() / times[:, some].sum(axis=1)


def best_otherwise(tasks: pd.DataFrame, times: np.ndarray) -> dict[str, np.ndarray]:
    """`mean_best` over other tasks and other scales, by what is other."""
    about = kinds_of(tasks)
    return {
        "all 38 tasks": mean_best(tasks, times, without=()),
        "clean tasks": mean_best(tasks, times, without=[*RETRIEVAL, *about.index[about.clean == 0]]),
        "at large alone": mean_best(tasks, times, ("large",)),
        "xlarge as well": mean_best(tasks, times, ("medium", "large", "xlarge")),
    }


def clean_less_others(each: pd.Series, clean: pd.Series, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Mean over clean tasks less that over the others: as it is, and in samples of both; shape (1 + draws,)."""
    means = []
    for kind in (0, 1):
        some = each[clean == kind]
        once = np.ones((1, len(some)), int)
        counts = np.vstack([once, cluster_counts(some.index, draws, rng)])
        means.append(counts @ some.to_numpy() / len(some))
    return means[1] - means[0]


def kinds_of(tasks: pd.DataFrame) -> pd.DataFrame:
    """Kind, test set, classes and whether it is clean, a row each task."""
    return (
        tasks.drop_duplicates("task").set_index("task")[["kind", "n_test", "n_classes", "clean"]].sort_index()
    )


def with_order_of(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The values of y, row by row, put into the order of x."""
    ranks = x.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return np.take_along_axis(np.sort(y, axis=1), ranks, axis=1)


def in_order(tasks: pd.DataFrame, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """The table of tasks as it would be if large had the order of medium in each task; with `rng`, test pictures drawn again."""
    medium, large = table_of(tasks, "medium"), table_of(tasks, "large")
    planted = pd.DataFrame(
        with_order_of(medium.to_numpy(), large.to_numpy()), large.index, large.columns
    ).melt(ignore_index=False, value_name="score")
    planted = planted.set_index("filter", append=True).score
    keys = pd.MultiIndex.from_frame(tasks[["task", "filter"]])
    score = tasks.score.where(tasks.scale != "large", planted.reindex(keys).to_numpy())
    return tasks.assign(score=score if rng is None else rng.binomial(tasks.n_test, score) / tasks.n_test)


def expected_order(
    tasks: pd.DataFrame, worlds: int, rng: np.random.Generator, smaller: float = 1
) -> pd.DataFrame:
    """Rank correlations between medium and large if tasks kept their order and only test pictures were drawn again.

    Parameters
    ----------
    tasks
        The table of tasks; those whose score counts right answers, and that are clean, are used.
    worlds
        How often test sets are drawn.
    rng
        Source of randomness.
    smaller
        By what test sets are divided, for noise beyond theirs.

    Returns
    -------
    DataFrame
        A row each task and a column each world.
    """
    about = kinds_of(tasks).query("kind == 'shares' and clean == 1")
    medium, large = (table_of(tasks, scale).loc[about.index].to_numpy() for scale in ("medium", "large"))
    n = (about.n_test.to_numpy()[:, None] / smaller).astype(int)
    shape = (worlds, *medium.shape)
    x = rng.binomial(n, medium, shape) / n
    y = rng.binomial(n, with_order_of(medium, large), shape) / n
    return pd.DataFrame(rank_correlation(x, y).T, about.index)

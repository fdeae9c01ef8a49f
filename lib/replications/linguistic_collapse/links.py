"""How two quantities go together over models: by rank, given others, and what chance alone would do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from scalinglaws.correlation import correlation, rank_correlation
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws, of_share


def along(x: np.ndarray, y: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Rank correlation over architectures within each training, mean over the trainings.

    Parameters
    ----------
    x, y
        Of each training and architecture, shape (t, n).
    rows
        Architectures, or many draws of them, shape (draws, m).

    Returns
    -------
    ndarray
        A number, or one a draw, shape (draws,).
    """
    return np.mean([rank_correlation(a[rows], b[rows]) for a, b in zip(x, y, strict=True)], axis=0)


def by_training(runs: pd.DataFrame, values: ArrayLike) -> np.ndarray:
    """Values of runs as an array of a row each training and a column each architecture.

    Parameters
    ----------
    runs
        One row a run: epochs, decay, depth and width.
    values
        On the rows of `runs`.
    """
    return runs.assign(it=values).pivot_table("it", ["epochs", "decay"], ["depth", "width"]).to_numpy()


def drawn(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Estimate:
    """What `along` gives, with the interval of architectures drawn.

    Parameters
    ----------
    x, y
        Of each training and architecture, shape (t, n).
    rows
        Many draws of architectures, shape (draws, m).
    """
    return from_draws(float(along(x, y)), along(x, y, rows), "architectures drawn")


def ahead(x: np.ndarray, than: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Estimate:
    """By how much one measure goes with the loss more than another does, as in `along`.

    Parameters
    ----------
    x, than, y
        The measure, the other one, and the loss, of each training and architecture, shape (t, n).
    rows
        Many draws of architectures, the same for both measures, shape (draws, m).
    """
    draws = along(x, y, rows) - along(than, y, rows)
    return from_draws(float(along(x, y) - along(than, y)), draws, "architectures drawn")


def by_chance(measures: ArrayLike, loss: ArrayLike, draws: int, rng: np.random.Generator) -> Estimate:
    """The chance that dealt-out losses give as large a rank correlation, for the largest of a family.

    Parameters
    ----------
    measures
        A row each, shape (k, n).
    loss
        Shape (n,).
    draws, rng
        How often losses are dealt out, and the source of randomness.

    Returns
    -------
    Estimate
        The interval is that of so many draws (Clopper & Pearson 1934).
    """
    ranks = stats.zscore(stats.rankdata(measures, axis=-1), axis=-1)
    target = stats.zscore(stats.rankdata(loss))
    largest = np.abs(ranks @ target).max()
    dealt = rng.permuted(np.tile(target, (draws, 1)), axis=1)
    # Equal up to rounding counts as equal.
    count = int((np.abs(dealt @ ranks.T).max(axis=1) >= largest * (1 - 1e-9)).sum())
    dealt_so = of_share(count, draws, f"{draws} deals")
    return Estimate.around((count + 1) / (draws + 1), dealt_so.low, dealt_so.high, dealt_so.how)


def of_deals(
    measures: ArrayLike, loss: np.ndarray, draws: int, rng: np.random.Generator, deals: int = 200
) -> list[Estimate]:
    """The chance of `by_chance`, in ascending order, where losses are dealt out to begin with.

    Parameters
    ----------
    measures, loss, draws, rng
        As in `by_chance`.
    deals
        How often.
    """
    found = [by_chance(measures, rng.permutation(loss), draws, rng) for _ in range(deals)]
    return sorted(found, key=lambda it: it.value)


def given(
    measures: np.ndarray,
    loss: np.ndarray,
    design: np.ndarray,
    groups: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    family: int = 1,
) -> list[Estimate]:
    """Correlations of measures with the loss, given other quantities; groups of rows are drawn.

    Parameters
    ----------
    measures
        A column each, shape (n, k).
    loss
        Shape (n,).
    design
        What is given, with its column of ones, shape (n, m); of columns that repeat others one is idle.
    groups
        A label a row, shape (n,).
    draws, rng
        How many sets of groups, and the source of randomness.
    family
        How many intervals shall hold at once with 95 %.
    """

    def left(rows: np.ndarray | slice) -> np.ndarray:
        """Correlations of what the design leaves over."""
        both = np.column_stack([loss, measures])[rows]
        rest = both - design[rows] @ np.linalg.lstsq(design[rows], both)[0]
        return correlation(rest[:, 1:].T, rest[:, 0])

    found = np.array([left(rows) for rows in cluster_resamples(groups, draws, rng)])
    how = "architectures drawn"
    return [from_draws(r, found[:, k], how, level=1 - 0.05 / family) for k, r in enumerate(left(slice(None)))]


def given_scale(
    runs: pd.DataFrame, measures: dict[str, pd.Series], draws: int, seed: int
) -> dict[tuple[str, str], Estimate]:
    """Correlation of each measure with the loss, given the scale in the three ways of `designs`; for all at once.

    Parameters
    ----------
    runs
        As in `designs`, and val_loss.
    measures
        Name -> values, positive, on the rows of `runs`; both logarithms are correlated.
    draws, seed
        How many sets of architectures, and the seed of each way.

    Returns
    -------
    dict
        (Way in words, measure) -> correlation.
    """
    y, logs = np.log(runs.val_loss.to_numpy()), np.log(np.column_stack([*measures.values()]))
    found = {}
    for how, x in designs(runs).items():
        rng = np.random.default_rng([seed, 3])
        each = given(logs, y, x, shape_of(runs), draws, rng, len(measures))
        found |= {(how, m): it for m, it in zip(measures, each, strict=True)}
    return found


def of_pairs(differences: ArrayLike, family: int = 1) -> Estimate:
    """The mean of differences, one a pair, with Student's interval, for a family at once."""
    d = np.asarray(differences, float)
    half = special.stdtrit(len(d) - 1, 1 - 0.025 / family) * d.std(ddof=1) / np.sqrt(len(d))
    return Estimate(d.mean(), d.mean() - half, d.mean() + half, f"Student's, {len(d)} pairs")


def designs(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Three answers to what it means that the scale is given: columns of a regression over runs.

    Parameters
    ----------
    runs
        One row a run: depth, width, epochs, decay and batch.

    Returns
    -------
    dict
        In words -> columns: a quadratic surface; the same with the batch and what depends on the length
        of training; a level for each shape and for each training.
    """
    depth, width, epochs = (np.log(runs[c].to_numpy(float)) for c in ("depth", "width", "epochs"))
    heavy = (runs.decay > 0.01).to_numpy(float)
    smooth = np.column_stack(
        [np.ones(len(runs)), depth, width, depth**2, width**2, depth * width, epochs, heavy]
    )
    batch = np.column_stack([runs.batch == 8, runs.batch == 16]).astype(float)
    more = [smooth, batch, batch * epochs[:, None], epochs**2, depth * epochs, width * epochs]
    levels = pd.DataFrame(
        {"shape": shape_of(runs), "training": runs.epochs.astype(str) + " " + runs.decay.astype(str)}
    )
    return {
        "grid, given depth, width, epochs, decay": smooth,
        "the same, and the batch": np.column_stack(more),
        "grid, a level for each shape and training": pd.get_dummies(levels).to_numpy(float),
    }


def shape_of(runs: pd.DataFrame) -> np.ndarray:
    """The architecture of each run, as depth x width: what is drawn, since its runs are no repetitions."""
    return (runs.depth.astype(str) + " x " + runs.width.astype(str)).to_numpy()


def across(columns: dict[str, pd.Series], models: pd.DataFrame, draws: int, rng: np.random.Generator) -> str:
    """One rank correlation with two intervals, in words: of rows drawn, and of architectures drawn.

    Parameters
    ----------
    columns
        Two columns on the rows of `models`, by name.
    models
        One row an evaluated model: depth and width.
    draws, rng
        How many sets of rows, and the source of randomness.
    """
    x, y = (np.asarray(column, float) for column in columns.values())
    lines = []
    for how, groups in {"rows": np.arange(len(models)), "architectures": shape_of(models)}.items():
        pairs = [rank_correlation(x[r], y[r]) for r in cluster_resamples(groups, draws, rng)]
        found = from_draws(float(rank_correlation(x, y)), pairs, f"{how} drawn")
        lines.append(f"{' and '.join(columns)} over {len(models)} rows, {how} drawn: {found:.2f}")
    return "\n".join(lines)

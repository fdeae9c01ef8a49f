"""The loss as a product of powers of depth and width, and what depth gains where the size is kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd

from replications.linguistic_collapse.links import of_pairs
from scalinglaws.uncertainty import Estimate, from_draws

#: Tokens of the vocabulary and positions: rows of the two tables that hold a vector of the width each.
ROWS = 50_257 + 2_048
#: What one factor of width is worth in factors of depth, if depth is worth nothing.
BEYOND = 100.0


def non_embedding(depth, width):
    """Parameters of the blocks: attention and perceptron, 12 x depth x width squared."""
    return 12 * depth * width**2


def share(depth, width):
    """Which share of all parameters lies in the blocks."""
    blocks = non_embedding(depth, width)
    return blocks / (blocks + ROWS * width)


def design(shapes: pd.DataFrame, batch: str = "levels", curved: bool = False) -> np.ndarray:
    """Columns of the regression; those of log depth and log width come last.

    Parameters
    ----------
    shapes
        Columns depth, width and batch.
    batch
        levels: each batch has its own level; line: a power of the batch; none: it is left out.
    curved
        Whether the square of log width is there, too, about its mean.
    """
    columns = []
    if batch == "levels":
        columns += [shapes.batch == size for size in (4, 8, 16)]
    else:
        columns.append(np.ones(len(shapes)))
    if batch == "line":
        columns.append(np.log(shapes.batch))
    width = np.log(shapes.width)
    if curved:
        columns.append((width - np.log(256)) ** 2)
    return np.column_stack([*columns, np.log(shapes.depth), width]).astype(float)


def slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Exponents of depth and width: the last two coefficients of least squares, of one table or of many.

    Parameters
    ----------
    x
        Columns of the regression, shape (..., n, m); a draw may lack a batch, whose column is then idle.
    y
        Shape (..., n).
    """
    return (np.linalg.pinv(x, rcond=1e-12) @ y[..., None])[..., -2:, 0]


def gained(exponents: np.ndarray, blocks: float) -> np.ndarray:
    """By how many % the loss falls when depth doubles and width shrinks so that the size is kept.

    Parameters
    ----------
    exponents
        Of depth and width, shape (2,) or (n, 2).
    blocks
        Share of the counted parameters that lies in the blocks: 1 where embeddings are not counted. The
        count grows with depth as a power of so much, and with width as one of so much more than 1.
    """
    p, q = np.moveaxis(np.asarray(exponents), -1, 0)
    return 100 * (1 - 2 ** (p - q * blocks / (1 + blocks)))


def worth(exponents: np.ndarray) -> np.ndarray:
    """How many factors of depth one factor of width is worth; `BEYOND` where depth is worth none."""
    p, q = np.moveaxis(np.asarray(exponents), -1, 0)
    return np.where(p < 0, np.minimum(q / np.where(p < 0, p, -1), BEYOND), BEYOND)


def worth_of_depth(
    shapes: pd.DataFrame, loss: np.ndarray, draws: int, rng: np.random.Generator, **how
) -> dict[str, Estimate]:
    """The gain of depth at equal size, in two counts, and the worth of width; architectures are drawn.

    Parameters
    ----------
    shapes
        One row an architecture: depth, width and batch.
    loss
        Logarithm of the loss of each.
    draws, rng
        How many sets of architectures, and the source of randomness.
    how
        As in `design`.

    Returns
    -------
    dict
        blocks, all (both in % a doubling) and worth (factors of depth a factor of width).
    """
    x, rows = design(shapes, **how), rng.integers(len(shapes), size=(draws, len(shapes)))
    ours, others = slopes(x, loss), slopes(x[rows], loss[rows])
    counted = share(shapes.depth, shapes.width).mean()
    of = {"blocks": lambda e: gained(e, 1.0), "all": lambda e: gained(e, counted), "worth": worth}
    return {name: from_draws(float(f(ours)), f(others), "architectures drawn") for name, f in of.items()}


def indifferent(shapes: pd.DataFrame) -> float:
    """Worth of width, in factors of depth, at which shape is nothing if all parameters are counted.

    A doubled depth is a factor 2**s of all parameters and a doubled width one of 2**(1 + s), for the share
    s that lies in the blocks, here its mean; without embeddings s is 1 and the worth 2.
    """
    part = share(shapes.depth, shapes.width).mean()
    return (1 + part) / part


def batch_over_depth(shapes: pd.DataFrame, loss: np.ndarray) -> float:
    """By how much the batch explains the loss better than depth does, given non-embedding size: difference of AIC.

    Both models have a constant, a power of the size and one power more. Positive is for the batch.

    Parameters
    ----------
    shapes, loss
        As in `measured`.
    """

    def missed(column: pd.Series) -> float:
        """Sum of squares that size and a column leave over."""
        size = np.log(non_embedding(shapes.depth, shapes.width))
        x = np.column_stack([np.ones(len(loss)), size, np.log(column)])
        return ((loss - x @ np.linalg.lstsq(x, loss)[0]) ** 2).sum()

    return len(loss) * np.log(missed(shapes.depth) / missed(shapes.batch))


def falls(runs: pd.DataFrame) -> pd.DataFrame:
    """By how many % (in logarithms) the loss falls from each width to the next: a row a depth.

    Parameters
    ----------
    runs
        One row an architecture, of one training: depth, width and val_loss.
    """
    return -100 * np.log(runs.pivot_table("val_loss", "depth", "width")).diff(axis=1).iloc[:, 1:]


def jumps(runs: pd.DataFrame) -> dict[str, float]:
    """By how much more the loss falls where the batch changes from one width to the next, in % (in logarithms).

    The comparison is the mean of the depths that keep their batch on the same step.

    Parameters
    ----------
    runs
        As in `falls`, and batch.
    """
    fall = falls(runs)
    changed = runs.pivot_table("batch", "depth", "width").diff(axis=1).iloc[:, 1:] != 0
    return {
        f"depth {depth} to width {width}": fall.loc[depth, width] - fall[width][~changed[width]].mean()
        for depth in fall.index
        for width in fall.columns[changed.loc[depth]]
    }


def explained(size: np.ndarray, loss: np.ndarray) -> float:
    """Share of the variance of the loss that a line in the size explains; both are logarithms."""
    return np.corrcoef(size, loss)[0, 1] ** 2


def at_equal_batch(shapes: pd.DataFrame, loss: np.ndarray) -> pd.DataFrame:
    """Each shape against one of the next smaller depth, equal batch and equal non-embedding size.

    The shallow one is interpolated, in logarithms, between two widths of its depth with that batch.
    A comparison that would need a wider one than there is, or one of another batch, is left out.

    Returns
    -------
    DataFrame
        depth, width, batch, other (the shallow one's depth), and by how many % less loss the deep one
        has, per doubling of depth.
    """
    table, rows = shapes.assign(loss=loss), []
    depths = sorted(table.depth.unique())
    for low, high in pairwise(depths):
        for deep in table[table.depth == high].itertuples():
            same = table[(table.depth == low) & (table.batch == deep.batch)].sort_values("width")
            width = deep.width * np.sqrt(high / low)
            if len(same) < 2 or not same.width.min() <= width <= same.width.max():
                continue
            wide = np.interp(np.log(width), np.log(same.width), same.loss)
            less = 100 * (1 - np.exp((deep.loss - wide) / np.log2(high / low)))
            rows.append((high, deep.width, deep.batch, low, less))
    return pd.DataFrame(rows, columns=["depth", "width", "batch", "other", "less"])


def with_half_the_epochs(runs: pd.DataFrame, pairs: list[tuple[tuple, tuple]], epochs: float) -> np.ndarray:
    """By how many % less loss the deep models of pairs have when they read the text half as often.

    With half the batch this is equally many updates. The deep model's loss is interpolated, in
    logarithms of both, between its runs.

    Parameters
    ----------
    runs
        One row a run of one weight decay: depth, width, epochs and val_loss.
    pairs
        (depth, width) of the deep and of the shallow one.
    epochs
        Of the shallow one.
    """
    logs = np.log(runs.pivot_table("val_loss", ["depth", "width"], "epochs"))
    at = np.log(logs.columns.to_numpy(float))
    deep = [np.interp(np.log(epochs / 2), at, logs.loc[shape]) for shape, _ in pairs]
    return 100 * (1 - np.exp(np.array(deep) - [logs.loc[shape, epochs] for _, shape in pairs]))


def more_explained(
    first: np.ndarray, second: np.ndarray, loss: np.ndarray, draws: int, rng: np.random.Generator
) -> Estimate:
    """Share of the variance that a line in one size explains, less that of another; architectures are drawn.

    Parameters
    ----------
    first, second, loss
        Logarithms, one an architecture, shape (n,).
    draws, rng
        How many sets of architectures, and the source of randomness.
    """
    rows = rng.integers(len(loss), size=(draws, len(loss)))
    over = [explained(first[k], loss[k]) - explained(second[k], loss[k]) for k in rows]
    value = explained(first, loss) - explained(second, loss)
    return from_draws(value, over, "architectures drawn")


def among_themselves(shapes: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Values of architectures less the mean of those of the same batch, shape (n,)."""
    return values - pd.Series(values).groupby(shapes.batch).transform("mean").to_numpy()


def planted(shapes: pd.DataFrame, loss: np.ndarray, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """Log loss in a world of size and batch alone, but for a gain of depth, and what the surface misses.

    Exponent of width and levels of the batches are those that are found; the exponent of depth is half of
    that of width, as non-embedding parameters have it, plus the gain.

    Parameters
    ----------
    shapes, loss
        As in `measured`.
    gain
        % less loss a doubling of depth at equal non-embedding parameters.

    Returns
    -------
    (ndarray, ndarray)
        Log loss of that world without scatter, and the residuals of the true one, shape (n,) each.
    """
    x, depth = design(shapes), np.log(shapes.depth.to_numpy())
    level = x @ np.linalg.lstsq(x, loss)[0]
    p, q = slopes(x, loss)
    return level + (q / 2 - p + np.log2(1 - gain / 100)) * depth, loss - level


def how_often(
    shapes: pd.DataFrame,
    world: np.ndarray,
    residuals: np.ndarray,
    in_pairs: Callable[[np.ndarray], list[float]],
    rng: np.random.Generator,
) -> tuple[int, int]:
    """In how many of 200 worlds a gain of depth is established: by the pairs, and with the batch held fixed.

    Parameters
    ----------
    shapes
        As in `measured`.
    world, residuals
        Of `planted`.
    in_pairs
        Log losses of all shapes -> gain of depth in each pair.
    rng
        The source of randomness.
    """
    by_pairs = by_surface = 0
    for _ in range(200):
        y = world + rng.choice(residuals, len(world))
        by_pairs += of_pairs(in_pairs(y)).low > 0
        by_surface += worth_of_depth(shapes, y, 100, rng)["blocks"].low > 0
    return by_pairs, by_surface


def repeated_later(models: pd.DataFrame) -> float:
    """How alike a run is to itself: what depth and width leave of its log loss at two times, correlated.

    Parameters
    ----------
    models
        One row an evaluated model; each run twice: depth, width, decay, done and val_loss.
    """
    loss = np.log(models.pivot_table("val_loss", ["depth", "width", "decay"], "done"))
    x = design(loss.index.to_frame(index=False), batch="none")
    rest = loss.to_numpy() - x @ np.linalg.lstsq(x, loss.to_numpy())[0]
    return np.corrcoef(rest.T)[0, 1]

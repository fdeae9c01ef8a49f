"""How far numbers would move with other runs, other families of schedules, or other models."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import Estimate, from_draws


def pair_difference(
    table: pd.DataFrame,
    size: int,
    begin: int,
    one: str = "constant_24000",
    other: str = "constant_72000",
) -> pd.Series:
    """Logarithm of the loss of one run over that of another with the same schedule, by step.

    Parameters
    ----------
    table
        Columns size, curve, step and loss.
    size
        Million parameters.
    begin
        First step.
    one, other
        The two curves; the two constant ones have the same schedule until the shorter one ends.
    """
    rows = table[(table["size"] == size) & (table.step >= begin)]
    first, second = (rows[rows.curve == curve].set_index("step").loss for curve in (one, other))
    return np.log(first / second).dropna()


def run_spread(table: pd.DataFrame, sizes: tuple[int, ...], begin: int) -> float:
    """Standard deviation of the logarithm of a run's loss between equal runs, one pair a size pooled.

    Parameters
    ----------
    table
        As in `pair_difference`.
    sizes
        Million parameters.
    begin
        First step that counts.
    """
    squares = [(pair_difference(table, size, begin) ** 2).mean() for size in sizes]
    return float(np.sqrt(np.mean(squares) / 2))


def margin(
    predicted: pd.Series,
    measured: pd.Series,
    at: Mapping[str, int],
    leans: Mapping[str, pd.Series],
    spread: float,
    pairs: int,
    draws: int,
    rng: np.random.Generator,
) -> Estimate:
    """Error of the predicted difference of two schedules, as a share of the measured one, were the runs others.

    Each run's loss is moved as a whole by a normal factor; the standard deviation of that is known from a
    few pairs only, so it is drawn, too, from what they leave open (a scaled inverse chi-square).

    Parameters
    ----------
    predicted, measured
        Losses in nats per token.
    at
        `wsd` and `cosine` -> the last row of that curve, in the index of the losses.
    leans
        Fitted run, `cosine` or `constant` -> by what share predictions move per share that it is moved.
    spread
        Standard deviation of the logarithm of a run's loss.
    pairs
        How many pairs of equal runs it was found from.
    draws, rng
        How many other runs, and the source of randomness.
    """
    sd = spread * np.sqrt(pairs / rng.chisquare(pairs, draws))
    moved = {run: sd * rng.standard_normal(draws) for run in ("cosine", "constant", "wsd")}

    def share(cosine, constant, wsd):
        gap = measured[at["cosine"]] * (1 + cosine) - measured[at["wsd"]] * (1 + wsd)
        ours = {
            end: predicted[row] * (1 + leans["cosine"][row] * cosine + leans["constant"][row] * constant)
            for end, row in at.items()
        }
        # Where the two schedules are level no error is small enough.
        return np.abs(ours["cosine"] - ours["wsd"] - gap) / np.maximum(gap, 1e-9)

    return from_draws(float(share(0.0, 0.0, 0.0)), share(**moved), "another run of each schedule")


def gains(constant: pd.DataFrame, cooled: pd.DataFrame) -> pd.DataFrame:
    """What a cooldown gains: loss at the constant rate, interpolated at equal tokens, less the cooled loss.

    Parameters
    ----------
    constant, cooled
        Checkpoints: width, depth, n_params, n_tokens and loss; those of a constant rate cover the tokens of
        the cooled ones.

    Returns
    -------
    DataFrame
        One row a cooled checkpoint: model, logarithms `size` and `tokens`, and `gain` in nats per token.
    """
    found = []
    for (width, depth), rows in cooled.groupby(["width", "depth"]):
        same = constant[(constant.width == width) & (constant.depth == depth)].sort_values("n_tokens")
        tokens = np.log(rows.n_tokens)
        level = np.interp(tokens, np.log(same.n_tokens), same.loss)
        found.append(
            pd.DataFrame({"size": np.log(rows.n_params), "tokens": tokens, "gain": level - rows.loss}).assign(
                model=f"{width}x{depth}"
            )
        )
    return pd.concat(found, ignore_index=True)


def saved(lengths: np.ndarray, again: float = 0.1) -> float:
    """Share of tokens that one run with cooled branches saves against a run for each length.

    Parameters
    ----------
    lengths
        Tokens of the finished models, shape (n,).
    again
        Tokens of a cooldown, as a share of those seen before it.
    """
    trunk = lengths / (1 + again)
    return float(1 - (trunk.max() + again * trunk.sum()) / lengths.sum())


def gain_slopes(table: pd.DataFrame, draws: int, rng: np.random.Generator) -> dict[str, Estimate]:
    """Change of a gain with the logarithms of size and of tokens, models drawn again.

    That with size is of least squares on both logarithms; that with tokens is within models, so that each
    shape has a level of its own.

    Parameters
    ----------
    table
        As from `gains`.
    draws, rng
        How many draws of models, and the source of randomness.
    """
    x = np.stack([np.ones(len(table)), table["size"], table.tokens], axis=1)
    codes = table.groupby("model").ngroup().to_numpy()
    count = codes.max() + 1
    # Sums by model: a draw of models is a weighting of these.
    squares, products = np.zeros((count, 3, 3)), np.zeros((count, 3))
    np.add.at(squares, codes, x[:, :, None] * x[:, None, :])
    np.add.at(products, codes, x * table.gain.to_numpy()[:, None])
    centred = table[["tokens", "gain"]] - table.groupby("model")[["tokens", "gain"]].transform("mean")
    within = np.zeros((count, 2))
    own = np.stack([centred.tokens**2, centred.tokens * centred.gain], axis=1)
    np.add.at(within, codes, own)

    def slopes(weights):
        both = np.linalg.solve(np.einsum("dm,mij->dij", weights, squares), (weights @ products)[:, :, None])
        sums = weights @ within
        return {"size": both[:, 1, 0], "tokens": sums[:, 1] / sums[:, 0]}

    drawn = rng.multinomial(count, np.full(count, 1 / count), draws).astype(float)
    ours, theirs = slopes(np.ones((1, count))), slopes(drawn)
    return {k: from_draws(ours[k].item(), theirs[k], f"{count} models drawn again") for k in ours}

"""What is measured on networks of our own: the optimum of the loss, and cells of the paper's map."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replications.superposition.runs import geometry
from replications.superposition.theory import directions, welch
from scalinglaws.spectra import slope
from scalinglaws.uncertainty import Estimate, of_mean

#: Features of all networks; widths of those that are compared, and their steps.
FEATURES, WIDTHS, STEPS = 125, (4, 12), 20_000
#: The decay at which all rows are long at both widths, and the last law of frequency of the plateau.
STRONG, LAST = -1.0, 1.0


def by_cell(runs: pd.DataFrame, keys: list[str], of: str = "loss") -> pd.Series:
    """The exponent of a column in 1/m for each combination of the keys, over the widths that are compared."""
    part = runs[runs.m.isin(WIDTHS)]
    return pd.Series({key: slope(one.m, one[of]) for key, one in part.groupby(keys)}).rename_axis(keys)


def at_optimum(runs: pd.DataFrame) -> pd.DataFrame:
    """Exponents of loss and overlap at local minima; columns are the two, rows alphas and starts."""
    descent = runs[runs.training == "descent"]
    return pd.DataFrame({of: by_cell(descent, ["alpha", "seed"], of) for of in ("loss", "overlap")})


def map_of(runs: pd.DataFrame, of: str = "loss", steps: int = STEPS, seed: int | None = None) -> pd.DataFrame:
    """Exponents of networks trained on batches, mean over starts; rows are alphas, columns decays.

    Parameters
    ----------
    runs
        The table of runs.
    of
        The column whose exponent is taken.
    steps
        How long training took.
    seed
        One start alone; without it, all that there are. A cell that was not trained is nan.
    """
    chosen = runs[(runs.training == "batches") & (runs.steps == steps)]
    chosen = chosen if seed is None else chosen[chosen.seed == seed]
    cells = by_cell(chosen, ["alpha", "decay", "seed"], of).rename("exponent").reset_index()
    return cells.pivot_table(index="alpha", columns="decay", values="exponent")


def represented(runs: pd.DataFrame, m: int) -> pd.DataFrame:
    """Share of features with a row longer than a half, mean over starts; rows are alphas, columns decays."""
    chosen = runs[(runs.training == "batches") & (runs.steps == STEPS) & (runs.m == m)]
    return chosen.pivot_table(index="alpha", columns="decay", values="represented")


def measures(runs: pd.DataFrame) -> dict[str, Estimate]:
    """What is claimed of networks of our own, by the claims' names."""
    starts, strong = at_optimum(runs).loc[0.0], map_of(runs).loc[:LAST, STRONG]
    return {
        "own-overlap": of_mean(starts.overlap, "Student's interval over four starts"),
        "own-optimum": of_mean(starts.loss, "Student's interval over four starts"),
        "own-plateau": of_mean(strong, "Student's interval over three laws of frequency"),
    }


def optima(runs: pd.DataFrame) -> pd.DataFrame:
    """Lowest and mean loss of the starts, mean overlap, Welch's bound on it, and the loss over the overlap."""
    groups = runs[runs.training == "descent"].groupby(["alpha", "m"])
    found = groups.agg(lowest=("loss", "min"), loss=("loss", "mean"), overlap=("overlap", "mean"))
    found["welch"] = [welch(FEATURES, m) for _, m in found.index]
    return found.assign(ratio=found.loss / found.overlap)


def lowest_optimum(runs: pd.DataFrame, widths: tuple[int, ...] = WIDTHS) -> float:
    """The exponent of the lowest loss of the starts, even frequencies."""
    return slope(widths, optima(runs).lowest[0.0][list(widths)])


def paired(runs: pd.DataFrame) -> np.ndarray:
    """Exponents of the loss at local minima, even frequencies, each narrow start with each wide one."""
    descent = runs[(runs.training == "descent") & (runs.alpha == 0)]
    narrow, wide = (np.log(descent.loss[descent.m == m].to_numpy()) for m in WIDTHS)
    return (narrow[:, None] - wide).ravel() / np.log(WIDTHS[1] / WIDTHS[0])


def choices(runs: pd.DataFrame, theirs: pd.DataFrame) -> list[tuple[str, str, float | Estimate]]:
    """Other choices: claim, the choice in words, and what it gives.

    Parameters
    ----------
    runs
        The table of runs.
    theirs
        The map's exponents, rows are alphas, columns decays; our cells are among them.
    """
    ours, there = map_of(runs).loc[:LAST, STRONG], theirs.loc[:LAST, STRONG]
    first, second = (map_of(runs, seed=seed).loc[:LAST, STRONG] for seed in (0, 1))
    laws = "Student's interval over three laws"
    against = of_mean(there.mean() + ours - there, f"{laws}, each less what the map has")
    each = of_mean([*first, *second], "Student's interval over five networks")
    return [
        ("own-optimum", "lowest loss of the starts", lowest_optimum(runs)),
        ("own-plateau", "one start alone", of_mean(first, laws)),
        ("own-plateau", "each start by itself", each),
        ("own-plateau", "law by law against the map", against),
    ]


def change(runs: pd.DataFrame) -> np.ndarray:
    """How much the exponent of a cell rises when training is twice as long, same start, shape (cells,)."""
    change = (map_of(runs, seed=0) - map_of(runs, steps=STEPS // 2, seed=0)).to_numpy()
    return change[np.isfinite(change)]


def beside(runs: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, str]:
    """What else two maps of the same cells say, in words -> number.

    Parameters
    ----------
    runs
        The table of runs.
    ours, theirs
        Exponents of the same cells, rows are alphas, columns decays.
    """
    first, second = (map_of(runs, seed=seed).reindex_like(ours).to_numpy() for seed in (0, 1))
    twice, longer, starts = np.isfinite(second), change(runs), paired(runs)
    between, apart = np.abs(first - second)[twice], (ours - theirs).abs().to_numpy()
    by_size = ours * 0 - ours.columns.to_numpy(float)
    overlaps = map_of(runs, "overlap").loc[:LAST, STRONG]
    strong = ours.loc[:LAST, STRONG] - theirs.loc[:LAST, STRONG]
    each = [ordered_alike(ours.loc[[a]], theirs.loc[[a]]) for a in ours.index]
    return {
        "local minima: largest component of a gradient": f"{runs.gradient.max():.0e}",
        "lowest loss, m = 4 to 12 and 12 to 36": listed(lowest_optimum(runs), lowest_optimum(runs, (12, 36))),
        "starts paired otherwise, least and greatest": listed(starts.min(), starts.max()),
        "decay -1: exponents of overlaps, alpha 0, 0.5, 1": listed(*overlaps),
        "decay -1: ours less the map, the same alphas": listed(*strong),
        "twice the steps, six cells: mean change": f"{of_mean(longer, 'over six cells'):.2f}",
        "twice the steps: greatest change": listed(np.abs(longer).max()),
        "six cells, start from start: mean, greatest": listed(between.mean(), between.max()),
        "six cells, ours from the map: mean": listed(apart[twice].mean()),
        "pairs of decays ordered as the map, ours": listed(ordered_alike(ours, theirs)),
        "the same, a smaller decay is higher": listed(ordered_alike(by_size, theirs)),
        "the same, ours, by alpha": listed(*each),
    }


def listed(*values: float) -> str:
    """Numbers with two digits, one after the other."""
    return ", ".join(f"{value:.2f}" for value in values)


def maps(runs: pd.DataFrame, published: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our exponents, and those of the same cells of the paper's map; rows are alphas, columns decays."""
    ours = map_of(runs)
    return ours, published.loc[ours.index, ours.columns]


def side_by_side(runs: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Both maps, and under them the shares of long rows; columns are decays, rows what it is and alphas."""
    shares = {f"long, m = {m}": represented(runs, m) for m in WIDTHS}
    return pd.concat({"ours": ours, "the map": theirs} | shares)


def ordered_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Share of pairs of cells that two maps order alike, among those with equal alpha and sign of decay.

    Parameters
    ----------
    ours, theirs
        Exponents, rows are alphas, columns decays, the same ones in the same order.
    """
    decays = ours.columns.to_numpy(float)
    one, two = np.triu_indices(len(decays), 1)
    same = decays[one] * decays[two] > 0
    ours, theirs = (each.to_numpy()[:, one[same]] - each.to_numpy()[:, two[same]] for each in (ours, theirs))
    return float((ours * theirs > 0).mean())


def as_overlaps(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs whose loss at local minima is four squared overlaps, times the scatter of the starts."""
    drawn = runs.training == "descent"
    typical = runs.groupby(["training", "alpha", "m"]).loss.transform(
        lambda loss: np.exp(np.log(loss).mean())
    )
    return runs.assign(loss=runs.loss.where(~drawn, 4 * runs.overlap * runs.loss / typical))


def strong_falls(runs: pd.DataFrame, more: float) -> pd.DataFrame:
    """Runs whose loss at decay -1 has exponents larger by so much; their scatter stays."""
    drawn = (runs.training == "batches") & (runs.decay == STRONG)
    return runs.assign(loss=runs.loss * (runs.m / WIDTHS[0]) ** (-more * drawn))


def random_overlaps(rng: np.random.Generator) -> float:
    """The exponent of the overlap of random rows at our sizes."""
    rows = (directions(FEATURES, m, rng) for m in WIDTHS)
    return slope(WIDTHS, [geometry(each)["overlap"] for each in rows])


def worlds(runs: pd.DataFrame, rng: np.random.Generator) -> list[tuple[str, str, Estimate]]:
    """Worlds with the scatter of our runs: the world in words, a claim, and what is then measured."""
    drawn = of_mean([random_overlaps(rng) for _ in range(20)], "Student's interval over 20 draws")
    turned = {
        ("a loss as overlaps go", "own-optimum"): as_overlaps(runs),
        ("strong as the map", "own-plateau"): strong_falls(runs, 0.24),
        ("strong as the tail", "own-plateau"): strong_falls(runs, -0.57),
    }
    planted = [(*key, measures(table)[key[1]]) for key, table in turned.items()]
    return [("random rows", "own-overlap", drawn), *planted]

"""Two families of runs compared by their laws: who leads at which compute, and where the lead changes hands.

A *cloud* is what a family's runs are here: architecture -> (GFLOPs, share of wrong answers) of its runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from replications.clip_against_mammut.edge import error_at, lower_edge, saturating_law
from replications.clip_against_mammut.printed import L14_COMPUTE

Cloud = Mapping[str, tuple[np.ndarray, np.ndarray]]
Edge = Callable[[np.ndarray, np.ndarray], np.ndarray]

#: Where laws are searched for a crossing: logarithms to base 10 of GFLOPs.
PLACES = np.linspace(7, 14, 701)
#: Decides where laws do not cross: compute of the largest runs, as a logarithm.
LARGEST = 12.0


def cloud(runs: pd.DataFrame) -> Cloud:
    """The runs of one family, with columns model, compute and error, by architecture."""
    return {name: (part.compute.to_numpy(), part.error.to_numpy()) for name, part in runs.groupby("model")}


def joined(runs: Cloud, names: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Compute and error of all runs of these architectures; one that is named twice counts twice."""
    compute, error = zip(*(runs[name] for name in names if name in runs), strict=True)
    return np.concatenate(compute), np.concatenate(error)


def edge_of(runs: Cloud, names: Iterable[str], edge: Edge = lower_edge) -> tuple[np.ndarray, np.ndarray]:
    """Compute and error on the lower edge of these architectures."""
    compute, error = joined(runs, names)
    rows = edge(compute, error)
    return compute[rows], error[rows]


def laws_of(families: Sequence[Cloud], names: Sequence[str], edge: Edge = lower_edge) -> np.ndarray:
    """The law of each family through the lower edge of these architectures, a row each."""
    return np.array([saturating_law(*edge_of(runs, names, edge)) for runs in families])


def redrawn(
    families: Sequence[Cloud], draws: int, rng: np.random.Generator, edge: Edge = lower_edge
) -> np.ndarray:
    """Laws of drawn sets of architectures, the edges taken anew: shape (draws, families, 4)."""
    return np.array([laws_of(families, names, edge) for names in drawn_names(families, draws, rng)])


def redrawn_cases(
    cases: Mapping[str, Sequence[Cloud]], draws: int, seed: int, others: Mapping[str, int]
) -> dict[str, np.ndarray]:
    """Laws of drawn sets, as `redrawn` has them, for each case; `others` has other numbers of draws, by case."""
    return {
        case: redrawn(families, others.get(case, draws), np.random.default_rng([seed, k]))
        for k, (case, families) in enumerate(cases.items())
    }


def drawn_names(families: Sequence[Cloud], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sets of as many architectures as there are, drawn with replacement, the same for all families; a row each."""
    names = sorted(set().union(*families))
    return rng.choice(names, size=(draws, len(names)))


def lead(laws: np.ndarray, compute: float | np.ndarray) -> np.ndarray:
    """First family's error less the second's, percentage points, shape (..., n) or (...) for one compute.

    Parameters
    ----------
    laws
        Shape (..., 2, 4).
    compute
        GFLOPs.
    """
    errors = 100 * error_at(laws, np.atleast_1d(compute))
    found = errors[..., 0, :] - errors[..., 1, :]
    return found if np.ndim(compute) else found[..., 0]


def predicted(laws: np.ndarray) -> np.ndarray:
    """Accuracies in % of L/14 at 12.8 billion samples, CLIP's and MaMMUT's, by laws of shape (..., 2, 4): (..., 2)."""
    errors = [error_at(laws[..., k, :], L14_COMPUTE[k : k + 1])[..., 0] for k in (0, 1)]
    return 100 * (1 - np.stack(errors, -1))


def crossing(laws: np.ndarray) -> np.ndarray:
    """Logarithm to base 10 of the GFLOPs at which the second family takes the lead for the last time.

    Laws of which the first one leads by then, or has always led, count as crossing at the end of
    `PLACES`; those of which the second has always led, at its beginning.
    """
    found = lead(np.asarray(laws), 10**PLACES)
    takes = (found[..., :-1] < 0) & (found[..., 1:] >= 0)
    last = takes.shape[-1] - 1 - takes[..., ::-1].argmax(-1)
    before, after = (np.take_along_axis(found, last[..., None] + k, -1)[..., 0] for k in (0, 1))
    at = PLACES[last] - before * (PLACES[1] - PLACES[0]) / np.where(after > before, after - before, 1)
    never = np.where(found[..., np.searchsorted(PLACES, LARGEST)] > 0, PLACES[0], PLACES[-1])
    return np.where(takes.any(-1), at, never)


def exchanged(families: Sequence[Cloud], which: Iterable[str]) -> tuple[dict, dict]:
    """Two families after these architectures, if both have them, have changed sides."""
    first, second = (dict(runs) for runs in families)
    for name in set(which) & set(first) & set(second):
        first[name], second[name] = second[name], first[name]
    return first, second


def beyond(runs: Cloud, names: Sequence[str], limit: float) -> float:
    """Mean absolute error of the law of the edge up to `limit` GFLOPs on the edge beyond, percentage points.

    It is nan where no run beyond lies on the edge, or fewer than five up to there.
    """
    compute, error = edge_of(runs, names)
    seen = compute <= limit
    if seen.all() or seen.sum() < 5:
        return np.nan
    law = saturating_law(compute[seen], error[seen])
    return 100 * np.abs(error_at(law, compute[~seen]) - error[~seen]).mean()


def expected_least(errors: np.ndarray, count: int) -> float:
    """The least error to be expected among so many of these, drawn without replacement."""
    n = len(errors)
    if count >= n:
        return errors.min()
    # The i-th smallest is the least of a draw if it is drawn and none of the i smaller ones is.
    chance = special.comb(n - 1 - np.arange(n), count - 1) / special.comb(n, count)
    return chance @ np.sort(errors)


def cells_of(runs: pd.DataFrame) -> dict:
    """Single runs by what was trained: (model, n_samples) -> family -> (GFLOPs, errors of all its runs)."""
    cells: dict = {}
    for (model, samples, family), part in runs.groupby(["model", "n_samples", "family"]):
        cells.setdefault((model, samples), {})[family] = part.compute.iloc[0], part.error.to_numpy()
    return cells


def equally_many(cells: Mapping, names: Sequence[str], rng: np.random.Generator | None = None) -> list[Cloud]:
    """Two families of which each cell has the best of equally many runs: of as many as the poorer one has.

    Parameters
    ----------
    cells
        As `cells_of` gives them; a family that lacks a cell does not limit the other.
    names
        The two families.
    rng
        Draws the runs; without it the least error to be expected stands for the best.

    Returns
    -------
    list of Cloud
    """
    found: list[dict] = [{} for _ in names]
    for (model, _), cell in cells.items():
        count = min(len(errors) for _, errors in cell.values())
        for runs, name in zip(found, names, strict=True):
            if name in cell:
                compute, errors = cell[name]
                drawn = (
                    expected_least(errors, count) if rng is None else rng.permutation(errors)[:count].min()
                )
                runs.setdefault(model, []).append((compute, drawn))
    return [{model: tuple(np.transpose(points)) for model, points in runs.items()} for runs in found]

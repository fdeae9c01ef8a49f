"""What stored parameters say of the curves, and the same fits made anew."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from replications.rectified_finetuning_law.fits import LARGEST, LAWS, NO_EXAMPLES
from scalinglaws.fitting import fit


class Points(NamedTuple):
    """What a fit was made to: fine-tuning examples and test losses of one model on one data set."""

    n_examples: np.ndarray
    loss: np.ndarray


def points(row: Any, curves: pd.DataFrame) -> Points:
    """The points of a row of the table of fits.

    Parameters
    ----------
    row
        Has `dataset`, `model`, `n_max` and `zero`, as the table of fits.
    curves
        Test losses indexed by data set and model, one column a number of examples.
    """
    curve = curves.loc[(row.dataset, row.model)]
    curve = curve[(curve.index <= row.n_max) & (curve.index >= 1 - row.zero)]
    return Points(np.maximum(curve.index.to_numpy(float), NO_EXAMPLES), curve.to_numpy())


def parameters(row: Any) -> dict[str, float]:
    """The parameters of a row's law."""
    return {name: getattr(row, name) for name in LAWS[row.law].parameters}


def residuals(fits: pd.DataFrame, curves: pd.DataFrame) -> np.ndarray:
    """Root mean square residual of log loss of each row's law, at its parameters, on its points."""
    found = []
    for row in fits.itertuples():
        n_examples, loss = points(row, curves)
        off = np.log(loss) - np.log(LAWS[row.law](n_examples, **parameters(row)))
        found.append(np.sqrt(np.mean(off**2)))
    return np.array(found)


def predictions(fits: pd.DataFrame) -> np.ndarray:
    """The loss at 1,638,400 examples that each row's law, at its parameters, foretells."""
    return np.array([LAWS[row.law](float(LARGEST), **parameters(row)) for row in fits.itertuples()])


@lru_cache(maxsize=1024)
def made_anew(law: str, seed: int, n_examples: bytes, loss: bytes) -> dict[str, Any]:
    """Status and parameters of a fit; kept, since most mutations of a table leave most points alone."""
    values = {"n_examples": np.frombuffer(n_examples), "loss": np.frombuffer(loss)}
    found = fit(LAWS[law], values, seed=seed, strict=False)
    return {"status": found.status.name, **found.params}


def refitted(fits: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Status and parameters of the rows fitted anew, from all their starts, to the losses in `curves`."""
    rows = [(row, points(row, curves)) for row in fits.itertuples()]
    found = [made_anew(row.law, row.seed, *(v.astype(float).tobytes() for v in at)) for row, at in rows]
    return pd.DataFrame(found, fits.index)

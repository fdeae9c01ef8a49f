"""Errors from which an effect was taken, or in which one was planted, exactly and without chance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replications.molecular_pretraining import gains

#: Two of four endpoints, one of two data sets each.
HALF = ("Solubility", "HLM", "RLM")


def exchanged(errors: pd.DataFrame, one: str, other: str, rows: np.ndarray) -> pd.DataFrame:
    """Two models exchanged on some folds."""
    world = errors.copy()
    world.loc[rows, [one, other]] = errors.loc[rows, [other, one]].to_numpy()
    return world


def in_half_of_endpoints(errors: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Two models exchanged on all folds of solubility and stability."""
    return exchanged(errors, one, other, errors.index.get_level_values("dataset").isin(HALF))


def in_every_other_fold(errors: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Two models exchanged on folds 1 and 3."""
    return exchanged(errors, one, other, errors.index.get_level_values("fold") % 2 == 1)


def better(errors: pd.DataFrame, models: list[str], less: float) -> pd.DataFrame:
    """Some models with less error on every fold, by a share of it."""
    world = errors.copy()
    world[models] += np.log1p(-less)
    return world


def falling(errors: pd.DataFrame, less: float) -> pd.DataFrame:
    """Pre-trained models with errors that fall along a line over the logarithm of the size, by a share from 30 to 100 %."""
    world = errors.copy()
    for objective in ("mlm", "mtr"):
        for size in (60, 100):
            world[f"{objective} {size}"] += np.log1p(-less) * np.log(size / 30) / np.log(100 / 30)
    return world


def level(errors: pd.DataFrame, model: str, others: list[str]) -> pd.DataFrame:
    """Other models that err as one does, averaged over endpoints; they keep their scatter over endpoints and folds."""
    world = errors.copy()
    for other in others:
        world[other] -= gains.of_endpoints(errors[other] - errors[model]).mean()
    return world

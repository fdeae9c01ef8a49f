"""Four thousand bootstrap resamples of the Chinchilla law on the runs of Hoffmann's figure 4.

Each resample draws the 240 runs again with replacement, by
`numpy.random.default_rng([seed, resample])`, and minimises the sum of Huber losses from the
optimum of the full data; so any row can be made again alone.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from scalinglaws.fitting import Fit, bootstrap, fit, huber
from scalinglaws.laws import chinchilla
from scalinglaws.tables import load

SLUG = "chinchilla_bootstrap"
TITLE = "Bootstrap of the Chinchilla law (sum of Huber losses, delta 0.001) on 240 runs of figure 4"


def _number(unit: str, about: str, low: float, high: float) -> dict:
    return {"unit": unit, "about": about, "min": low, "max": high}


COLUMNS = {
    "seed": _number("1", "seed of all resamples; resample k draws with default_rng([seed, k])", 0, 0),
    "resample": _number("1", "number of the resample", 0, 3999),
    "log_E": _number("log nats per token", "logarithm of the irreducible loss", -1, 2),
    "log_A": _number("log nats per token", "logarithm of the coefficient of size", 0, 20),
    "log_B": _number("log nats per token", "logarithm of the coefficient of data", 0, 20),
    "alpha": _number("1", "exponent of size", 0, 1),
    "beta": _number("1", "exponent of data", 0, 1),
    "objective": _number("1", "sum of Huber losses over the 240 runs drawn", 0, 0.01),
}

# Fits agree across machines to far better; a row that differs by more was made by other code.
SPREAD = {"log_E": 1e-6, "log_A": 1e-6, "log_B": 1e-6, "alpha": 1e-6, "beta": 1e-6, "objective": 1e-9}


def runs() -> pd.DataFrame:
    """The 240 runs: all but the five highest losses, with tokens by C = 6ND."""
    table = load("chinchilla_fig4")
    table["n_tokens"] = table.flops / (6 * table.n_params)
    return table[table.loss < table.loss.nlargest(5).min()].reset_index(drop=True)


@lru_cache(maxsize=1)
def full_fit() -> Fit:
    """The fit of all 240 runs."""
    return fit(chinchilla, runs(), loss=huber(1e-3))


def grid(scale: str) -> list[dict]:
    """The first 40 resamples at CI scale, all 4,000 at full scale."""
    return [{"seed": 0, "resample": k} for k in range(40 if scale == "ci" else 4000)]


def cost(seed: int, resample: int) -> float:
    """Every resample costs the same."""
    return 1.0


def run(seed: int, resample: int) -> dict:
    """Fit one resample.

    Raises
    ------
    FitError
        If it does not converge.
    """
    row = bootstrap(full_fit(), 1, seed, first=resample).samples.iloc[0]
    return {
        **{f"log_{name}": float(np.log(row[name])) for name in "EAB"},
        **{name: float(row[name]) for name in ("alpha", "beta", "objective")},
    }


if __name__ == "__main__":
    from scalinglaws.experiments import command

    command(__spec__.name)

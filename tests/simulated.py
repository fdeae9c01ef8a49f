"""Runs to fit in tests and in the benchmark: drawn from a law, or read from figure 4."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalinglaws.counting import tokens_from_flops
from scalinglaws.laws import Law, chinchilla
from scalinglaws.tables.loading import load

#: Close to the estimates of Besiroglu et al. (2024).
TRUTH = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}

#: Ranges that published fits of language models span, rounded outwards: Kaplan et al. (2020), Hoffmann
#: et al. (2022), Besiroglu et al. (2024), Muennighoff et al. (2023), McLeish et al. (2025). What a term adds
#: is given in the middle of the runs: coefficients at one parameter mean nothing without their exponent.
EXPONENTS, FLOORS, TERMS = (0.05, 0.6), (0.5, 2.5), (0.05, 1.0)
COLUMNS = {"x": (1e6, 1e11), "n_params": (1e7, 2e10), "n_tokens": (3e8, 3e12)}


def figure_runs() -> pd.DataFrame:
    """The 240 runs of Hoffmann et al.'s figure 4: all but the five highest losses."""
    table = load("chinchilla_fig4")
    table["n_tokens"] = tokens_from_flops(table.flops, table.n_params)
    return table[table.loss < table.loss.nlargest(5).min()].reset_index(drop=True)


def design(n=60, seed=0, noise=0.0, truth=TRUTH):
    """Runs drawn from the Chinchilla law, with multiplicative noise."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"n_params": 10 ** rng.uniform(7, 10, n), "n_tokens": 10 ** rng.uniform(8.5, 11.5, n)}
    )
    clean = chinchilla(table.n_params, table.n_tokens, **truth)
    return table.assign(loss=clean * np.exp(noise * rng.normal(size=n)))


def problem_of(law: Law, rng: np.random.Generator, n: int = 40, noise: float = 0.0):
    """A truth drawn from published ranges, and runs of it."""
    runs = {name: np.exp(rng.uniform(*np.log(COLUMNS[name]), n)) for name in law.columns}
    exponents = [rng.uniform(*EXPONENTS) for _ in law.columns]
    middle = [np.sqrt(np.prod(COLUMNS[name])) ** e for name, e in zip(law.columns, exponents, strict=True)]
    values = [*([rng.uniform(*FLOORS)] if "E" in law.parameters else [])]
    values += [rng.uniform(*TERMS) * m for m in middle]
    truth = dict(zip(law.parameters, map(float, [*values, *exponents]), strict=True))
    runs["loss"] = law(*runs.values(), **truth) * np.exp(noise * rng.normal(size=n))
    return truth, pd.DataFrame(runs)


def checkpoints(seed, groups=40, each=12, correlation=0.95):
    """Checkpoints of whole runs, whose errors resemble each other (first-order autoregression)."""
    rng = np.random.default_rng([7, seed])
    x = np.tile(2.0 ** np.arange(each), groups)
    error = np.empty((groups, each))
    error[:, 0] = rng.normal(size=groups)
    for i in range(1, each):
        error[:, i] = correlation * error[:, i - 1] + np.sqrt(1 - correlation**2) * rng.normal(size=groups)
    return pd.DataFrame({
        "x": x, "loss": 3 * x**-0.2 * np.exp(0.05 * error.ravel()), "run": np.repeat(np.arange(groups), each)
    })  # fmt: skip

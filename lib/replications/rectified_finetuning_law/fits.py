"""Five laws fitted to 90 fine-tuning curves, four of them again on seven smaller budgets.

A curve is one model on one data set: its test loss after fine-tuning on 200, 400, ...
1,638,400 examples. A law is fitted to the points up to a budget and asked for the loss at
1,638,400 examples. On the small budgets the rectified law is fitted a second time with the
loss of the untouched model as one more point, as its authors do.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from scalinglaws.fitting import fit
from scalinglaws.laws import law
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.loading import load
from scalinglaws.tables.schema import number_column

SLUG = "rectified_finetuning_law_fits"
TITLE = "Five laws fitted to 90 fine-tuning curves at eight data budgets"
#: Fine-tuning examples of the largest subset, where predictions are judged.
LARGEST = 1_638_400
BUDGETS = tuple(LARGEST // k for k in (1, 8, 16, 32, 64, 128, 256, 512))


@law(linear=("B", "E"), positive=("B", "D_l"), bounds={"beta": (0, 2), "D_l": (1e-2, 1e8), "E": (0, 10)})
def rectified(n_examples, *, B, E, D_l, beta):
    r"""The rectified law, $\hat L(D) = B/(D_l + D^{\beta}) + E$.

    Parameters
    ----------
    n_examples
        $D$, fine-tuning examples.
    B, E
        In the unit of the loss (times that of $D^{\beta}$); $E$ is the loss at infinite data.
    D_l
        What pre-training is worth, in units of $D^{\beta}$; at its lower bound it is none.
    beta
        Exponent, no unit.

    Source: Lin et al. (2024), arXiv:2402.02314, with the outer exponent at 1 as in their code.
    """
    return B / (D_l + n_examples**beta) + E


@law(linear=("B", "E"), positive=("B", "D_0"), bounds={"beta": (0, 2), "D_0": (1, 1e7), "E": (0, 10)})
def shift(n_examples, *, B, E, D_0, beta):
    r"""The control, $\hat L(D) = B/(D_0 + D)^{\beta} + E$: an offset in examples.

    As `rectified`, with `D_0` in examples. This is a power law of the data that the model
    has in effect seen, the form of Hernandez et al. (2021), arXiv:2102.01293.
    """
    return B / (D_0 + n_examples) ** beta + E


@law(linear=("A",), positive=("A",), bounds={"beta": (0.02, 2), "gamma": (0, 2), "e": (0, 1)})
def vanilla(n_examples, *, A, e, beta, gamma):
    r"""The vanilla law, $\hat L(D) = (B/D^{\beta} + E)^{\alpha}$.

    Written with $A = B^{\alpha}$, $e = E/B$ and $\gamma = \alpha\beta$. At $e = 0$ it is
    the power law $A D^{-\gamma}$, whatever $\beta$; only $\alpha\beta$ then has a meaning.

    Source: Lin et al. (2024), arXiv:2402.02314; after Kaplan et al. (2020), arXiv:2001.08361, eq. 1.5.
    """
    return A * (n_examples**-beta + e) ** (gamma / beta)


@law(linear=("A",), positive=("A", "c"), bounds={"beta": (0.02, 2), "gamma": (0, 2), "c": (1e-2, 1e8)})
def flipped(n_examples, *, A, c, beta, gamma):
    r"""The vanilla law with both exponents negative, $\hat L(D) = A/(D^{\beta} + c)^{\gamma/\beta}$.

    The same formula as `vanilla`, $c = E/B$, but it bends the other way: $c$ is an offset
    on the side of the data, as $D_l$ is in `rectified`, and there is no floor.
    """
    return A * (n_examples**beta + c) ** (-gamma / beta)


@law(linear=("B", "E"), positive=("B",), bounds={"beta": (0, 2), "E": (0, 10)})
def vanilla3(n_examples, *, B, E, beta):
    r"""The vanilla law without its outer exponent, $\hat L(D) = B/D^{\beta} + E$."""
    return B / n_examples**beta + E


#: Stands for no examples at all, where a power of zero could not be differentiated; the authors' value.
NO_EXAMPLES = 1e-10
LAWS = {one.name: one for one in (rectified, shift, flipped, vanilla, vanilla3)}


def _parameter(name: str, unit: str, high: float) -> dict:
    laws = ", ".join(one.name for one in LAWS.values() if name in one.parameters)
    return number_column(unit, f"parameter {name} of {laws}", 0, high, missing=True)


COLUMNS = {
    "seed": number_column("1", "seed of the draw of starts", 0, 0),
    "dataset": {"unit": "name", "about": "FLAN, WMT19 or Gigaword"},
    "model": {"unit": "name", "about": "pretrained model"},
    "law": {"unit": "name", "about": "one of the laws of this module"},
    "n_max": number_column("examples", "largest subset that was fitted", 3200, LARGEST),
    "zero": number_column("1", "1 if the loss without fine-tuning is a point, too", 0, 1),
    "status": {"unit": "name", "about": "status of the fit"},
    "rmsd": number_column("log loss", "root mean square residual over the fitted points", 0, 0.5),
    "predicted": number_column("as the loss", "the fitted law at 1,638,400 examples", 0, 100),
    "A": _parameter("A", "as the loss at D = 1", 1e300),
    "B": _parameter("B", "as the loss times examples^beta", 1e300),
    "E": _parameter("E", "as the loss", 10),
    "D_l": _parameter("D_l", "examples^beta", 1e8),
    "D_0": _parameter("D_0", "examples", 1e7),
    "e": _parameter("e", "examples^-beta", 1),
    "c": _parameter("c", "examples^beta", 1e8),
    "beta": _parameter("beta", "1", 2),
    "gamma": _parameter("gamma", "1", 2),
}


@lru_cache(maxsize=1)
def losses() -> pd.DataFrame:
    """All points by data set and model."""
    return load("rectified_losses").set_index(["dataset", "model"])


def grid(scale: str) -> list[dict]:
    """Every curve and law on all the points, all laws but one on less; at CI scale every tenth curve."""
    curves = losses().index.unique()
    return [
        {"seed": 0, "dataset": dataset, "model": model, "law": name, "n_max": n_max, "zero": zero}
        for dataset, model in curves[:: 10 if scale == "ci" else 1]
        for name in LAWS
        for n_max in (BUDGETS[:1] if scale == "ci" or name == "flipped" else BUDGETS)
        for zero in ((0, 1) if name == "rectified" and n_max < LARGEST else (0,))
    ]


def witnesses(scale: str) -> Witnesses:
    """Rows of the table: of each law and use of the untouched model four budgets, another curve each."""
    strata: dict[tuple, list[dict]] = {}
    for config in grid(scale):
        if config["n_max"] in (*BUDGETS[:6:2], BUDGETS[-1]):
            strata.setdefault((config["law"], config["n_max"], config["zero"]), []).append(config)
    chosen = [rows[7 * index % len(rows)] for index, rows in enumerate(strata.values())]
    # At a bound one parameter can make another meaningless; what the law says of the points it cannot.
    return Witnesses(chosen, apart=tuple({name for one in LAWS.values() for name in one.parameters}))


def cost(seed: int, dataset: str, model: str, law: str, n_max: int, zero: int) -> float:
    """A law takes the longer, the more of its parameters are not linear."""
    return 5.0 ** len(LAWS[law].nonlinear)


def run(seed: int, dataset: str, model: str, law: str, n_max: int, zero: int) -> dict:
    """Fit one law to one curve up to a budget."""
    curve = losses().loc[(dataset, model)]
    curve = curve[(curve.n_examples <= n_max) & (curve.n_examples >= 1 - zero)]
    points = curve.assign(n_examples=curve.n_examples.clip(lower=NO_EXAMPLES))
    found = fit(LAWS[law], points, seed=seed, strict=False)
    return {
        "status": found.status.name,
        "rmsd": float(np.sqrt(np.mean(found.residuals**2))),
        "predicted": float(found.law(float(LARGEST), **found.params)),
        **found.params,
    }


if __name__ == "__main__":
    from scalinglaws.sweeps.command import command

    command(__spec__.name)

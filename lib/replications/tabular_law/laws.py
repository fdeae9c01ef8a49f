"""The sum of two power laws, its rivals, and the law that was drawn in the figure."""

from __future__ import annotations

from itertools import product as corners
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize

from scalinglaws.fitting import Fit, fit
from scalinglaws.fitting.law import law
from scalinglaws.laws import chinchilla, kaplan
from scalinglaws.laws.joint import chinchilla_gradient
from scalinglaws.uncertainty import Estimate, of_mean

#: Amounts of data whose labels have two digits or three; "2B" could be anything from 1.5 to 2.5.
WELL_LABELLED = 1e9
#: Relative error of a slope from the ticks of the figure: half a pixel of the 288 and of the 514 that they span.
OF_AXES = 0.002


def shifted_gradient(
    n_params: Any, n_tokens: Any, *, c: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[str, Any]:
    found = chinchilla_gradient(n_params, n_tokens, E=c, A=A, B=B, alpha=alpha, beta=beta)
    return {"c": found.pop("E"), **found}


@law(
    linear=("c", "A", "B"),
    positive=("A", "B"),
    bounds={"c": (-0.1, 0.011), "alpha": (0, 3), "beta": (0, 3)},
    gradient=shifted_gradient,
)
def shifted(n_params, n_tokens, *, c, A, B, alpha, beta):
    r"""Excess loss on an axis that is off by a constant, $c + A N^{-\alpha} + B D^{-\beta}$.

    Parameters
    ----------
    n_params
        $N$, trainable parameters.
    n_tokens
        $D$, cells of the tables trained on.
    c
        By how much the constant that was subtracted is too small, in the unit of the loss; negative
        where it is too large. It cannot exceed the least excess loss by much.
    A, B
        Excess losses at one parameter and at one cell.
    alpha, beta
        Exponents, no unit.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, eq. 2, with a constant of either sign.
    """
    return c + A * n_params**-alpha + B * n_tokens**-beta


def product_gradient(n_params: Any, n_tokens: Any, *, A: Any, alpha: Any, beta: Any) -> dict[str, Any]:
    power = n_params**-alpha * n_tokens**-beta
    return {"A": power, "alpha": -A * power * np.log(n_params), "beta": -A * power * np.log(n_tokens)}


@law(
    linear=("A",),
    positive=("A",),
    bounds={"alpha": (0, 3), "beta": (0, 3)},
    gradient=product_gradient,
)
def product(n_params, n_tokens, *, A, alpha, beta):
    r"""Two separate power laws, $A N^{-\alpha} D^{-\beta}$: each helps as much whatever the other is.

    Parameters
    ----------
    n_params, n_tokens
        As in `shifted`.
    A
        Excess loss at one parameter and one cell.
    alpha, beta
        Exponents, no unit.

    Source: a rival of ours, a plane in logarithms.
    """
    return A * n_params**-alpha * n_tokens**-beta


#: Where Kaplan's law is looked for: its own box is far wider than any law of such losses, and slow to search.
KAPLAN_BOX = {"N_c": (1, 1e6), "D_c": (10, 1e9), "alpha_N": (0.05, 1.5), "alpha_D": (0.05, 1.5)}
#: The laws that are compared: the law, and what of it is held.
LAWS = {
    "sum": (chinchilla, {"E": 0.0}),
    "product": (product, {}),
    "Kaplan": (kaplan, {}),
    "sum and constant": (shifted, {}),
}


def fitted(losses: pd.DataFrame, name: str = "sum", **options: Any) -> Fit:
    """A law fitted to logarithms of the excess losses, its optimum proved.

    Parameters
    ----------
    losses
        `n_params`, `cells` and `excess_loss`, one row a model.
    name
        One of `LAWS`.
    **options
        For `scalinglaws.fitting.fit`: another loss, other residuals or weights.

    Raises
    ------
    ValueError
        If there is no law of that name.
    FitError
        As `scalinglaws.fitting.fit` does.
    """
    if name not in LAWS:
        raise ValueError(f"no law {name!r}; there are {', '.join(LAWS)}")
    it, fixed = LAWS[name]
    # The library's laws call every amount of data tokens.
    table = losses.assign(n_tokens=losses.cells)
    fixed = fixed | options.pop("fixed", {})
    if it is kaplan:
        options = {"bounds": KAPLAN_BOX} | options
    return fit(it, table, "excess_loss", fixed=fixed, **options)


class Drawn(NamedTuple):
    """The law of the drawn curves: A, alpha, B and beta, and what each curve alone says of the levels."""

    A: float
    alpha: float
    B: float
    beta: float
    curves: pd.DataFrame

    def predict(self, n_params: Any, cells: Any) -> Any:
        """Excess loss by the drawn law."""
        return chinchilla(n_params, cells, E=0.0, A=self.A, B=self.B, alpha=self.alpha, beta=self.beta)


def traced(curves: pd.DataFrame) -> Drawn:
    """Read the law out of traced curves: one power of size above a level a curve, then levels against cells.

    Parameters
    ----------
    curves
        `cells`, `n_params` and `excess_loss`, one row a traced column of pixels.

    Returns
    -------
    Drawn
        Scale and exponent of size are means over the curves. Its `curves` have one row an amount of data:
        `A`, `alpha`, `level`, and `off`, the largest distance of a pixel from the curve (of the logarithm).
    """
    rows = {}
    for cells, part in curves.groupby("cells"):
        x, y = np.log(part.n_params.to_numpy()), np.log(part.excess_loss.to_numpy())

        def off(p: np.ndarray, x: np.ndarray = x, y: np.ndarray = y) -> np.ndarray:
            return np.logaddexp(p[0] - p[1] * (x - x.mean()), p[2]) - y

        start = [y.mean(), 0.5, y.min() - 0.5]
        it = optimize.least_squares(off, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        scale = np.exp(it.x[0] + it.x[1] * x.mean())
        rows[cells] = (scale, it.x[1], np.exp(it.x[2]), abs(it.fun).max())
    found = pd.DataFrame(rows, index=["A", "alpha", "level", "off"]).T.rename_axis("cells")
    known = found[found.index < WELL_LABELLED]
    slope, start = np.polyfit(np.log(known.index), np.log(known.level), 1)
    return Drawn(found.A.mean(), found.alpha.mean(), float(np.exp(start)), float(-slope), found)


def drawn_alpha(drawn: Drawn) -> Estimate:
    """The drawn exponent of size, with Student's interval over the curves and the error of the axes that they share."""
    it, axes = of_mean(drawn.curves.alpha, "curves"), OF_AXES * drawn.alpha
    how = "Student's t over the drawn curves, each traced by itself, and half a pixel of the axes"
    return Estimate(it.value, it.low - axes, it.high + axes, how)


def drawn_beta(drawn: Drawn) -> Estimate:
    """The drawn exponent of data; its interval holds what labels rounded to a million, and the axes, allow."""
    known = drawn.curves[drawn.curves.index < WELL_LABELLED]
    cells = known.index.to_numpy() + 5e5 * np.array(list(corners((-1, 1), repeat=len(known))))
    slopes = [-np.polyfit(np.log(row), np.log(known.level), 1)[0] for row in cells]
    axes, how = OF_AXES * drawn.beta, "labels of the amounts rounded either way, and half a pixel of the axes"
    return Estimate.around(drawn.beta, min(slopes) - axes, max(slopes) + axes, how)


def cells_of_2b(drawn: Drawn) -> float:
    """How many cells the curve labelled 2B was drawn for, by its level and the law of the others."""
    return float((drawn.B / drawn.curves.level.iloc[-1]) ** (1 / drawn.beta))

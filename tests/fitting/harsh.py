"""Harsh problems: short ranges, boundary truths, few runs, heavy tails and outliers; and what a fit makes of them.

Five laws, three losses, all synthetic and fixed by their number. A fit is judged against
`grid_oracle.search`, which shares nothing with the library but the formulas.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from grid_oracle import Best, search

from scalinglaws import FitError, Status, absolute, fit, huber, squared
from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import (
    Law,
    chinchilla,
    data_constrained,
    kaplan_with_floor,
    power_law_with_constant,
    shifted_power_law,
)

LAWS = (power_law_with_constant, chinchilla, kaplan_with_floor, data_constrained, shifted_power_law)
LOSSES = (squared(), huber(1e-3), absolute())
#: What makes a problem harsh; each has one to three of them.
KINDS = ("short", "floorless", "edge", "few", "heavy", "outliers")
#: The oracle is lower if it is so by more than this share: a hundred times what either search leaves
#: to itself, and far below the distance of two valleys.
LOWER = 1e-6
#: A fit whose residuals are rounding has no valleys that could be told apart.
ROUNDING = 1e-22


@dataclass(frozen=True)
class Harsh:
    """A problem by its number."""

    number: int
    law: Law
    loss: Loss
    kinds: tuple[str, ...]
    data: dict[str, np.ndarray]


def harsh(number: int) -> Harsh:
    """The problem of this number, 0 to 999 in the proof: the laws in turn, the losses in turn."""
    law, loss = LAWS[number % 5], LOSSES[number // 5 % 3]
    rng = np.random.default_rng([2026, number])
    kinds = tuple(map(str, rng.choice(KINDS, int(rng.integers(1, 4)), replace=False)))
    count = len(law.parameters)
    n = count + int(rng.integers(1, 6)) if "few" in kinds else int(rng.integers(20, 81))
    columns = drawn(law, rng, n, 0.6 if "short" in kinds else 2.5)
    truth = truth_of(law, rng, columns, "edge" in kinds, "floorless" in kinds)
    noise = 10 ** rng.uniform(-3, -1)
    error = noise * (rng.standard_t(2, n) if "heavy" in kinds else rng.normal(size=n))
    if "outliers" in kinds:
        error += rng.choice([0, 1], n, p=[0.9, 0.1]) * rng.choice([-1, 1], n) * rng.uniform(0.1, 1, n)
    return Harsh(
        number, law, loss, kinds, columns | {"loss": law(*columns.values(), **truth) * np.exp(error)}
    )


def drawn(law: Law, rng: np.random.Generator, n: int, decades: float) -> dict[str, np.ndarray]:
    """The columns of a law over so many decades."""

    def spread(low: float, high: float) -> np.ndarray:
        start = rng.uniform(low, high)
        return 10 ** rng.uniform(start, start + decades * rng.uniform(0.5, 1), n)

    if law.name == "shifted_power_law":
        return {"loss_here": 1.5 + np.log10(spread(0.3, 0.6)) * rng.uniform(0.3, 1.5)}
    if law.name == "data_constrained":
        tokens, size = spread(7.5, 9), spread(7, 9)
        unique = np.minimum(0.051 * tokens, size)
        repeats = 10 ** rng.uniform(0, decades, n) - 1
        return {
            "unique_params": unique,
            "excess_params": size / unique - 1,
            "unique_tokens": tokens,
            "repeats": repeats,
        }
    return {name: spread(6, 9) if name != "x" else spread(0, 6) for name in law.columns}


def truth_of(
    law: Law, rng: np.random.Generator, columns: dict[str, np.ndarray], edge: bool, floorless: bool
) -> dict[str, float]:
    """Parameters of a size that is usual, or at an end of their box."""

    def exponent() -> float:
        return float(rng.choice([0.02, 0.05, 1.5, 2.5]) if edge else rng.uniform(0.1, 0.7))

    floor = 0.0 if floorless else float(rng.uniform(0.5, 2.5))
    middle = {name: float(np.exp(np.mean(np.log(np.maximum(c, 1e-3))))) for name, c in columns.items()}
    height = [float(rng.uniform(0.05, 1.5)) for _ in range(2)]
    one, two = exponent(), exponent()
    if law.name == "power_law_with_constant":
        return {"E": floor, "A": height[0] * middle["x"] ** one, "alpha": one}
    if law.name == "shifted_power_law":
        here = columns["loss_here"].min() * (0.999 if edge else rng.uniform(0.3, 0.95))
        return {"E": floor, "K": height[0], "kappa": float(rng.uniform(0.3, 2)), "E_here": here}
    if law.name == "kaplan_with_floor":
        one, two = min(one, 1.5), min(two, 1.5)
        one, two = max(one, 0.05), max(two, 0.05)
        size = middle["n_params"] * height[0] ** (1 / one)
        data = middle["n_tokens"] * height[1] ** (1 / two)
        return {"E": floor, "A": size, "B": data, "alpha": one, "beta": two}
    sizes = ("unique_params", "unique_tokens") if law.name == "data_constrained" else ("n_params", "n_tokens")
    found = {
        "E": floor,
        "A": height[0] * middle[sizes[0]] ** one,
        "B": height[1] * middle[sizes[1]] ** two,
        "alpha": one,
        "beta": two,
    }
    if law.name == "data_constrained":
        found |= {
            name: float(10 ** (rng.choice([-1.0, 3.0]) if edge else rng.uniform(0, 2.5)))
            for name in ("R_N", "R_D")
        }
    return found


#: What a fit of a harsh problem can be.
WORDS = ("proved", "false", "refused at the optimum", "refused elsewhere", "refused as undetermined")


@dataclass(frozen=True)
class Verdict:
    """What a fit of a harsh problem is: one of `WORDS`, with its figures."""

    word: str
    status: str
    value: float
    seconds: float


def fitted(problem: Harsh) -> tuple[str, float, float]:
    """The status of the library's fit, its objective, and the processor time that it took."""
    began = time.process_time()
    try:
        found = fit(problem.law, problem.data, loss=problem.loss, strict=False)
        status, value = found.status.name, float(found.objective)
    except FitError as error:
        status, value = f"FitError: {error}", np.inf
    return status, value, time.process_time() - began


def judged(problem: Harsh, best: Best) -> Verdict:
    """The library's fit against the lowest place known."""
    status, value, took = fitted(problem)
    above = value > best.value * (1 + LOWER) + ROUNDING * len(problem.data["loss"])
    if status in (Status.CONVERGED.name, Status.BOUND_HIT.name):
        word = "false" if above else "proved"
    elif above:
        word = "refused elsewhere"
    else:
        word = "refused at the optimum" if best.determined else "refused as undetermined"
    return Verdict(word, status, value, took)


def verdicts(numbers: Iterable[int]) -> dict[int, Verdict]:
    """The verdict on each problem, with the oracle's search."""
    found = {}
    for number in numbers:
        problem = harsh(number)
        found[number] = judged(problem, search(problem.law, problem.data, problem.loss))
    return found


def table(found: dict[int, Verdict]) -> str:
    """Counts by law and loss, a row each."""
    lines = [f"{'law':24} {'loss':14} " + " ".join(f"{word:>23}" for word in WORDS) + f" {'s CPU, most':>12}"]
    for law in LAWS:
        for loss in LOSSES:
            own = [v for k, v in found.items() if LAWS[k % 5] is law and LOSSES[k // 5 % 3] == loss]
            counts = Counter(v.word for v in own)
            most = max((v.seconds for v in own), default=0.0)
            lines.append(
                f"{law.name:24} {loss!s:14} "
                + " ".join(f"{counts[word]:>23}" for word in WORDS)
                + f" {most:12.2f}"
            )
    counts = Counter(v.word for v in found.values())
    total = sum(v.seconds for v in found.values())
    lines.append(
        f"{'all':39} " + " ".join(f"{counts[word]:>23}" for word in WORDS) + f" {total:12.1f} in all"
    )
    return "\n".join(lines)

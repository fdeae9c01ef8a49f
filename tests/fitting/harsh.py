"""Harsh problems: short ranges, boundary truths, few runs, heavy tails and outliers; and what a fit makes of them.

Five laws, three losses, all synthetic and fixed by their number. A fit is judged against
`grid_oracle.search`, which shares nothing with the library but the formulas.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from deeper_oracle import search_deeper
from grid_oracle import Best, search

from scalinglaws import FitError, Status, absolute, fit, huber, squared
from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import (
    Law,
    chinchilla,
    data_constrained,
    kaplan_with_floor,
    law,
    power_law_with_constant,
    shifted_power_law,
)

LAWS = (power_law_with_constant, chinchilla, kaplan_with_floor, data_constrained, shifted_power_law)
LOSSES = (squared(), huber(1e-3), absolute())
T = TypeVar("T")
#: What makes a problem harsh; each has one to three of them.
KINDS = ("short", "floorless", "edge", "few", "heavy", "outliers")
#: The oracle is lower if it is so by more than this share: a hundred times what either search leaves
#: to itself, and far below the distance of two valleys.
LOWER = 1e-6
#: How often the oracle starts anew where a fit is the lower one, and again where it still is.
HOPS = (8, 60)
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


def law_of(number: int) -> Law:
    """The laws in turn."""
    return LAWS[number % 5]


def loss_of(number: int) -> Loss:
    """The losses in turn, each for all laws."""
    return LOSSES[number // 5 % 3]


def harsh(number: int) -> Harsh:
    """The problem of this number, 0 to 999 in the proof: the laws in turn, the losses in turn."""
    form, loss = law_of(number), loss_of(number)
    rng = np.random.default_rng([2026, number])
    kinds = tuple(map(str, rng.choice(KINDS, int(rng.integers(1, 4)), replace=False)))
    count = len(form.parameters)
    n = count + int(rng.integers(1, 6)) if "few" in kinds else int(rng.integers(20, 81))
    columns = drawn(form, rng, n, 0.6 if "short" in kinds else 2.5)
    truth = truth_of(form, rng, columns, "edge" in kinds, "floorless" in kinds)
    noise = 10 ** rng.uniform(-3, -1)
    error = noise * (rng.standard_t(2, n) if "heavy" in kinds else rng.normal(size=n))
    if "outliers" in kinds:
        error += rng.choice([0, 1], n, p=[0.9, 0.1]) * rng.choice([-1, 1], n) * rng.uniform(0.1, 1, n)
    return Harsh(
        number, form, loss, kinds, columns | {"loss": form(*columns.values(), **truth) * np.exp(error)}
    )


@law(positive=("rd", "rn"), bounds={"rd": (0.1, 1000), "rn": (0.1, 1000)})
def repeats_only(RD, UN, RN, U, *, rd, rn):
    """Two decay constants, of repeated data and of excess parameters, all else given."""
    size = UN * (1 + rn * (1 - np.exp(-RN / rn)))
    tokens = U * (1 + rd * (1 - np.exp(-RD / rd)))
    return 1.87 + 521 * size**-0.353 + 1488 * tokens**-0.353


def repeated(seed: int) -> dict[str, np.ndarray]:
    """Runs with heavy-tailed noise from a law that has other constants: two valleys far apart, or more."""
    rng = np.random.default_rng(seed)
    n = 100
    U, N = 10 ** rng.uniform(7.5, 10, n), 10 ** rng.uniform(7, 9.8, n)
    RD, UN = 10 ** rng.uniform(0, 3.5, n) - 1, np.minimum(0.051 * U, N)
    RN = N / UN - 1
    size = UN * (1 + 150 * (1 - np.exp(-RN / 150)))
    tokens = U * (1 + 33 * (1 - np.exp(-RD / 33)))
    loss = (2.1 + 1180 * size**-0.4 + 6594 * tokens**-0.4) * np.exp(0.03 * rng.standard_t(3, n))
    return {"RD": RD, "UN": UN, "RN": RN, "U": U, "loss": loss}


def two_valleys(seed: int) -> Harsh:
    """A problem of decay constants."""
    return Harsh(seed, repeats_only, huber(1e-3), (), repeated(seed))


def drawn(form: Law, rng: np.random.Generator, n: int, decades: float) -> dict[str, np.ndarray]:
    """The columns of a law over so many decades."""

    def spread(low: float, high: float) -> np.ndarray:
        start = rng.uniform(low, high)
        return 10 ** rng.uniform(start, start + decades * rng.uniform(0.5, 1), n)

    if form.name == "shifted_power_law":
        return {"loss_here": 1.5 + np.log10(spread(0.3, 0.6)) * rng.uniform(0.3, 1.5)}
    if form.name == "data_constrained":
        tokens, size = spread(7.5, 9), spread(7, 9)
        unique = np.minimum(0.051 * tokens, size)
        repeats = 10 ** rng.uniform(0, decades, n) - 1
        return {
            "unique_params": unique,
            "excess_params": size / unique - 1,
            "unique_tokens": tokens,
            "repeats": repeats,
        }
    return {name: spread(6, 9) if name != "x" else spread(0, 6) for name in form.columns}


def truth_of(
    form: Law, rng: np.random.Generator, columns: dict[str, np.ndarray], edge: bool, floorless: bool
) -> dict[str, float]:
    """Parameters of a size that is usual, or at an end of their box."""

    def exponent() -> float:
        return float(rng.choice([0.02, 0.05, 1.5, 2.5]) if edge else rng.uniform(0.1, 0.7))

    floor = 0.0 if floorless else float(rng.uniform(0.5, 2.5))
    middle = {name: float(np.exp(np.mean(np.log(np.maximum(c, 1e-3))))) for name, c in columns.items()}
    height = [float(rng.uniform(0.05, 1.5)) for _ in range(2)]
    one, two = exponent(), exponent()
    if form.name == "power_law_with_constant":
        return {"E": floor, "A": height[0] * middle["x"] ** one, "alpha": one}
    if form.name == "shifted_power_law":
        here = columns["loss_here"].min() * (0.999 if edge else rng.uniform(0.3, 0.95))
        return {"E": floor, "K": height[0], "kappa": float(rng.uniform(0.3, 2)), "E_here": here}
    if form.name == "kaplan_with_floor":
        one, two = min(one, 1.5), min(two, 1.5)
        one, two = max(one, 0.05), max(two, 0.05)
        size = middle["n_params"] * height[0] ** (1 / one)
        data = middle["n_tokens"] * height[1] ** (1 / two)
        return {"E": floor, "A": size, "B": data, "alpha": one, "beta": two}
    sizes = (
        ("unique_params", "unique_tokens") if form.name == "data_constrained" else ("n_params", "n_tokens")
    )
    found = {
        "E": floor,
        "A": height[0] * middle[sizes[0]] ** one,
        "B": height[1] * middle[sizes[1]] ** two,
        "alpha": one,
        "beta": two,
    }
    if form.name == "data_constrained":
        found |= {
            name: float(10 ** (rng.choice([-1.0, 3.0]) if edge else rng.uniform(0, 2.5)))
            for name in ("R_N", "R_D")
        }
    return found


#: What a fit of a harsh problem can be.
WORDS = ("proved", "false", "refused at the optimum", "refused elsewhere", "refused as undetermined")


@dataclass(frozen=True)
class Verdict:
    """What a fit of a harsh problem is: one of `WORDS`, with its figures; and whether it lies below the oracle's place."""

    word: str
    status: str
    value: float
    seconds: float
    below: bool


@dataclass(frozen=True)
class Fitted:
    """What the library made of a problem: its status or error, objective, and seconds of processor time."""

    status: str
    value: float
    seconds: float


class Kept:
    """Results by name, each written to a file as a line of JSON at once, so that a long run can be taken up again."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        lines = file.read_text().splitlines() if file and file.exists() else []
        self.known: dict[str, dict] = {}
        for line in map(json.loads, lines):
            self.known[line.pop("name")] = line

    def of(self, name: str, kind: type[T], compute: Callable[[], T]) -> T:
        """The result of this name, computed unless it is known."""
        if name not in self.known:
            self.known[name] = vars(compute())
            if self.file:
                with self.file.open("a") as out:
                    out.write(json.dumps({"name": name} | self.known[name]) + "\n")
        return kind(**self.known[name])


def fitted(problem: Harsh) -> Fitted:
    """The library's fit."""
    began = time.process_time()
    try:
        found = fit(problem.law, problem.data, loss=problem.loss, strict=False)
        status, value = found.status.name, float(found.objective)
    except FitError as error:
        status, value = f"FitError: {error}", np.inf
    return Fitted(status, value, time.process_time() - began)


def judged(problem: Harsh, got: Fitted, best: Best) -> Verdict:
    """The library's fit against the lowest place known."""
    above = got.value > best.value * (1 + LOWER) + ROUNDING * len(problem.data["loss"])
    if got.status in (Status.CONVERGED.name, Status.BOUND_HIT.name):
        word = "false" if above else "proved"
    elif above:
        word = "refused elsewhere"
    else:
        word = "refused at the optimum" if best.determined else "refused as undetermined"
    below = got.value < best.value * (1 - LOWER) - ROUNDING * len(problem.data["loss"])
    return Verdict(word, got.status, got.value, got.seconds, below)


def verdicts(
    numbers: Iterable[int], draw: Callable[[int], Harsh] = harsh, kept: Kept | None = None
) -> dict[int, Verdict]:
    """The verdict on each problem, with the oracle's search, which sees nothing of where the library's fit lies.

    Only where the fit is the lower one the oracle searches again, longer.
    """
    found, kept = {}, kept or Kept()
    for number in numbers:
        problem = draw(number)
        got = kept.of(f"fit {number}", Fitted, lambda p=problem: fitted(p))
        best = kept.of(f"oracle {number}", Best, lambda p=problem: search(p.law, p.data, p.loss))
        found[number] = judged(problem, got, best)
        for hops in HOPS:
            if not found[number].below:
                break
            deeper = kept.of(
                f"oracle {number}, {hops} hops",
                Best,
                lambda p=problem, h=hops: search_deeper(p.law, p.data, p.loss, h),
            )
            best = min(best, deeper, key=lambda b: b.value)
            found[number] = judged(problem, got, best)
    return found


def row(form: str, loss: str, found: Iterable[Verdict]) -> str:
    """Counts of words; how often the oracle ended above the fit; processor time of a fit, on average and at most."""
    found = list(found)
    counts, seconds = Counter(v.word for v in found), [v.seconds for v in found]
    figures = [*(counts[word] for word in WORDS), sum(v.below for v in found)]
    figures += [f"{sum(seconds) / max(len(found), 1):.2f}", f"{max(seconds, default=0):.2f}"]
    return f"{form:24} {loss:13} " + " ".join(f"{figure:>22}" for figure in figures)


def table(found: dict[int, Verdict]) -> str:
    """Counts by law and loss of harsh problems and of those with two valleys, a row each."""
    heads = (*WORDS, "oracle above", "s CPU a fit", "most")
    lines = [f"{'law':24} {'loss':13} " + " ".join(f"{head:>22}" for head in heads)]
    for form in LAWS:
        for loss in LOSSES:
            own = (v for k, v in found.items() if k < 1000 and (law_of(k), loss_of(k)) == (form, loss))
            lines.append(row(form.name, str(loss), own))
    lines.append(row("all of these", "", (v for k, v in found.items() if k < 1000)))
    lines.append(row("two valleys", "", (v for k, v in found.items() if k >= 1000)))
    return "\n".join(lines)


def drawn_by(number: int) -> Harsh:
    """The problem of a number: 1,000 harsh ones, then those with two valleys."""
    return harsh(number) if number < 1000 else two_valleys(number)


def main(file: str, seconds: str) -> None:
    """As many problems as time allows, those in the file already done, in an order that mixes them; what is known."""
    kept, until = Kept(Path(file)), time.monotonic() + float(seconds)
    found = {}
    for number in sorted(range(1200), key=lambda k: k * 617 % 1200):
        done = {f"fit {number}", f"oracle {number}"} <= kept.known.keys()
        if done or time.monotonic() < until:
            found |= verdicts([number], drawn_by, kept)
    print(table(found))
    print({k: (v.word, v.status) for k, v in sorted(found.items()) if v.word != "proved" or v.below})


if __name__ == "__main__":
    main(*sys.argv[1:])

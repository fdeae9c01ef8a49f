"""A brute-force search for the optimum of a noisy problem: scipy only, from very many starts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize
from simulated import problem_of

from scalinglaws import Status, fit, huber, soft_l1, squared
from scalinglaws.laws import Law

LOSSES = (squared(), huber(1e-3), huber(0.02), soft_l1(1e-2))


def oracle(law: Law, data, loss, looked_at: int = 400, refined: int = 12, seed: int = 0) -> float:
    """The least sum of losses of log residuals that BFGS finds from the best of many random starts.

    The laws are sums of powers: log E, log A - alpha log x, ... are added on the log scale.
    """
    logs = [np.log(np.asarray(data[name], float)) for name in law.columns]
    target = np.log(np.asarray(data["loss"], float))
    floor, powers = "E" in law.parameters, len(logs)
    centre = np.array([x.mean() for x in logs])

    def value(theta):
        # Coordinates: the log of each term at the centre of the runs, and the exponents.
        heights, exponents = theta[: powers + floor], theta[powers + floor :]
        terms = [h - e * (x - c) for h, e, x, c in zip(heights[floor:], exponents, logs, centre, strict=True)]
        terms += [np.full_like(target, heights[0])] if floor else []
        total = np.logaddexp.reduce(terms)
        r = target - total
        share = np.exp(np.array(terms) - total)
        pull = loss.psi(r)
        slopes = [-(s * pull).sum() for s in share[:powers]]
        bends = [(s * (x - c) * pull).sum() for s, x, c in zip(share, logs, centre, strict=False)]
        first = [-(share[-1] * pull).sum()] if floor else []
        return loss.rho(r).sum(), np.array([*first, *slopes, *bends])

    rng = np.random.default_rng(seed)
    starts = [
        np.r_[target.mean() + rng.uniform(-4, 0.5, powers + floor), rng.uniform(0, 1, powers)]
        for _ in range(looked_at)
    ]
    best = np.inf
    for start in sorted(starts, key=lambda t: value(t)[0])[:refined]:
        for _ in range(2):
            found = minimize(value, start, jac=True, method="BFGS", options={"gtol": 1e-14, "maxiter": 2000})
            start = found.x
        best = min(best, found.fun)
    return best


def above_oracle(law: Law, seeds: Iterable[int]) -> tuple[float, int]:
    """How far above the brute-force optimum a fit that says "converged" ever lies, as a share of it,

    and how many fits do not say so.
    """
    worst, unproved = -np.inf, 0
    for seed in seeds:
        rng = np.random.default_rng([11, seed])
        loss = LOSSES[seed % len(LOSSES)]
        _, data = problem_of(law, rng, n=int(rng.integers(12, 80)), noise=10 ** rng.uniform(-3, -1))
        found = fit(law, data, loss=loss, strict=False)
        if found.status is Status.CONVERGED:
            worst = max(worst, found.objective / oracle(law, data, loss) - 1)
        else:
            unproved += 1
    return worst, unproved

"""Optima of losses with a corner: least absolute deviations, quantile loss, Huber with a tiny delta.

Residuals enter the corner where they stop a step, and leave it where their multiplier says that the
objective falls on one side, until `scalinglaws.fitting.subdifferential` proves the place that is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import eigh, null_space

from scalinglaws.fitting.kinked import PROP, ScaledProblem, convex, scaled, system, value_of
from scalinglaws.fitting.problem import Problem
from scalinglaws.fitting.solve import CHUNK, TIGHT, newton
from scalinglaws.fitting.subdifferential import Optimality, held_wrongly, optimality_at, prove, sharp

#: The corner is narrowed by this factor a step, so often, before residuals are put into it.
NARROWING, STAGES = 5.0, 6
#: A corner wider than this share of the median residual holds many residuals, a narrower one few.
WIDE = 1e-3
#: A residual that moves by less than this, when its multiplier changes by one, is taken to stay in the corner.
STIFF = 1e-2


def lacking(at: ScaledProblem, corner: np.ndarray, free: np.ndarray, hessian: np.ndarray) -> float:
    """The ridge with which the curvature is positive along all directions that keep the corner, or nearly it."""
    own = at.slopes[corner][:, free]
    give = at.delta / at.weights[corner] + PROP
    # Residuals in a wide corner may move, and the curvature of Huber's loss resists; those in a sharp
    # corner are held at zero, and only directions that keep them there count.
    soft = own[give > STIFF] / np.sqrt(give[give > STIFF])[:, None]
    whole = hessian[np.ix_(free, free)] + soft.T @ soft
    normal = (at.slopes[:, free].T * at.weights) @ at.slopes[:, free] + 1e-3 * np.eye(int(free.sum()))
    try:
        kept = null_space(own[give <= STIFF]) if np.any(give <= STIFF) else np.eye(len(normal))
        if not kept.shape[1]:
            return 0.0
        least = eigh(
            kept.T @ whole @ kept, kept.T @ normal @ kept, eigvals_only=True, subset_by_index=[0, 0]
        )[0]
    except (LinAlgError, ValueError):
        return 0.0
    return max(0.0, -1.1 * float(least))


@dataclass(frozen=True)
class Step:
    """A step, the multipliers that go with it, (corner residuals,), and the curvature along it."""

    step: np.ndarray
    multipliers: np.ndarray
    bent: float
    ridge: float


def newton_step(
    at: ScaledProblem, corner: np.ndarray, free: np.ndarray, guess: np.ndarray, ridge: float = 0.0
) -> Step | None:
    """The step to the best place that keeps the corner residuals there; None if none is to be had."""
    held_in = np.flatnonzero(corner)
    multipliers = at.pull.copy()
    multipliers[held_in] = guess[held_in]
    hessian, p = at.hessian(multipliers), int(free.sum())
    if not (np.isfinite(hessian).all() and np.isfinite(at.slopes[at.weights > 0]).all()):
        return None
    matrix = system(at, corner, free, hessian, ridge)
    if not convex(matrix, p):
        ridge = max(ridge, lacking(at, corner, free, hessian))
        matrix = system(at, corner, free, hessian, ridge)
    while not convex(matrix, p):
        ridge = max(4 * ridge, 1e-6)
        if ridge > 1e12:
            return None
        matrix = system(at, corner, free, hessian, ridge)
    outside = ~corner & (at.weights > 0)
    gradient = at.slopes[outside][:, free].T @ (at.weights * at.pull)[outside]
    right = np.concatenate([-gradient, -at.r[held_in] - PROP * at.weights[held_in] * guess[held_in]])
    try:
        found = np.linalg.solve(matrix, right)
    except LinAlgError:
        return None
    step = np.zeros(len(free))
    step[free] = found[:p]
    bent = float(found[:p] @ matrix[:p, :p] @ found[:p])
    return Step(step, found[p:] / at.weights[held_in], bent, ridge)


def reach(at: ScaledProblem, corner: np.ndarray, step: Step) -> tuple[float, int]:
    """Where along a step the local model is least, at most 1, and the residual that stops it there (or -1)."""
    below, above = at.problem.loss.pulls
    others = np.flatnonzero(~corner & (at.weights > 0))
    rate = at.slopes[others] @ step.step
    with np.errstate(all="ignore"):
        meets = -at.r[others] / rate
    crossed = np.flatnonzero((meets > 0) & (meets < 1))
    slope = float(np.sum(at.weights[others] * at.pull[others] * rate))
    # The loss of the residuals in the corner is taken to be linear along the step, so that it is not shortened.
    slope += float(np.sum(at.weights[corner] * step.multipliers * (at.slopes[corner] @ step.step)))
    for k in crossed[np.argsort(meets[crossed])]:
        jump = at.weights[others[k]] * (below + above) * abs(rate[k])
        if slope + meets[k] * step.bent + jump >= 0:
            return float(meets[k]), int(others[k])
        slope += jump
    return 1.0, -1


def independent(at: ScaledProblem, order: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The first residuals, in an order, whose derivatives are independent: at most one a coordinate."""
    corner, basis = np.zeros(len(at.r), bool), np.zeros((0, int(free.sum())))
    for i in order:
        own = at.slopes[i, free]
        left = own - basis.T @ (basis @ own)
        if np.linalg.norm(left) > 1e-6 * np.linalg.norm(own):
            corner[i] = True
            basis = np.vstack([basis, left / np.linalg.norm(left)])
        if len(basis) == free.sum():
            break
    return corner


def descend(
    problem: Problem,
    theta: np.ndarray,
    corner: np.ndarray,
    delta: float,
    wide: bool = False,
    rounds: int = 60,
) -> tuple[np.ndarray, Optimality]:
    """From a good start to the optimum: residuals enter the corner where they stop a step, and leave it
    where their multiplier says that the objective falls on one side."""
    low, high = problem.limits
    below, above = problem.loss.pulls
    corner = corner.copy()
    at = scaled(problem, theta, delta)
    held = np.zeros(len(theta), bool)
    guess = np.zeros(len(at.r))
    ridge, stalled = 0.0, 0
    value = value_of(problem, problem.residuals(theta), delta)
    for _ in range(rounds):
        free = ~held
        step = newton_step(at, corner, free, guess, ridge)
        if step is None:
            break
        share, stopper = reach(at, corner, step)
        move = step.step / at.size
        with np.errstate(all="ignore"):
            room = np.where(
                move < 0, (low - at.theta) / move, np.where(move > 0, (high - at.theta) / move, np.inf)
            )
        wall = int(np.argmin(room))
        if room[wall] < share:
            share, stopper = max(float(room[wall]), 0.0), -1
        else:
            wall = -1
        if wall >= 0 and share == 0:
            held = held.copy()
            held[wall] = True
            continue
        guess = at.pull.copy()
        guess[corner] = np.clip(step.multipliers, -below, above)
        trial, lower = at, False
        for _ in range(15):
            place = np.clip(at.theta + share * move, low, high)
            if wall >= 0:
                place[wall] = low[wall] if move[wall] < 0 else high[wall]
            found = [place]
            if corner.any() and share > 0:
                # The residuals in the corner leave it by the law's curvature; bring them back first.
                r = problem.residuals(place)[corner] / at.unit - at.delta * guess[corner]
                if np.isfinite(r).all():
                    back, loose = np.zeros(len(theta)), free & (np.arange(len(theta)) != wall)
                    back[loose] = -np.linalg.lstsq(at.slopes[corner][:, loose], r)[0]
                    found.insert(0, np.clip(place + back / at.size, low, high))
            values = [value_of(problem, problem.residuals(t), delta) for t in found]
            k = int(np.argmin(values))
            # The objectives differ by less than rounding, so the length of the step decides.
            level = np.abs(step.step).max() < 1e-5 and values[k] <= value + 1e-12 * abs(value) + 1e-300
            lower = values[k] < value
            if lower or level:
                trial, value = scaled(problem, found[k], delta), values[k]
                break
            share, stopper, wall = share / 2, -1, -1
        else:
            stalled += 1
            if stalled > 20:
                break
            pulled = np.maximum(step.multipliers - above, -below - step.multipliers)
            if not wide and pulled.max(initial=0.0) > 1e-9:
                # Its multiplier lies beyond the loss's slopes on both sides of the corner: at the optimum this residual
                # is not in the corner, so take it out.
                corner = corner.copy()
                corner[np.flatnonzero(corner)[np.argmax(pulled)]] = False
            else:
                ridge = max(10 * ridge, 1e-4)
            continue
        stalled = 0
        ridge = 0.0 if share == 1 else ridge / 4
        at = trial
        if wide:
            # Many residuals lie in a wide corner: all that came in enter, all that went out leave at once.
            size = at.r / at.delta
            corner = (at.weights > 0) & (size > -below) & (size < above)
            guess = np.where(corner, size, at.pull)
            if wall < 0 and np.abs(step.step).max() > 1e-6:
                continue
        if wall >= 0:
            held = held.copy()
            held[wall] = True
            continue
        if stopper >= 0:
            corner = corner.copy()
            corner[stopper] = True
            if delta == 0 and corner.sum() > free.sum():
                corner[stopper] = False
            continue
        if np.abs(step.step).max() > 1e-6:
            continue
        # At the best place of this corner: is it an optimum, and if not, what must leave or enter?
        proof = prove(at, corner, held, guess)
        inside = ~corner & (at.weights > 0) & (at.r > -below * at.delta) & (at.r < above * at.delta)
        excess = np.maximum(step.multipliers - above, -below - step.multipliers)
        leaver = int(np.argmax(excess)) if len(excess) else -1
        wrong_hold = held_wrongly(at, corner, held, guess)
        if inside.any() and at.delta > 0:
            corner = corner | inside
        elif leaver >= 0 and excess[leaver] > 1e-9:
            row = np.flatnonzero(corner)[leaver]
            corner = corner.copy()
            corner[row] = False
            at = on_side(at, row, step.multipliers[leaver] > 0)
        elif wrong_hold >= 0:
            held = held.copy()
            held[wrong_hold] = False
        elif np.abs(step.step).max() < 1e-13 or (proof.gap < 1e-14 and np.abs(step.step).max() < 1e-10):
            return at.theta, proof
    return at.theta, prove(at, corner, held, guess)


def on_side(at: ScaledProblem, row: int, above: bool) -> ScaledProblem:
    """The same place with a residual that leaves the corner counted on the side to which it is pulled."""
    r = at.r.copy()
    edge = at.problem.loss.pulls[1 if above else 0] * at.delta
    r[row] = (max(edge, 1e-300)) * (1 if above else -1)
    return replace(at, r=r)


def continuation(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Near the optimum of every row, through corners that are rounded off less and less."""
    size = np.abs(problem.residuals(theta))
    wide = float(np.median(size[np.isfinite(size)]))
    for width in wide * NARROWING ** -np.arange(STAGES):
        if width > max(problem.loss.delta, 1e-13 * float(np.max(problem.size))):
            theta = newton(
                problem.with_loss(problem.loss.smoothed(width)), theta, tight=1e-6, rounds=30
            ).theta
    if problem.loss.delta > WIDE * wide:
        theta = newton(problem, theta, rounds=50).theta
    return theta


def minimise_exact(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Optimality]]:
    """The optimum near each start, or of each resample, of a loss with a corner, and its proof.

    Parameters
    ----------
    problem
        With the loss `absolute()`, `quantile(q)` or `huber(delta)`; its weights are common to
        all rows, or one set a row.
    theta
        Starts at which the objective is finite, (rows, parameters).

    Returns
    -------
    tuple
        Coordinates, (rows, parameters); the objectives, (rows,); and a `Optimality` a row, to be
        believed where its `gap` is below `solve.TIGHT`.
    """
    found, proofs = np.array(theta, float), []
    size = max(1, CHUNK // problem.y.shape[-1])
    for rows in (np.arange(i, min(i + size, len(found))) for i in range(0, len(found), size)):
        found[rows] = continuation(problem.take(rows), np.clip(found[rows], *problem.limits))
    for k in range(len(found)):
        found[k], proof = one_row(problem.take(k), found[k])
        proofs.append(proof)
    return found, problem.objective(found), proofs


def one_row(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, Optimality]:
    """The optimum near one place: with a sharp corner first, then with the loss's own."""
    delta = problem.loss.delta if problem.loss.kind == "huber" else 0.0
    at = scaled(problem, theta, 0.0)
    used = at.weights > 0
    typical = float(np.median(np.abs(at.r[used])))
    low, high = problem.limits
    free = (theta > low) & (theta < high)
    if delta < WIDE * typical * at.unit:
        order = np.argsort(np.where(used, np.abs(at.r), np.inf))
        near = order[np.abs(at.r[order]) < 3 * NARROWING ** (1 - STAGES) * typical]
        corner = independent(at, near, free)
        theta, proof = descend(problem, theta, corner, 0.0)
        if not proof.gap < TIGHT:
            # Some residuals were wrongly taken to be zero, and that led astray: start again with none.
            theta, proof = descend(problem, theta, np.zeros_like(corner), 0.0)
        if not proof.gap < TIGHT:
            # More residuals vanish than there are parameters: the multipliers of all of them may be needed.
            proof = min(proof, optimality_at(problem.with_loss(sharp(problem)), theta), key=lambda p: p.gap)
        if delta == 0:
            return theta, proof
        corner = proof.corner
    else:
        corner = np.zeros(len(at.r), bool)
    inside = used & (np.abs(problem.residuals(theta)) <= delta)
    return descend(problem, theta, corner | inside, delta, wide=delta >= WIDE * typical * at.unit)

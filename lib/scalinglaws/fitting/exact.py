"""Optima of losses with a corner: least absolute deviations, quantile loss, Huber with a tiny delta.

At such an optimum some residuals lie exactly in the corner, as many as there are parameters or fewer,
and the gradient is a set. A point is optimal if 0 is in that set: there are multipliers, one a residual
in the corner and each between the slopes on both sides of it, with which the gradient vanishes, and the
law's own curvature is positive along the directions that keep those residuals where they are.

Each corner is written as a maximum, rho(r) = max over m in [-below, above] of m r - delta m^2 / 2, which
is |r| or the check loss for delta = 0 and Huber's loss, divided by delta, for below = above = 1. A
set of residuals in the corner then gives one square system for the step and the multipliers, which is
as well conditioned for a delta of 1e-9 or 0 as for any other. Source: Murray & Overton (1981), A projected
Lagrangian algorithm for nonlinear l1 optimization, doi:10.1137/0902018.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import eigh, null_space
from scipy.optimize import lsq_linear

from scalinglaws.fitting.losses import Loss, absolute
from scalinglaws.fitting.problem import Problem
from scalinglaws.fitting.solve import CHUNK, TIGHT, Points, evaluate, newton

#: The corner is narrowed by this factor a step, so often, before residuals are put into it.
NARROWING, STAGES = 5.0, 6
#: A corner wider than this share of the median residual holds many residuals, a narrower one few.
WIDE = 1e-3
#: Holds a system with more residuals in the corner than parameters together; no solution depends on it.
PROP = 1e-11
#: A residual that gives way less than this, for a unit of its multiplier, as good as stays in the corner.
STIFF = 1e-2


@dataclass(frozen=True)
class Scaled:
    """One problem at one place, in units in which the objective is 1 and every coordinate's effect is too.

    Attributes
    ----------
    r, slopes
        Residuals, (runs,), and their derivatives by the coordinates, (runs, parameters).
    weights
        Shares of the runs; zero for those without weight.
    delta
        Half the width of the corner.
    unit, size
        The unit of residuals, and of coordinates.
    value
        The objective in those units: 1, or less for a fit that is exact but for rounding.
    """

    problem: Problem
    theta: np.ndarray
    r: np.ndarray
    slopes: np.ndarray
    predicted: np.ndarray
    weights: np.ndarray
    delta: float
    unit: float
    size: np.ndarray

    @property
    def pull(self) -> np.ndarray:
        """The slope of the loss on the side where each residual lies."""
        below, above = self.problem.loss.pulls
        return np.where(self.r > 0, above, -below)

    def hessian(self, multipliers: np.ndarray) -> np.ndarray:
        """Second derivatives of the residuals, summed with the multipliers of all runs."""
        p, pull = self.problem, self.weights * multipliers
        logarithmic = p.residual == "log"
        with np.errstate(all="ignore"):
            raw = -self.slopes.T * (self.size[:, None] * self.unit)
            law = raw * self.predicted if logarithmic else raw
            bend = p.bend(self.theta, law, pull / self.predicted if logarithmic else pull)
            found = -bend / (self.unit * np.outer(self.size, self.size))
        if logarithmic:
            found = found + (self.slopes.T * pull) @ self.slopes * self.unit
        return found


def value_of(problem: Problem, r: np.ndarray, delta: float) -> float:
    """The sum over runs of max over m of m r - delta m^2 / 2."""
    below, above = problem.loss.pulls
    with np.errstate(all="ignore"):
        m = np.clip(r / delta, -below, above) if delta > 0 else np.where(r > 0, above, -below)
        used = problem.weights > 0
        value = float(np.sum((problem.weights * (m * r - 0.5 * delta * m * m))[used]))
    return value if np.isfinite(value) else np.inf


def scaled(problem: Problem, theta: np.ndarray, delta: float) -> Scaled:
    """The problem at a place, with a corner of width delta, without units."""
    total = problem.weights.sum()
    used = problem.weights > 0
    with np.errstate(all="ignore"):
        predicted = problem.predict(theta)
        r = problem.residuals_of(predicted)
        slopes = problem.slopes(theta)
        if problem.residual == "log":
            slopes = slopes / predicted
    unit = max(value_of(problem, r, delta) / total, 1e-13 * problem.size)
    shares = problem.weights / total
    slopes = np.where(used, -slopes, 0.0)
    size = np.sqrt((shares * slopes**2).sum(-1)) / unit
    size = np.where(size > 0, size, 1.0)
    slopes = (slopes / (unit * size[:, None])).T
    return Scaled(
        problem, theta, np.where(used, r / unit, np.inf), slopes, predicted, shares, delta / unit, unit, size
    )


def system(at: Scaled, corner: np.ndarray, free: np.ndarray, hessian: np.ndarray, ridge: float) -> np.ndarray:
    """The matrix that takes a step and the multipliers to the gradient and the residuals in the corner."""
    own, p = at.slopes[corner], free.sum()
    own = own[:, free]
    normal = (at.slopes[:, free].T * at.weights) @ at.slopes[:, free]
    matrix = np.zeros((p + len(own), p + len(own)))
    matrix[:p, :p] = hessian[np.ix_(free, free)] + ridge * (normal + 1e-3 * np.eye(p))
    matrix[:p, p:], matrix[p:, :p] = own.T, own
    matrix[p:, p:] = -np.diag(at.delta / at.weights[corner] + PROP)
    return matrix


def convex(matrix: np.ndarray, p: int) -> bool:
    """Whether the curvature is positive along all directions that keep the corner: as many positive
    eigenvalues of the whole as there are coordinates."""
    if not np.isfinite(matrix).all():
        return False
    return int(np.sum(np.linalg.eigvalsh(matrix) > 1e-12)) == p


def lacking(at: Scaled, corner: np.ndarray, free: np.ndarray, hessian: np.ndarray) -> float:
    """The ridge with which the curvature is positive along all directions that keep the corner, or nearly it."""
    own = at.slopes[corner][:, free]
    give = at.delta / at.weights[corner] + PROP
    # A wide corner gives way, at a price; a sharp one does not.
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
    at: Scaled, corner: np.ndarray, free: np.ndarray, guess: np.ndarray, ridge: float = 0.0
) -> Step | None:
    """The step to the best place that keeps the corner residuals there; None if none is to be had."""
    held_in = np.flatnonzero(corner)
    multipliers = at.pull.copy()
    multipliers[held_in] = guess[held_in]
    hessian, p = at.hessian(multipliers), int(free.sum())
    if not np.isfinite(hessian).all():
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


def reach(at: Scaled, corner: np.ndarray, step: Step) -> tuple[float, int]:
    """Where along a step the local model is least, at most 1, and the residual that stops it there (or -1)."""
    below, above = at.problem.loss.pulls
    others = np.flatnonzero(~corner & (at.weights > 0))
    rate = at.slopes[others] @ step.step
    with np.errstate(all="ignore"):
        meets = -at.r[others] / rate
    crossed = np.flatnonzero((meets > 0) & (meets < 1))
    slope = float(np.sum(at.weights[others] * at.pull[others] * rate))
    # What the residuals in the corner do along the step is held linear, so that they do not brake.
    slope += float(np.sum(at.weights[corner] * step.multipliers * (at.slopes[corner] @ step.step)))
    for k in crossed[np.argsort(meets[crossed])]:
        jump = at.weights[others[k]] * (below + above) * abs(rate[k])
        if slope + meets[k] * step.bent + jump >= 0:
            return float(meets[k]), int(others[k])
        slope += jump
    return 1.0, -1


@dataclass(frozen=True)
class Proof:
    """Whether a place is an optimum.

    Attributes
    ----------
    gap
        How far the conditions of an optimum are violated, as a share of the objective: what a
        step that keeps the corner would gain, and what the multipliers leave between the
        objective and its bound from below.
    held
        Coordinates that their bounds hold.
    corner
        Runs whose residual is in the corner.
    """

    gap: float
    held: np.ndarray
    corner: np.ndarray


def bounded_multipliers(at: Scaled, corner: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The multipliers between their bounds that make the gradient least."""
    below, above = at.problem.loss.pulls
    outside = ~corner & (at.weights > 0)
    gradient = at.slopes[outside][:, free].T @ (at.weights * at.pull)[outside]
    own = (at.slopes[corner][:, free] * at.weights[corner][:, None]).T
    found = np.linalg.lstsq(own, -gradient)[0]
    if np.all((found >= -below) & (found <= above)):
        return found
    return lsq_linear(own, -gradient, (-below, above), method="bvls", tol=1e-14).x


def prove(at: Scaled, corner: np.ndarray, held: np.ndarray, guess: np.ndarray) -> Proof:
    """The optimality conditions at a place, for a set of residuals taken to be in the corner."""
    problem = at.problem
    below, above = problem.loss.pulls
    free, count = ~held, int((~held).sum())
    multipliers = at.pull.copy()
    if corner.any():
        own = guess[corner]
        if at.delta == 0:
            own = bounded_multipliers(at, corner, free)
        multipliers[corner] = np.clip(own, -below, above)
    used = at.weights > 0
    gradient = at.slopes[used].T @ (at.weights * multipliers)[used]
    low, high = problem.limits
    outward = ((at.theta <= low) & (gradient >= 0)) | ((at.theta >= high) & (gradient <= 0))
    if np.any(held & ~outward):
        return Proof(np.inf, held, corner)
    matrix = system(at, corner, free, at.hessian(multipliers), 0.0)
    if count and not convex(matrix, count):
        return Proof(np.inf, held, corner)
    left = np.where(free, gradient, 0.0)
    r, m = at.r[used], multipliers[used]
    nearest = np.clip(r / at.delta, -below, above) if at.delta > 0 else np.where(r > 0, above, -below)
    losses = nearest * r - 0.5 * at.delta * nearest**2
    gap = float(np.sum(at.weights[used] * (losses - (m * r - 0.5 * at.delta * m * m))))
    # Residuals are known to the last digit of the target only, which for a tiny objective is not nothing.
    gap = max(0.0, gap - 1e-13 * problem.size / at.unit)
    if count:
        right = np.concatenate([left[free], np.zeros(int(corner.sum()))])
        normal = (at.slopes[:, free].T * at.weights) @ at.slopes[:, free]
        try:
            along = np.linalg.solve(matrix, right)[:count]
            across = np.linalg.solve(normal + 1e-14 * np.eye(count), left[free])
        except LinAlgError:
            return Proof(np.inf, held, corner)
        gap += 0.5 * (abs(left[free] @ along) + abs(left[free] @ across))
    return Proof(gap, held, corner)


def independent(at: Scaled, order: np.ndarray, free: np.ndarray) -> np.ndarray:
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
) -> tuple[np.ndarray, Proof]:
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
            # Too close to tell by the objective: the step itself still can.
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
                # To bring this residual back into the corner costs more than it gains.
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


def on_side(at: Scaled, row: int, above: bool) -> Scaled:
    """The same place with a residual that leaves the corner counted on the side to which it is pulled."""
    r = at.r.copy()
    edge = at.problem.loss.pulls[1 if above else 0] * at.delta
    r[row] = (max(edge, 1e-300)) * (1 if above else -1)
    return replace(at, r=r)


def held_wrongly(at: Scaled, corner: np.ndarray, held: np.ndarray, multipliers: np.ndarray) -> int:
    """A coordinate that its bound holds although the objective falls inwards; -1 if there is none."""
    used = at.weights > 0
    gradient = at.slopes[used].T @ (at.weights * multipliers)[used]
    low, high = at.problem.limits
    inward = held & (((at.theta <= low) & (gradient < 0)) | ((at.theta >= high) & (gradient > 0)))
    return int(np.argmax(np.where(inward, np.abs(gradient), -1.0))) if inward.any() else -1


def approach(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Near the optimum of every row, through corners that are rounded off less and less."""
    size = np.abs(problem.residuals(theta))
    wide = float(np.median(size[np.isfinite(size)]))
    for width in wide * NARROWING ** -np.arange(STAGES):
        if width > max(problem.loss.delta, 1e-13 * problem.size):
            theta = newton(
                problem.with_loss(problem.loss.smoothed(width)), theta, tight=1e-6, rounds=30
            ).theta
    if problem.loss.delta > WIDE * wide:
        theta = newton(problem, theta, rounds=50).theta
    return theta


def minimise_exact(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Proof]]:
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
        Coordinates, (rows, parameters); the objectives, (rows,); and a `Proof` a row, to be
        believed where its `gap` is below `solve.TIGHT`.
    """
    found, proofs = np.array(theta, float), []
    size = max(1, CHUNK // len(problem.y))
    for rows in (np.arange(i, min(i + size, len(found))) for i in range(0, len(found), size)):
        found[rows] = approach(problem.take(rows), np.clip(found[rows], *problem.limits))
    for k in range(len(found)):
        alone = problem.with_weights(problem.weights[k]) if problem.weights.ndim > 1 else problem
        found[k], proof = one_row(alone, found[k])
        proofs.append(proof)
    return found, problem.objective(found), proofs


def points(problem: Problem, theta: np.ndarray, value: np.ndarray, proofs: list[Proof]) -> Points:
    """What `minimise_exact` found, in the form of the solver for smooth losses.

    The decrement is the proof's gap; matrices are those of the loss with its corner rounded off
    at the mean residual, as at the optimum itself they do not exist.
    """
    mean = float(np.mean(np.abs(problem.residuals(theta))))
    smooth = problem.with_loss(problem.loss.smoothed(max(mean, 1e-13 * problem.size)))
    held = np.array([proof.held for proof in proofs])
    return replace(
        evaluate(smooth, theta), value=value, held=held, decrement=np.array([proof.gap for proof in proofs])
    )


def one_row(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, Proof]:
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
            # Residuals that were taken to be in the corner and are not led astray: let it fill by itself.
            theta, proof = descend(problem, theta, np.zeros_like(corner), 0.0)
        if not proof.gap < TIGHT:
            # More residuals vanish than there are parameters: the multipliers of all of them may be needed.
            proof = min(proof, check(problem.with_loss(sharp(problem)), theta), key=lambda p: p.gap)
        if delta == 0:
            return theta, proof
        corner = proof.corner
    else:
        corner = np.zeros(len(at.r), bool)
    inside = used & (np.abs(problem.residuals(theta)) <= delta)
    return descend(problem, theta, corner | inside, delta, wide=delta >= WIDE * typical * at.unit)


def sharp(problem: Problem) -> Loss:
    """The problem's loss with a corner that is not rounded off at all."""
    return absolute() if problem.loss.kind == "huber" else replace(problem.loss, delta=0.0)


def check(problem: Problem, theta: np.ndarray) -> Proof:
    """Whether one place, however it was found, is an optimum."""
    delta = problem.loss.delta if problem.loss.kind == "huber" else 0.0
    at = scaled(problem, theta, delta)
    low, high = problem.limits
    used = at.weights > 0
    corner = used & (np.abs(at.r) <= max(at.delta, 1e-10, 1e-13 * problem.size / at.unit))
    guess = np.clip(at.r / at.delta, -1, 1) if delta > 0 else np.zeros(len(at.r))
    return prove(at, corner, (theta <= low) | (theta >= high), guess)

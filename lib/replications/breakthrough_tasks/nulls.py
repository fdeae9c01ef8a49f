r"""The discontinuity of a task, and what noise alone makes of it.

Three models of sizes $a < b < c$ have the accuracies $p_a, p_b, p_c$. The line through the first two,
against log size, is projected to the third, and the discontinuity is by how much the third lies above:
$D = p_c - p_b - r (p_b - p_a)$ with the step ratio $r = \ln(c/b) / \ln(b/a)$.

Source: Chowdhery et al. (2022), arXiv:2204.02311, section 6.2, where $r = 1$.
"""

from __future__ import annotations

import itertools

import numpy as np

#: What the paper calls a discontinuity: more than ten points.
POINTS = 0.1
#: To how many digits a distance is rounded before it is compared with a threshold. Shares are ratios of small counts,
#: so that a task can lie at exactly ten points; unrounded, the last bit of a sum would decide whether it counts,
#: and that bit can differ by processor. Rounded, a tie is a tie, and a tie is not above.
DIGITS = 12


def step_ratio(sizes: np.ndarray) -> float:
    """Second step over first step in log size, of three sizes in ascending order.

    Raises
    ------
    ValueError
        If they are not three ascending positive numbers.
    """
    sizes = np.asarray(sizes, float)
    if sizes.shape != (3,) or not 0 < sizes[0] < sizes[1] < sizes[2]:
        raise ValueError(f"three ascending sizes are needed, not {sizes}")
    first, second = np.diff(np.log(sizes))
    return float(second / first)


def discontinuity(accuracy: np.ndarray, ratio: float) -> np.ndarray:
    """By how much the largest model lies above the line through the two smaller ones.

    Parameters
    ----------
    accuracy
        Shares of right answers, shape (..., 3), from small to large.
    ratio
        Second step over first step in log size.

    Returns
    -------
    ndarray
        Shape (...), in shares, rounded to `DIGITS`.
    """
    small, middle, large = np.moveaxis(np.asarray(accuracy, float), -1, 0)
    return np.round(large - middle - ratio * (middle - small), DIGITS)


def noise_of(accuracy: float, questions: float, ratio: float = 1.0) -> float:
    r"""Standard deviation of the discontinuity where all three models have one accuracy and answer apart.

    $\sqrt{\left(1 + (1 + r)^2 + r^2\right) p (1 - p) / n}$: the projection multiplies the noise of what it rests on.
    """
    return float(np.sqrt((1 + (1 + ratio) ** 2 + ratio**2) * accuracy * (1 - accuracy) / questions))


def straight(accuracy: np.ndarray, ratio: float) -> np.ndarray:
    """The straight line nearest to three accuracies, in least squares, among those that stay a share.

    Parameters
    ----------
    accuracy
        Shape (tasks, 3).
    ratio
        Second step over first step in log size.

    Returns
    -------
    ndarray
        The line at the three sizes, shape (tasks, 3); its discontinuity is nothing.
    """
    y, at = np.asarray(accuracy, float), np.array([0, 1 / (1 + ratio), 1])
    ends = np.stack([1 - at, at])
    # The free optimum, and the best with one end at nothing or at all; the nearest of those that stay a share.
    tries = [np.linalg.lstsq(ends.T, y.T)[0].T]
    for fixed, edge in itertools.product((0, 1), (0.0, 1.0)):
        other = ends[1 - fixed]
        best = np.clip((y - edge * ends[fixed]) @ other / (other @ other), 0, 1)
        pair = (np.full(len(y), edge), best)
        tries.append(np.stack(pair if fixed == 0 else pair[::-1], axis=1))
    lines = np.array(tries) @ ends
    far = ((lines - y) ** 2).sum(axis=-1)
    outside = (lines.min(axis=-1) < -1e-12) | (lines.max(axis=-1) > 1 + 1e-12)
    chosen = np.where(outside, np.inf, far).argmin(axis=0)
    return np.clip(lines[chosen, np.arange(len(y))], 0, 1)


def answered(
    chances: np.ndarray,
    questions: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    linked: np.ndarray | float,
) -> np.ndarray:
    r"""Shares of right answers on test sets: two smaller models answer the same questions, the largest others.

    Parameters
    ----------
    chances
        Of a right answer, shape (tasks, 3).
    questions
        How many are asked, shape (tasks, 3) or (tasks, 1); the middle model is asked what the smallest is.
    draws, rng
        How many sets, and the source of randomness.
    linked
        Correlation of the smaller two's answers to a question, shape (tasks,) or one number; nothing if they
        are drawn apart. Where the chances do not allow for so much, the most that they do.

    Returns
    -------
    ndarray
        Shape (draws, tasks, 3).
    """
    asked = np.broadcast_to(np.asarray(questions, int), np.shape(chances))
    small, middle, large = np.moveaxis(np.asarray(chances, float), -1, 0)
    both = small * middle + linked * np.sqrt(small * (1 - small) * middle * (1 - middle))
    both = np.clip(both, np.maximum(small + middle - 1, 0), np.minimum(small, middle))
    # Chances of the middle model where the smallest is right, and where it is wrong.
    if_right = np.clip(both / np.where(small > 0, small, 1), 0, 1)
    if_wrong = np.clip((middle - both) / np.where(small < 1, 1 - small, 1), 0, 1)
    # One task after the other, which is quicker than one set after the other.
    each, many = asked[:, :, None], (len(small), draws)
    first = rng.binomial(each[:, 0], small[:, None], many)
    second = rng.binomial(first, if_right[:, None]) + rng.binomial(each[:, 0] - first, if_wrong[:, None])
    third = rng.binomial(each[:, 2], large[:, None], many)
    return np.stack([first.T, second.T, third.T], axis=-1) / asked[:, [0, 0, 2]]


def against_lines(
    accuracy: np.ndarray,
    questions: np.ndarray,
    ratio: float,
    draws: int,
    rng: np.random.Generator,
    linked: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Discontinuities of tasks, and those of test sets drawn from the straight line nearest to each.

    Parameters
    ----------
    accuracy, questions
        Shares of right answers and numbers of questions, shape (tasks, 3); questions may be (tasks, 1).
    ratio
        Second step over first step in log size.
    draws, rng, linked
        As for `answered`.

    Returns
    -------
    (ndarray, ndarray)
        Shapes (tasks,) and (draws, tasks).
    """
    drawn = answered(straight(accuracy, ratio), questions, draws, rng, linked)
    return discontinuity(accuracy, ratio), discontinuity(drawn, ratio)


def stretched(pair: tuple[np.ndarray, np.ndarray], by: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Discontinuities and those of noise, as from `against_lines`, for scores divided by a number of each task.

    Parameters
    ----------
    pair
        Shapes (tasks,) and (draws, tasks).
    by
        What the scores are divided by, as one less the share that guessing gives, shape (tasks,) or one number.
    """
    found, noise = pair
    # A division makes the rounding of `discontinuity` larger, so that two digits fewer can be told apart.
    return np.round(found / by, DIGITS - 2), np.round(noise / by, DIGITS - 2)


#: Right or wrong of three models on a question: the eight possibilities.
PATTERNS = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)])


def with_redrawn_questions(
    counts: np.ndarray, ratio: float, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    r"""Discontinuities of tasks, and what drawing their questions anew, with all models' answers to them, adds.

    Parameters
    ----------
    counts
        Questions of each task by which models were right, shape (tasks, 8), in the order of `PATTERNS`.
    ratio, draws, rng
        Step ratio, how many sets, and the source of randomness.

    Returns
    -------
    (ndarray, ndarray)
        The discontinuities, shape (tasks,), and noise around nothing, shape (draws, tasks): a bootstrap of
        the questions of each task, less its mean, widened by $\sqrt{n / (n - 1)}$. Both are rounded to `DIGITS`.
    """
    counts, value = np.asarray(counts, int), discontinuity(PATTERNS, ratio)
    n = counts.sum(axis=1)
    found = counts @ value / n
    drawn = rng.multinomial(n, counts / n[:, None], size=(draws, len(n))) @ value / n
    noise = (drawn - found) * np.sqrt(n / np.maximum(n - 1, 1))
    return np.round(found, DIGITS), np.round(noise, DIGITS)


def excess(found: np.ndarray, noise: np.ndarray, points: float = POINTS) -> np.ndarray:
    """For each task, whether it rises by more than so many points, less the chance that noise does.

    Parameters
    ----------
    found
        Discontinuities, shape (tasks,).
    noise
        The same of simulated sets, shape (draws, tasks).
    points
        What counts as a rise, a share.
    """
    return (found > points) - (noise > points).mean(axis=0)


def symmetry(found: np.ndarray, points: float = POINTS) -> np.ndarray:
    """For each task 1 where it rises by more than so many points, -1 where it falls short by more, else 0."""
    return (found > points).astype(float) - (found < -points)

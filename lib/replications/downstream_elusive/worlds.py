"""Worlds of which it is known what accuracy loses against compute, and why: what the tests can and cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from replications.downstream_elusive.exams import Ladder, beyond, of_pairs, r2


def wrong_options_alone(ladder: Ladder, scatter: float, rng: np.random.Generator) -> Ladder:
    """Exams in which the right option follows compute as bits per byte do, and only wrong options scatter.

    A question's margin, the log probability of the right option less that of the likeliest wrong
    one, is the same for all runs but for two parts: a smooth one, by the right option, equal for
    all questions of an exam, and one that is drawn for each question and run, by the wrong one.
    Questions differ with a bell curve, and so do the wrong options. An exam without end has the
    accuracies of `Ladder.as_close_as_bits`.

    Parameters
    ----------
    ladder
        Bits per byte, and the accuracies that give each exam its range.
    scatter
        Standard deviation of the wrong option between runs, in units of how questions differ,
        which is taken as two nats.
    rng
        Source of randomness.

    Returns
    -------
    Ladder
        With `accuracy` and `soft` of the new world, over as many questions as the exams have.
    """
    accuracy, soft = np.empty_like(ladder.accuracy), np.empty_like(ladder.accuracy)
    for k, (true, n) in enumerate(zip(ladder.as_close_as_bits(), ladder.n, strict=True)):
        right = ndtri(true) * np.sqrt(1 + scatter**2) + rng.standard_normal((n, 1))
        margin = right - scatter * rng.standard_normal((n, len(true)))
        accuracy[k], soft[k] = (margin > 0).mean(0), (1 / (1 + np.exp(-2 * margin))).mean(0)
    return replace(ladder, accuracy=accuracy, soft=soft)


def power(ladder: Ladder, luck: float, worlds: int, draws: int, seed: int) -> dict[str, float]:
    """How often a loss is found that each run brings to all exams alike, beside the noise of repeated runs.

    Parameters
    ----------
    ladder
        The scores.
    luck
        Standard deviation of what a run brings, as a share of the spread of accuracy.
    worlds, draws, seed
        Worlds, resamples for each interval of `beyond`, and where they start.

    Returns
    -------
    dict
        Mean loss in exams without end, and the share of the worlds in which the intervals of
        `infinite-exam`, by benchmarks and by pairs, and of `beyond-reruns` exclude zero.
    """
    rng, even = np.random.default_rng([seed, 7]), ladder.as_close_as_bits()
    ratio, loss, found = np.median(ladder.rerun), [], []
    for _ in range(worlds):
        shift = luck * even.std(1, keepdims=True) * rng.standard_normal(len(ladder.x))
        world = replace(ladder, accuracy=ladder.examined(even + shift, ratio, rng))
        ends = [of_pairs(world, each=each)["infinite-exam"] for each in ("benchmarks", "pairs")]
        loss.append(ends[0].value)
        found.append([e.low > 0 for e in (*ends, beyond(world, r2, draws, seed, reruns=True))])
    columns = ("infinite-exam", "by pairs", "beyond-reruns")
    return {"loss": np.mean(loss), **dict(zip(columns, np.mean(found, axis=0), strict=True))}

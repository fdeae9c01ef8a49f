"""What the claims ask of a set of answers, so that the same questions can be put to simulated worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

from replications.perceptual_scales import observers, predictions, scales
from scalinglaws.uncertainty import Estimate, of_mean

Answers = Mapping[str, np.ndarray]
Scales = Mapping[str, np.ndarray]
Recipe = Callable[[np.ndarray], np.ndarray]


class Forms(NamedTuple):
    """Predicted scales of the three numbers of a synthetic texture, each of shape (13,)."""

    frequency: np.ndarray
    octaves: np.ndarray
    orientation: np.ndarray
    shown: np.ndarray


def closed_forms() -> Forms:
    """The paper's closed forms, and ours for the spectra that a picture can hold."""
    return Forms(
        predictions.logarithm(),
        predictions.frequency_bandwidth(),
        predictions.orientation_bandwidth(),
        predictions.shown_bandwidth(),
    )


def people(values: np.ndarray) -> Estimate:
    """Mean of a number of each of five people, with Student's interval."""
    return of_mean(values, "five people, Student's")


def size(it: Estimate) -> Estimate:
    """Of a number with an interval its size."""
    low, high = sorted((abs(it.low), abs(it.high)))
    return Estimate(abs(it.value), 0.0 if it.low < 0 < it.high else low, high, it.how)


def less(it: Estimate) -> Estimate:
    """One less a number with an interval."""
    return Estimate(1 - it.value, 1 - it.high, 1 - it.low, it.how)


def of_forms(
    answers: Answers, forms: Forms, scale: Recipe = scales.least_squares
) -> dict[str, Estimate | float]:
    """The claims on spatial frequency and the bandwidths.

    Parameters
    ----------
    answers
        Counts by condition; those of exp_sf, exp_sf_bdw and exp_ori_bdw are used.
    forms
        Predicted scales.
    scale
        How all people's answers become one scale.
    """
    sf, ori, sfb = (answers[f"exp_{name}"] for name in ("sf", "ori_bdw", "sf_bdw"))
    log, direction = forms.frequency, people(scales.amplitudes(ori, forms.orientation))

    def nearness(counts: np.ndarray) -> float:
        found = scale(counts)
        return float(np.linalg.norm(found - log) / np.linalg.norm(found - scales.PLACES))

    def supra(counts: np.ndarray) -> float:
        found = scale(counts)
        return float(found[8] - 2 * found[4] + found[0])

    return {
        "sf-score": scales.of_people(sf, lambda counts: scales.score(log, scale(counts))),
        "sf-rmse": scales.of_people(sf, nearness),
        "sf-amplitude": people(scales.amplitudes(sf, log)),
        "sf-each": float((scales.gains(sf, log) > 0).sum()),
        "ori-direction": direction,
        "ori-exaggerated": less(direction),
        "sfb-supra": scales.of_people(sfb, supra),
        "sfb-saturates": scales.of_people(sfb, lambda counts: float(1 - scale(counts)[10])),
        "sfb-shown": people(scales.amplitudes(sfb, forms.shown)),
        "sfb-better": people(scales.gains(sfb, forms.shown, forms.octaves)),
    }


def of_textures(
    answers: Answers, predicted: Scales, pixels: Scales, scale: Recipe = scales.least_squares
) -> dict[str, Estimate | float]:
    """The claims on pairs of textures, but for the printed mean.

    Parameters
    ----------
    answers
        Counts by condition; those of the pairs are used.
    predicted, pixels
        Predicted scale of each pair from its power spectrum, and from mean and variance; the
        first five are the early ones and the next five the late ones.
    scale
        How all people's answers become one scale.
    """
    pairs = [*predicted]
    seen = {pair: scale(answers[pair]) for pair in pairs}
    power, pixel = (np.array([scales.score(of[p], seen[p]) for p in pairs]) for of in (predicted, pixels))
    early, late = ([scales.area(seen[pair]) for pair in group] for group in (pairs[:5], pairs[5:10]))
    apart = stats.ttest_ind(early, late, equal_var=False).confidence_interval()
    strengths = [scales.amplitudes(answers[pair], predicted[pair]).mean() for pair in pairs]
    gains = np.array([scales.gains(answers[pair], predicted[pair]).sum() for pair in pairs])
    true, deals = observers.dealt(seen, predicted, [pairs[:5], pairs[5:10]])
    flips = stats.permutation_test((power - pixel,), np.mean, permutation_type="samples", n_resamples=np.inf)

    def scored(pair: str) -> Estimate:
        return scales.of_people(answers[pair], lambda counts: scales.score(predicted[pair], scale(counts)))

    def area(pair: str) -> Estimate:
        return scales.of_people(answers[pair], lambda counts: scales.area(scale(counts)))

    return {
        "mean": of_mean(power, "twelve pairs, Student's"),
        "over-pixel": float(flips.pvalue),
        "pixel": size(of_mean(pixel, "twelve pairs, Student's")),
        "amplitude": of_mean(strengths, "twelve pairs, Student's"),
        "trials": float((gains > 0).sum()),
        "early": Estimate(np.mean(early) - np.mean(late), *apart, "five and five pairs, Welch's"),
        "specific": float(np.mean(deals <= true * (1 + 1e-9))),
        "positive": scored(pairs[power[:10].argmin()]),
        "pair05": scored("pair_05"),
        "pair11": area("pair_11"),
        "pair12": area("pair_12"),
    }

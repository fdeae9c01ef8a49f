"""What the claims ask of a set of answers, so that the same questions can be put to simulated worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
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


def nearer(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How much nearer to 1, which is a match, each score is than the other assumption's."""
    return np.abs(others - 1) - np.abs(scores - 1)


def by_deals(seen: Scales, predicted: Scales, **how: Callable[[np.ndarray], float]) -> float:
    """Share of deals of the predictions, among five early and five late pairs, that come as near as the true one."""
    pairs = [*predicted]
    true, deals = observers.dealt(seen, predicted, [pairs[:5], pairs[5:10]], **how)
    return float(np.mean(deals <= true * (1 + 1e-9)))


def of_bars(bars: pd.DataFrame) -> dict[str, Estimate | float]:
    """The claims on assumptions, as the authors' bars have them; and the distance of the network, which is no claim.

    Parameters
    ----------
    bars
        `fisher_scales_bars`, by pair.
    """
    margins = {name: nearer(bars.power, bars[name]).to_numpy() for name in ("pixels", "wavelets", "network")}
    pixels, wavelets, network = (of_mean(of, "twelve pairs, Student's") for of in margins.values())
    return {
        "mean": of_mean(bars.power.to_numpy(), "twelve pairs, Student's"),
        "pair05": float(bars.power["pair_05"]),
        "over-pixel": pixels,
        "assumptions": wavelets,
        "network": network,
    }


def told_apart(
    predicted: Scales, noise: Mapping[str, float], strength: float, draws: int, rng: np.random.Generator
) -> float:
    """Share of simulated populations whose scales are found to belong to their predictions, at the usual level.

    Five people see each pair of `predicted` (the early five, the late five) with an amplitude
    of `strength`, and answer with the noise of that pair.
    """
    chances = []
    for _ in range(draws):
        answers = {
            pair: observers.answering(scales.departing(of, strength), noise[pair], 5, rng)
            for pair, of in predicted.items()
        }
        seen = {pair: scales.least_squares(counts) for pair, counts in answers.items()}
        chances.append(by_deals(seen, predicted))
    return float(np.mean(np.array(chances) < 0.05))


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
    log = forms.frequency

    def supra(counts: np.ndarray) -> float:
        found = scale(counts)
        return float(found[8] - 2 * found[4] + found[0])

    return {
        "sf-score": scales.of_people(sf, lambda counts: scales.score(log, scale(counts))),
        "sf-amplitude": people(scales.amplitudes(sf, log)),
        "sf-each": float((scales.gains(sf, log) > 0).sum()),
        "ori-amplitude": people(scales.amplitudes(ori, forms.orientation)),
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

    def area(pair: str) -> Estimate:
        return scales.of_people(answers[pair], lambda counts: scales.area(scale(counts)))

    return {
        "mean": of_mean(power, "twelve pairs, Student's"),
        "over-pixel": of_mean(nearer(power, pixel), "twelve pairs, Student's"),
        "amplitude": of_mean(strengths, "twelve pairs, Student's"),
        "trials": float((gains > 0).sum()),
        "early": Estimate(np.mean(early) - np.mean(late), *apart, "five and five pairs, Welch's"),
        "specific": by_deals(seen, predicted),
        "pair05": float(power[pairs.index("pair_05")]),
        "pair11": area("pair_11"),
        "pair12": area("pair_12"),
    }

"""Scales that the Fisher information of the stimuli predicts: the integral of its root, from 0 to 1."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.integrate import cumulative_trapezoid
from scipy.special import ive

from replications.perceptual_scales.scales import PLACES

#: What the released prediction adds to the power at each frequency, in squared gray levels.
FLOOR = 1e-6
#: Most units of rounding that a mean in single precision is taken to be off.
ROUNDED = 3
#: Where the closed forms are evaluated; finer changes nothing in the sixth digit.
FINE = np.linspace(0, 1, 4001)
#: Pixels a side, and central frequency of the bandwidth condition in cycles a picture: 2.5 cycles/cm at 65 pixels/cm.
PIXELS, CENTRE = 512, 2.5 * 512 / 65
#: Amplitude at frequency zero that one unit of rounding leaves in a picture less its mean, in gray levels.
UNIT = PIXELS * 2.0**-18


def integrated(information: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The scale at the 13 places from the Fisher information at places t: shape (13,)."""
    scale = cumulative_trapezoid(np.sqrt(information), t, initial=0)
    return np.interp(PLACES, t, scale / scale[-1])


def summed(information: np.ndarray) -> np.ndarray:
    """The same as the released notebooks do it: a cumulative sum over 100 places, read at the nearest one."""
    scale = np.sqrt(information).cumsum()
    nearest = np.abs(PLACES[:, None] - np.linspace(1e-3, 1 - 1e-3, len(scale))).argmin(axis=1)
    return scale[nearest] / scale[-1]


def logarithm(lowest: float = 0.5, span: float = 3.0) -> np.ndarray:
    """Scale of spatial frequency, whose information goes as one over its square."""
    return np.log1p(PLACES * span / lowest) / np.log1p(span / lowest)


def frequency_bandwidth() -> np.ndarray:
    """Scale of the bandwidth of frequencies, 0.25 to 3.25 octaves, in the released closed form."""
    octaves = 0.25 + 3 * FINE
    return integrated(np.log(2) / 2 * (1 + 4 / (octaves**2 * np.log(2))), FINE)


def orientation_bandwidth() -> np.ndarray:
    """Scale of the bandwidth of orientations, 1.5 to 13.5 degrees, in the released closed form."""
    width = np.deg2rad(1.5 + 12 * FINE)
    ratio = ive(1, 1 / (4 * width**2)) / ive(0, 1 / (4 * width**2))
    return integrated((1 - ratio * (4 * width**2 + ratio)) / (4 * width**6), FINE)


def spectrum(octaves: float, root: bool = True, cut: float = PIXELS / 2) -> np.ndarray:
    """Shares of power by frequency in a picture of a given bandwidth, as the released generator makes it.

    A log-normal of which the generator takes the root, on the grid of frequencies of a picture
    and below half its sampling rate.

    Parameters
    ----------
    octaves
        The bandwidth that is asked for.
    root
        Whether the root is taken.
    cut
        Highest frequency, in cycles a picture.

    Returns
    -------
    ndarray
        Shape (frequencies,), sum 1.
    """
    grid = np.fft.fftfreq(PIXELS, 1 / PIXELS)
    radius = np.hypot(grid[:, None], grid)
    radius = radius[(radius > 0) & (radius < cut)]
    spread = np.log(2) / 8 * octaves**2
    power = np.exp(-(np.log(radius / (CENTRE * np.exp(spread))) ** 2) / (2 * spread)) / radius
    power = np.sqrt(power) if root else power
    return power / power.sum()


def shown_bandwidth(root: bool = True, cut: float = PIXELS / 2) -> np.ndarray:
    """Scale of the bandwidth of frequencies for spectra that the pictures can hold.

    The length of the path of spectra, as distributions of frequency, in the metric of their
    Fisher information: between neighbours twice the angle of their square roots.
    """
    spectra = [spectrum(octaves, root, cut) for octaves in 0.25 + 3 * PLACES]
    steps = [np.arccos(np.sqrt(a * b).sum()) for a, b in itertools.pairwise(spectra)]
    return np.concatenate([[0], np.cumsum(steps)]) / np.sum(steps)


def from_power(path: pd.DataFrame, residues: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Fisher information of the power spectrum along the path of one pair, as released.

    The released recipe takes the mean out of each picture. At frequency zero that leaves the
    floor and what the mean was rounded by, and the squared difference of the means is divided
    by that; it is also divided by the power at every other frequency.

    Parameters
    ----------
    path
        Rows of one pair of `fisher_scales_spectra`.
    residues
        What each mean is off, in 2**-18 gray levels; (0, 0) is double precision.

    Returns
    -------
    ndarray
        Shape (places,), per squared share of the path.

    Source: JonathanVacher/perceptual_metric, preds_analysis/mlds-prediction.ipynb, cell 7.
    """
    first, second = (np.hypot(np.sqrt(FLOOR), UNIT * residue) for residue in residues)
    zero = (1 - path.t) * first + path.t * second
    means = (path.mean_1 - path.mean_0) ** 2 * (path.inverse_power + zero**-2)
    return (path.power_term + means + 2 * ((second - first) / zero) ** 2).to_numpy()


def roundings(spectra: pd.DataFrame, scale: Callable[..., np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """Predicted scales of each pair for means that are off by 0 to `ROUNDED` units: shape (first, second, 13)."""
    every = [*itertools.product(range(ROUNDED + 1), repeat=2)]
    found = [by_pair(spectra, lambda path, off=off: from_power(path, off), scale) for off in every]
    return {pair: np.reshape([of[pair] for of in found], (ROUNDED + 1, ROUNDED + 1, -1)) for pair in found[0]}


def expected(scales: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Of each pair the mean scale over the roundings, all as likely: its score is the expected score."""
    return {pair: found.mean(axis=(0, 1)) for pair, found in scales.items()}


def from_pixels(path: pd.DataFrame, released: bool = False) -> np.ndarray:
    """Fisher information of the pixels' mean and variance along the path of one pair.

    Parameters
    ----------
    path
        Rows of one pair of `fisher_scales_spectra`.
    released
        With the derivative of the variance that the released notebook has, which is the one of
        the path walked backwards.
    """
    a, b = path.sd_0, path.sd_1
    sd = path.t * b + (1 - path.t) * a
    changing = path.t * a + (1 - path.t) * b if released else sd
    return (((path.mean_1 - path.mean_0) / sd) ** 2 + 0.5 * (2 * (b - a) * changing / sd**2) ** 2).to_numpy()


def by_pair(
    spectra: pd.DataFrame,
    information: Callable[[pd.DataFrame], np.ndarray],
    scale: Callable[..., np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Predicted scale of each pair: from its rows the information, from that the scale (`integrated` or `summed`)."""
    found = {}
    for pair, path in spectra.groupby("pair"):
        known = information(path)
        found[pair] = integrated(known, path.t.to_numpy()) if scale is None else scale(known)
    return found

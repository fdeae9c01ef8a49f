"""What a Gaussian path between two textures changes, summed over frequencies: the Fisher information of its spectrum."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from scalinglaws.tables.upstream import Upstream

#: Added to the power at each frequency, in squared gray levels, as the released prediction does.
FLOOR = 1e-6
#: Width of the Gaussian window that smooths a periodogram, in frequencies.
WINDOW = 3.0
PAIRS, STEPS, DIGITS = 12, 100, 9
SOURCE = {
    "title": "Fisher information along the interpolation of 12 pairs of textures, summed over their power spectra",
    "paper": "Vacher & Mamassian (2024), Perceptual Scales Predicted by Fisher Information Metrics",
    "arxiv": "2310.11759",
    "repository": "JonathanVacher/perceptual_metric",
    "commit": "d686bdc8712c013fe000e416f062175548f41cc7",
    "licence": "GPL-3.0",
    "how_obtained": "two pictures a pair (preds_analysis/stimuli/pair_*/syn, the ends of the path, in gray) were reduced to "
    "sums over frequencies along the optimal transport path, whose amplitudes change linearly; the pictures are not carried over",
    "columns": {
        "pair": {"unit": "text", "about": "pair_01 to pair_12"},
        "t": {
            "unit": "share",
            "about": "place on the path from the first texture to the second",
            "min": 0,
            "max": 1,
        },
        "power_term": {
            "unit": "per squared share",
            "about": "half the sum over frequencies but zero of the squared derivative of log power, with 1e-6 added to the "
            "power; frequency zero is left out here and below, as its power is what rounding leaves of the mean",
            "min": 0,
            "max": 1e9,
        },
        "smooth_term": {
            "unit": "per squared share",
            "about": "the same with both periodograms smoothed by a Gaussian window of 3 frequencies",
            "min": 0,
            "max": 1e9,
        },
        "inverse_power": {
            "unit": "per squared gray level",
            "about": "sum over frequencies but zero of one over the power",
            "min": 0,
            "max": 1e12,
        },
        "mean_0": {
            "unit": "gray levels",
            "about": "mean of the first texture, 0 to 255",
            "min": 0,
            "max": 255,
        },
        "mean_1": {"unit": "gray levels", "about": "mean of the second texture", "min": 0, "max": 255},
        "sd_0": {
            "unit": "gray levels",
            "about": "standard deviation of the first texture",
            "min": 1,
            "max": 128,
        },
        "sd_1": {
            "unit": "gray levels",
            "about": "standard deviation of the second texture",
            "min": 1,
            "max": 128,
        },
        **{
            f"residue_{k}": {
                "unit": "2**-18 gray levels",
                "about": f"mean of the {which} texture in single precision, neighbours added in pairs, less the exact mean",
                "min": -8,
                "max": 8,
            }
            for k, which in enumerate(("first", "second"))
        },
    },
}
UPSTREAM = [
    Upstream(
        "preds_analysis/stimuli",
        "1521afe4fba5ce26c1410f83d74d529a1b06920b45797ee68185493d7acaaaf7",
        "perceptual-scales/stimuli_gray_u8.npz",
        public=False,
    )
]


def power(picture):
    """Periodogram of a picture less its mean, frequency zero left out: shape (pixels - 1,), squared gray levels."""
    transform = np.fft.fft2(picture - picture.mean(), norm="ortho")
    return (np.abs(transform) ** 2).ravel()[1:]


def smooth(picture):
    """The same, smoothed over neighbouring frequencies; at frequency zero the window sees nothing."""
    raw = np.abs(np.fft.fft2(picture - picture.mean(), norm="ortho")) ** 2
    seen = np.ones_like(raw)
    raw[0, 0] = seen[0, 0] = 0
    return (gaussian_filter(raw, WINDOW, mode="wrap") / gaussian_filter(seen, WINDOW, mode="wrap")).ravel()[
        1:
    ]


def amplitudes(periodograms):
    """Roots of two periodograms, with the floor added."""
    return [np.sqrt(periodogram + FLOOR) for periodogram in periodograms]


def residue(picture):
    """What single precision adds to the mean of a picture, in 2**-18 gray levels.

    Neighbours are added in pairs, and their sums again, so that each rounding is the same on
    every processor. A library that adds in another order rounds otherwise.
    """
    sums = picture.astype(np.float32).ravel()
    while len(sums) > 1:
        sums = sums[::2] + sums[1::2]
    return int(sums[0]) - int(picture.sum())


def information(ends, t):
    """Half the sum of the squared derivative of log power where amplitudes change linearly."""
    a, b = ends
    return 0.5 * np.sum((2 * (b - a) / (t * b + (1 - t) * a)) ** 2)


def along(pair, first, second):
    """Rows of one pair."""
    raw, even = (amplitudes([of(picture) for picture in (first, second)]) for of in (power, smooth))
    ends = {
        f"{name}_{k}": value
        for k, picture in enumerate((first, second))
        for name, value in (
            ("mean", picture.mean()),
            ("sd", picture.std(ddof=1)),
            ("residue", residue(picture)),
        )
    }
    return [
        {
            "pair": pair,
            "t": t,
            "power_term": information(raw, t),
            "smooth_term": information(even, t),
            "inverse_power": np.sum((t * raw[1] + (1 - t) * raw[0]) ** -2),
            **ends,
        }
        for t in np.linspace(0, 1, STEPS)
    ]


def convert(pictures):
    """One row a pair and place on its path, to nine significant digits."""
    rows = []
    with np.load(pictures, allow_pickle=False) as all_pictures:
        for k in range(1, PAIRS + 1):
            ends = (all_pictures[f"pair_{k:02d}_{end}"].astype(float) for end in ("00", "12"))
            rows += along(f"pair_{k:02d}", *ends)
    table = pd.DataFrame(rows)[list(SOURCE["columns"])]
    numbers = table.columns[1:-2]
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.{DIGITS - 1}e}"))
    return table

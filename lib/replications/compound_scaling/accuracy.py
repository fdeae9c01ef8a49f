"""Two families at equal accuracy: what one costs over what the other costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws

#: Top-1 accuracy in per cent as the authors print it: of EfficientNet, arXiv:1905.11946v5, Table 2; of ResNet-RS by
#: depth and side of the image, repository tensorflow/tpu, models/official/resnet/resnet_rs, README.
EFFICIENTNET = {
    "B0": 77.1,
    "B1": 79.1,
    "B2": 80.1,
    "B3": 81.6,
    "B4": 82.9,
    "B5": 83.6,
    "B6": 84.0,
    "B7": 84.3,
}
RESNET_RS = {
    ("50", 160): 78.8,
    ("101", 192): 81.2,
    ("152", 256): 83.0,
    ("200", 256): 83.4,
    ("270", 256): 83.8,
    ("420", 320): 84.4,
}

#: How much faster ResNet-RS trains than EfficientNet, least and most, as the same README prints it.
FASTER = {"TPUv3": (1.7, 2.7), "V100": (2.1, 3.3)}

#: What two families are compared by.
COMPARED = ("gmacs", "macts", "gpu_rate", "cpu_rate", "train_rate")


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """The networks whose accuracy their authors print, with that accuracy in place of timm's."""
    keys = zip(table.model.astype(str), table.image_size, strict=True)
    printed = [EFFICIENTNET.get(model, RESNET_RS.get((model, size), np.nan)) for model, size in keys]
    return table.assign(top1=printed).dropna(subset="top1")


def at_equal_accuracy(
    base: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str], beyond: float = 0.0
) -> pd.DataFrame:
    """Each measure of one family over what the base family has at the same accuracy.

    Parameters
    ----------
    base, other
        Tables with `top1` and the columns named.
    columns
        What is compared: interpolated along the base, in order of accuracy, a line between the logarithms of neighbours.
    beyond
        Networks that are better than the base's best by no more than this, in points, are compared with that one.

    Returns
    -------
    DataFrame
        One row for each network of the other family whose accuracy the base reaches; the ratios.
    """
    base = base.sort_values("top1")
    inside = other[other.top1.between(base.top1.min(), base.top1.max() + beyond)]
    ratios = {
        name: inside[name] / np.exp(np.interp(inside.top1, base.top1, np.log(base[name]))) for name in columns
    }
    return pd.DataFrame(ratios).assign(model=inside.model, image_size=inside.image_size, top1=inside.top1)


def compared(table: pd.DataFrame, beyond: float = 0.0) -> pd.DataFrame:
    """ResNet-RS over EfficientNet at equal accuracy, a row for each network and image size.

    Parameters are those of `at_equal_accuracy`.

    Returns
    -------
    DataFrame
        Ratios of `gmacs`, `macts` and the rates; `gpu_over_cpu` is the logarithm of the speed-up in inference on the
        GPU over that on the CPU.
    """
    is_base = table.family == "EfficientNet"
    found = at_equal_accuracy(table[is_base], table[~is_base], COMPARED, beyond)
    return found.assign(gpu_over_cpu=np.log(found.gpu_rate) - np.log(found.cpu_rate))


def median(rows: pd.DataFrame, column: str, draws: int, seed: int) -> Estimate:
    """A median over the rows that have the column, its interval under resampling of models with all their image sizes.

    Raises
    ------
    ValueError
        If fewer than two models have it.
    """
    known = rows.dropna(subset=[column])
    values, models = known[column].to_numpy(float), known.model.to_numpy()
    drawn = [
        np.median(values[rows]) for rows in cluster_resamples(models, draws, np.random.default_rng(seed))
    ]
    return from_draws(float(np.median(values)), drawn, "ResNet-RS models drawn again")


def least_gain_on_other_images(scores: np.ndarray, images: int = 50_000) -> Estimate:
    """The least gain from one network to the next, with its interval if each were scored on images of its own.

    Both networks of a step are scored on the same images, and what they both get wrong cancels; so this interval is
    wider than one that knows their errors image by image.

    Parameters
    ----------
    scores
        Accuracies in per cent, in order of the networks.
    images
        How many each is scored on.
    """
    gains = np.diff(scores)
    at = int(np.argmin(gains))
    share = scores[at : at + 2].mean() / 100
    half = 1.96 * 100 * np.sqrt(2 * share * (1 - share) / images)
    return Estimate(
        gains[at], gains[at] - half, gains[at] + half, f"{images:,} other images, errors independent"
    )

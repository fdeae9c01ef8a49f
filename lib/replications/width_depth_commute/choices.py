"""Other choices that would have been as reasonable as those of the notebook, and what they measure."""

from __future__ import annotations

import numpy as np

from replications.width_depth_commute import measures
from replications.width_depth_commute.cells import Cells, regressed
from replications.width_depth_commute.runs import CONTROL_PATHS, POWERS, along
from replications.width_depth_commute.theory import limit
from scalinglaws.uncertainty import Estimate

#: All depths of the square grid of a resnet.
DEPTHS = (2, 4, *POWERS)

Choices = dict[tuple[str, str], Estimate]


def on_paths(cells: Cells) -> Choices:
    """Limits along paths, by claim and choice."""

    def distance(network: str, name: str, **choice) -> Estimate:
        ends = measures.path_limits(cells, network, name, **choice)
        norm, kernel = limit(network)
        return measures.farthest(np.exp(ends) / norm if name.startswith("log") else ends / kernel)

    smaller = "without the smallest size"
    straight = "straight lines, two smallest sizes left out"
    return {
        ("paths", "c itself, not its expected column"): distance("resnet", "ab"),
        ("paths", straight): distance("resnet", "ab_expected", order=1, skip=2),
        ("paths", smaller): distance("resnet", "ab_expected", skip=1),
        ("paths-typical", smaller): distance("resnet", "log_aa_expected", skip=1),
        ("harmonic-paths", smaller): distance("harmonic", "ab_expected", skip=1),
        ("harmonic-typical", smaller): distance("harmonic", "log_aa_expected", skip=1),
    }


def on_the_grid(cells: Cells) -> Choices:
    """Limits and coefficients from other sizes, and the scatter by a plane in place of second orders."""
    terms = {
        "aa": ("resnet", "aa", 0),
        "ab": ("resnet", "ab", 0),
        "euler": ("resnet", "ab", 2),
        "harmonic-aa": ("harmonic", "aa", 0),
        "tail": ("harmonic", "aa", 2),
    }
    found = {}
    for id, (network, name, term) in terms.items():
        part = cells.of(network)
        for n, depth in ((8, 4), (32, 16), (32, 32)):
            # Depths from 32 alone say next to nothing of a coefficient of 1 / L.
            if term == 0 or depth < 32:
                fit = measures.extrapolated(part, part[f"{name}_expected"], (n, depth))
                found[id, f"n from {n}, L from {depth}"] = fit[term]
    resnet = cells.of("resnet")
    scatter = resnet.n * resnet.variance("log_aa")
    for least in ((8, 4), (32, 16)):
        found["variance", "n from {}, L from {}".format(*least)] = measures.extrapolated(
            resnet, scatter, least
        )[0]
    for least in ((16, 8), (32, 16), (64, 32)):
        found["variance", "a plane, n from {}, L from {}".format(*least)] = measures.spread_by_plane(
            cells, least
        )
    found["variance", "n = L = 256 as it is"] = (
        256 * cells.of("resnet", [(256, 256)]).variance("log_aa")[:, 0]
    )
    return {key: measures.estimate(values) for key, values in found.items()}


def of_rates(cells: Cells) -> Choices:
    """Exponents with other sizes, weights or a next order."""
    late = measures.errors(cells, "resnet", DEPTHS, POWERS[2:])
    whole = measures.errors(cells, "resnet", DEPTHS)
    thin = measures.errors(cells, "harmonic", (8, 32, 128))
    slopes = measures.width_exponents(*whole)
    worst = np.abs(slopes[0] + 0.5).argmax()
    missing = np.log(np.abs(measures.bias(cells, (4, 8, 16, 32))))
    corrected = "with a term in 1/n"
    found = {
        ("rate-n", "widths from 32"): measures.width_exponents(*late).mean(axis=1),
        ("rate-n", "the depth farthest from -1/2"): slopes[:, worst],
        ("rate-n", corrected): measures.width_exponents(*whole, corrected=True).mean(axis=1),
        ("harmonic-rate", corrected): measures.width_exponents(*thin, corrected=True).mean(axis=1),
        ("rate-l", "depths 2 to 16"): measures.bias_exponent(cells, [2, 4, 8, 16]),
        ("rate-l", "depths 8 to 64"): measures.bias_exponent(cells, [8, 16, 32, 64]),
        ("rate-l", "all four depths alike"): np.polyfit(np.log([4, 8, 16, 32]), missing.T, 1)[0],
    }
    found |= {("uniform", f"width {n}"): measures.growth(cells, n) for n in POWERS if n != 64}
    return {key: measures.estimate(values) for key, values in found.items()}


def of_controls(cells: Cells) -> Choices:
    """Controls at single sizes and other depths, and the kurtosis at other widths."""
    square = cells.of("mlp", along({1: CONTROL_PATHS["mlp"][1]}))
    widths = list(square.n)
    deep = cells.of("exploding", [(64, depth) for depth in (64, 128, 256)])
    late = regressed(np.log(deep.variance("log_aa")), np.log(deep.depth))[1]
    scatter = square.variance("log_aa")
    found = {
        ("mlp", "n = L = 64 as it is, as in our notes"): scatter[:, widths.index(64)],
        ("mlp", "n = L = 192 as it is"): scatter[:, widths.index(192)],
        ("mlp-typical", "n = L = 192 as it is"): square["log_aa_expected"][:, widths.index(192)],
        ("exploding-variance", "depths 64 to 256"): late,
    }
    kurtosis = measures.tails(cells, "resnet", [(n, depth) for n in (64, 128) for depth in DEPTHS])
    return {key: measures.estimate(values) for key, values in found.items()} | {
        ("gaussian", "widths 64 and 128"): kurtosis
    }


def all_of(cells: Cells) -> Choices:
    """What every other choice measures: claim and choice -> estimate."""
    return on_paths(cells) | on_the_grid(cells) | of_rates(cells) | of_controls(cells)

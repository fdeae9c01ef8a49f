"""Random ReLU networks at their start, drawn exactly at the cost of one vector a layer.

A layer's weights are new and Gaussian. So, given what comes in, its outputs for two inputs are
jointly Gaussian, alike and independent from coordinate to coordinate, with the inner products
of the rectified inputs for a covariance. Drawing those two vectors in place of the matrix gives
networks of the very same law, and a layer of width n costs 2 n random numbers, not n^2.

Networks: Hayou and Yang (2023), arXiv:2302.00453 (skip connections, branches scaled by
1 / sqrt(depth)); Hayou (2023), arXiv:2310.01683 (other scalings); He et al. (2015) (plain).
"""

from __future__ import annotations

import numpy as np

#: Cosine between the two inputs.
COSINE = 0.2


def scales(network: str, depth: int) -> np.ndarray:
    """What the branch of each layer is multiplied by, shape (depth,).

    Raises
    ------
    ValueError
        If the name is none of resnet, harmonic, trivial, exploding, mlp.
    """
    match network:
        case "resnet":
            return np.full(depth, depth**-0.5)
        case "harmonic":
            return 1 / np.arange(1, depth + 1)
        case "trivial":
            return np.full(depth, 1 / depth)
        case "exploding":
            return np.ones(depth)
        case "mlp":
            return np.full(depth, 2**0.5)
    raise ValueError(f"{network!r} is none of resnet, harmonic, trivial, exploding, mlp")


def pairs(draws: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of inputs in random directions, mean square 1, cosine `COSINE`; each (draws, width)."""
    a, b = rng.standard_normal((2, draws, width))
    a /= np.sqrt(mean(a, a))
    b -= mean(a, b) * a
    b /= np.sqrt(mean(b, b))
    return a, COSINE * a + (1 - COSINE**2) ** 0.5 * b


def mean(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inner products over the width, shape (draws, 1)."""
    return np.einsum("ij,ij->i", x, y)[:, None] / x.shape[1]


def branch(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """What a layer with weights N(0, 1 / width) gives for two inputs, drawn by its law.

    Returns
    -------
    tuple of ndarray
        The outputs for a and b, each (draws, width), and the covariances of a coordinate: of a with
        itself, and of a with b, each (draws, 1).
    """
    fa, fb = np.maximum(a, 0), np.maximum(b, 0)
    aa, ab, bb = mean(fa, fa), mean(fa, fb), mean(fb, fb)
    slope = ab / np.where(aa > 0, aa, 1)
    g, h = rng.standard_normal((2, *a.shape))
    ga = np.sqrt(aa) * g
    return ga, slope * ga + np.sqrt(np.maximum(bb - slope * ab, 0)) * h, aa, ab


def drawn(
    network: str, width: int, depth: int, draws: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Kernels of independent random networks behind their last layer.

    Returns
    -------
    dict of ndarray
        Shape (draws,) each. `aa`, `ab`: inner products over the width of what two inputs have become.
        `aa_expected`, `ab_expected`: for networks with skip connections the inputs' own plus what each
        layer adds on average given those before, for a plain one the average of the last layer: the same
        mean as `aa` and `ab` exactly, with less scatter. `log_aa`, and `log_aa_expected`, less a sum of
        terms whose mean given the layers before is nought. `fourth`: mean fourth power of a coordinate.
        `active`: fraction of coordinates above nought.
    """
    a, b = pairs(draws, width, rng)
    skip = network != "mlp"
    aa, aa_expected, ab_expected, noise = 1.0, 1.0, COSINE, 0.0
    for scale in scales(network, depth):
        to_a, to_b, add_aa, add_ab = branch(a, b, rng)
        a, b = (skip * a + scale * to_a, skip * b + scale * to_b)
        foreseen = skip * aa + scale**2 * add_aa
        aa_expected = skip * aa_expected + scale**2 * add_aa
        ab_expected = skip * ab_expected + scale**2 * add_ab
        aa = mean(a, a)
        noise = noise + aa / np.where(foreseen > 0, foreseen, 1) - 1
    with np.errstate(divide="ignore"):
        log_aa = np.log(aa)
    found = {
        "aa": aa,
        "ab": mean(a, b),
        "aa_expected": aa_expected,
        "ab_expected": ab_expected,
        "log_aa": log_aa,
        "log_aa_expected": log_aa - noise,
        "fourth": mean(a * a, a * a),
        "active": (a > 0).mean(1, keepdims=True),
    }
    return {name: value[:, 0] for name, value in found.items()}

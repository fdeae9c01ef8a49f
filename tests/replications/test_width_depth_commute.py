"""Commuting limits: theory by other means than the package's, and networks with their weights written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from replications.width_depth_commute import networks, runs, theory
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("74_width_depth_commute")["verdicts"]}


@pytest.fixture(scope="module")
def table():
    return load("width_depth_commute")


def normal(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def over_both(f, cosine: float) -> float:
    """Mean of f(x, y) over standard Gaussians with this correlation, by quadrature over the four quadrants."""
    sine = math.sqrt(1 - cosine**2)

    def density(y: float, x: float) -> float:
        return f(x, y) * normal(x) * normal((y - cosine * x) / sine) / sine

    ends = ((-9, 0), (0, 9))
    return sum(dblquad(density, *xs, *ys, epsabs=1e-7)[0] for xs in ends for ys in ends)


@pytest.mark.parametrize("cosine", [0.0, 0.2, 0.7, -0.5])
def test_kernels_by_quadrature(cosine):
    rectified = over_both(lambda x, y: max(x, 0) * max(y, 0), cosine)
    assert theory.rectified(2.0, 2.0 * cosine) == pytest.approx(2.0 * rectified, abs=1e-5)
    squares = over_both(lambda x, y: x * abs(x) * y * abs(y), cosine)
    assert theory.signed_squares(np.array(cosine)) == pytest.approx(squares, abs=1e-5)


def test_flow_by_many_layers(kept):
    """Layers of infinite width, 1/L and 1/L^2 extrapolated, against the solver and its 1/L coefficient."""

    def layers(depth: int) -> float:
        q, c = 1.0, 0.2
        for _ in range(depth):
            r = c / q
            c += q / (2 * math.pi) * (math.sqrt(1 - r * r) + r * (math.pi - math.acos(r))) / depth
            q += q / 2 / depth
        return c

    small, middle, large = (layers(depth) for depth in (1000, 2000, 4000))
    limit = (8 * large - 6 * middle + small) / 3
    ends, lacking = theory.flow()
    assert ends[1] == pytest.approx(limit, abs=1e-9)
    assert kept["flow"]["measured"] == pytest.approx(limit, abs=1e-8)
    assert lacking[1] == pytest.approx(1000 * (4 * (middle - limit) - (small - limit)), rel=1e-5)
    assert ends[0] == pytest.approx(math.exp(0.5), rel=1e-9)
    assert lacking[0] == pytest.approx(-math.exp(0.5) / 8, rel=1e-8)


def test_product(kept):
    x = math.pi / math.sqrt(2)
    assert theory.limit("harmonic")[0] == pytest.approx(math.sinh(x) / x, rel=1e-7)
    assert kept["product"]["measured"] == pytest.approx(math.sinh(x) / x, rel=1e-7)


def test_scatter_of_a_deep_network_by_its_clock():
    """In the limit of depth a network is Brownian motion by a clock of its own: 2 t and a single integral."""
    half = theory.scatter(networks.scales("resnet", 2000))
    signs = 2 * quad(lambda u: (0.5 - u) * theory.signed_squares(np.exp(-u / 2)), 0, 0.5)[0]
    assert half[0] == pytest.approx(2, rel=1e-3)
    assert half[1] == pytest.approx(signs, rel=1e-3)


def test_plain_layer_by_drawing():
    rng = np.random.default_rng(0)
    factor = 2 * (np.maximum(rng.standard_normal((200_000, 16)), 0) ** 2).mean(1)
    mean, variance = theory.plain_layer(16)
    logs = np.log(factor[factor > 0])
    assert logs.mean() == pytest.approx(mean, abs=5 * logs.std() / len(logs) ** 0.5)
    assert logs.var() == pytest.approx(variance, rel=0.03)
    assert 1e4 * theory.plain_layer(10_000)[1] == pytest.approx(5, rel=1e-3)


@pytest.mark.parametrize("network", ["resnet", "harmonic", "mlp"])
def test_networks_with_their_weights(network):
    """The first two moments of what is drawn by law are those of networks with explicit matrices."""
    n, depth, draws = 6, 4, 20_000
    rng = np.random.default_rng(3)
    a, b = networks.pairs(draws, n, rng)
    for scale in networks.scales(network, depth):
        weights = rng.standard_normal((draws, n, n)) / n**0.5
        for x in (a, b):
            x[:] = (network != "mlp") * x + scale * np.einsum("dij,dj->di", weights, np.maximum(x, 0))
    explicit = {"ab": (a * b).mean(1), "root": np.sqrt((a * a).mean(1)), "active": (a > 0).mean(1)}
    by_law = networks.drawn(network, n, depth, draws, np.random.default_rng(4))
    by_law["root"] = np.sqrt(by_law["aa"])
    for name, x in explicit.items():
        for power in (1, 2):
            difference = (x**power).mean() - (by_law[name] ** power).mean()
            error = math.hypot((x**power).std(), (by_law[name] ** power).std()) / draws**0.5
            assert abs(difference) < 4 * error, (name, power)


def test_less_scatter_has_the_same_mean():
    found = networks.drawn("resnet", 8, 8, 40_000, np.random.default_rng(5))
    for name in ("aa", "ab", "log_aa"):
        difference = found[name] - found[f"{name}_expected"]
        assert abs(difference.mean()) < 4 * difference.std() / 200
        assert found[f"{name}_expected"].var() < 0.4 * found[name].var()


def test_one_coordinate_by_hand():
    """Width 1, depth 2: an input of -1 is never let through, one of +1 is; the mean is not (1 + 1/4)^2."""
    s = 0.5**0.5
    open_again = (1 + s * s) * (1 + math.erf(1 / s / 2**0.5)) / 2 + s * normal(1 / s)
    by_hand = (1 + 1.5 + open_again / 2) / 2
    rng = np.random.default_rng(6)
    x = np.where(rng.random(400_000) < 0.5, 1.0, -1.0)
    for _ in range(2):
        x = x + s * np.maximum(x, 0) * rng.standard_normal(len(x))
    assert by_hand == pytest.approx(1.62145, abs=1e-5)
    assert (x * x).mean() == pytest.approx(by_hand, abs=0.02)


def test_headline_numbers_from_the_table(table, kept):
    """Means over blocks, straight lines by numpy: limits within what their intervals say, exponents alike."""
    part = table[(table.network == "resnet") & table.depth.isin(runs.POWERS) & table.width.isin(runs.POWERS)]
    means = part.groupby(["width", "depth"])[["ab_expected", "aa_expected"]].mean().reset_index()
    large = means[(means.width >= 32) & (means.depth >= 32)]
    design = np.column_stack([np.ones(len(large)), 1 / large.width, 1 / large.depth])
    for id, name in {"ab": "ab_expected", "aa": "aa_expected"}.items():
        rough = np.linalg.lstsq(design, large[name], rcond=None)[0][0]
        assert rough == pytest.approx(kept[id]["measured"], abs=0.01), id
    plain = table[(table.network == "mlp") & (table.width == table.depth)]
    logs = plain.groupby("width")[["log_aa", "log_aa_squared"]].mean()
    exact = [n * theory.plain_layer(n)[1] for n in logs.index]
    assert (logs.log_aa_squared - logs.log_aa**2).to_numpy() == pytest.approx(np.array(exact), rel=0.08)


def test_exponents_of_the_width_by_numpy(table, kept):
    """From the table alone: a power of the width, and one with the next order beside it, which is -1/2."""
    plain, corrected = [], []
    for depth in (2, 4, *runs.POWERS):
        q, c = 1.0, 0.2
        for _ in range(depth):
            r = c / q
            c += q / (2 * math.pi) * (math.sqrt(1 - r * r) + r * (math.pi - math.acos(r))) / depth
            q += q / 2 / depth
        part = table[(table.network == "resnet") & (table.depth == depth) & table.width.isin(runs.POWERS)]
        means = part.groupby("width")[["ab", "ab_squared"]].mean()
        n, error = means.index.to_numpy(float), np.sqrt(means.ab_squared - 2 * c * means.ab + c * c)
        design = np.column_stack([np.log(n), np.ones(len(n)), 1 / n])
        plain.append(np.polyfit(np.log(n), np.log(error), 1)[0])
        corrected.append(np.linalg.lstsq(design, np.log(error), rcond=None)[0][0])
    assert kept["rate-n"]["measured"] == pytest.approx(np.mean(plain), abs=1e-6)
    assert np.mean(corrected) == pytest.approx(-0.5, abs=0.01)


def test_plain_kernel_nears_one():
    assert theory.plain_kernel(1) == pytest.approx(2 * theory.rectified(1.0, 0.2))
    assert 0.99 < theory.plain_kernel(100) < theory.plain_kernel(200) < 1

"""Compound scaling: layers counted by torch, regressions by normal equations, medians and lines by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.compound_scaling import accuracy, networks, times
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("52_compound_scaling")["verdicts"]}


@pytest.fixture(scope="module")
def convnets() -> pd.DataFrame:
    return load("timm_convnets")


def by_torch(network: networks.Network) -> tuple[int, int, int]:
    """Multiply-adds, parameters and activations by the shapes that torch gives each layer, without any weights' values."""
    torch = pytest.importorskip("torch")
    meta, made = torch.device("meta"), []

    def layer(into, out, kernel=1, stride=1, groups=1, bias=False):
        conv = torch.nn.Conv2d(into, out, kernel, stride, kernel // 2, groups=groups, bias=bias, device=meta)
        norm = 0 if bias else sum(p.numel() for p in torch.nn.BatchNorm2d(out, device=meta).parameters())
        return made.append((conv, norm)) or conv

    found = np.zeros(3, dtype=object)

    def through(x, conv, norm):
        y = conv(x)
        found[0] += y.numel() * conv.weight[0].numel() + (y.numel() if conv.bias is not None else 0)
        found[1] += sum(p.numel() for p in conv.parameters()) + norm
        found[2] += y.numel()
        return y

    x = torch.empty(1, 3, network.resolution, network.resolution, device=meta)
    layer(3, network.stem, 3, 2)
    x, into = through(x, *made[-1]), network.stem
    rows = zip(network.depths, network.widths, networks.STAGES, strict=True)
    for depth, out, (_, _, expansion, stride, kernel) in rows:
        for index in range(depth):
            inner = into * expansion
            if expansion > 1:
                layer(into, inner)
                x = through(x, *made[-1])
            layer(inner, inner, kernel, stride if index == 0 else 1, inner)
            x = through(x, *made[-1])
            layer(inner, into // 4, bias=True)
            squeezed = through(x.mean((2, 3), keepdim=True), *made[-1])
            layer(into // 4, inner, bias=True)
            through(squeezed, *made[-1])
            layer(inner, out)
            x, into = through(x, *made[-1]), out
    layer(into, network.head)
    x = through(x, *made[-1])
    layer(network.head, 1000, bias=True)
    through(x.mean((2, 3), keepdim=True), *made[-1])
    return tuple(int(n) for n in found)


@pytest.mark.parametrize("name", ["B0", "B3", "B7"])
def test_counts_are_those_of_torch(name):
    network = networks.official(*networks.RELEASED[name])
    count = networks.counted(network)
    assert by_torch(network) == (count.flops, count.params, count.acts)
    assert sum(count.stages) == count.acts


def test_counts_are_those_of_pycls_and_timm():
    zoo = load("pycls_zoo").set_index("model")
    for n in range(6):
        count = networks.counted(networks.official(*networks.RELEASED[f"B{n}"]))
        row = zoo.loc[f"EfficientNet-B{n}"]
        assert (count.flops, count.params, count.acts) == (row.flops, row.params, row.acts)
    released = load("timm_efficientnets").query("family == 'EfficientNet'").set_index("model")
    for name, shape in networks.RELEASED.items():
        assert round(networks.counted(networks.official(*shape)).acts / 1e6, 2) == released.loc[name, "macts"]


def test_activations_grow_by_the_shares(kept):
    for id, d, w, r in (("acts-depth", 1, 0, 0), ("acts-width", 0, 1, 0), ("acts-resolution", 0, 0, 1)):
        flops, acts = [], []
        for s in 2 ** np.arange(0, 6.5, 0.5):
            count = networks.counted(networks.scaled(s**d, s ** (w / 2), s ** (r / 2)))
            flops.append(math.log(count.flops))
            acts.append(math.log(count.acts))
        assert stats.linregress(flops, acts).slope == pytest.approx(kept[id]["measured"])
    # Without stem, head and depthwise layers the exponents are the ideal ones: two dense stages by hand.
    flops, acts = (lambda d, w, r: 2 * d * w * w * r * r), (lambda d, w, r: 2 * d * w * r * r)
    for shares in ((1, 0, 0), (0, 1, 0), (1, 8, 1)):
        d, w, r = np.array(shares) / sum(shares)
        factor = (64**d, 64 ** (w / 2), 64 ** (r / 2))
        assert math.log(flops(*factor) / flops(1, 1, 1), 64) == pytest.approx(1)
        assert math.log(acts(*factor) / acts(1, 1, 1), 64) == pytest.approx(1 - w / 2)


def test_three_networks_lie_on_the_line(kept):
    """A coefficient that serves all three dimensions is looked for on a grid."""
    grid, found = np.arange(0, 9, 0.0005), []
    for name, (width, depth, side) in networks.RELEASED.items():
        fits = np.abs(1.2**grid - depth) <= 0.05
        fits &= np.abs(1.1**grid - width) <= 0.05
        fits &= np.abs(224 * 1.15**grid - side) <= 8
        if name != "B0" and fits.any():
            found.append(name)
    assert found == ["B1", "B2", "B3"]
    assert kept["one-line"]["measured"] == len(found)


def test_all_seven_lie_on_one_line_of_constants_that_print_alike():
    """Every number of the rule is within half a unit of what is printed, and the seven pass by hand."""
    larger = {name: shape for name, shape in networks.RELEASED.items() if name != "B0"}
    most, rules = networks.best_rules_as_printed(larger, networks.RULE)
    assert most == 7
    for rule in (rules[0], rules[len(rules) // 2], rules[-1]):
        assert [round(x, digits) for x, digits in zip(rule, (1, 1, 2), strict=True)] == list(networks.RULE)
        grid = np.arange(0, 9, 0.0005)
        for width, depth, side in larger.values():
            fits = np.abs(rule[0] ** grid - depth) <= 0.0501
            fits &= np.abs(rule[1] ** grid - width) <= 0.0501
            fits &= np.abs(224 * rule[2] ** grid - side) <= 8.05
            assert fits.any()


def test_a_steeper_rule_prints_otherwise():
    steeper = {phi: networks.drawn_by_rule((1.3, 1.1, 1.15), phi) for phi in range(1, 8)}
    assert networks.best_rules_as_printed(steeper, networks.RULE)[0] < 3


def test_networks_just_above_the_best_are_compared_with_it():
    table = load("timm_efficientnets")
    inside, wider = accuracy.compared(table), accuracy.compared(table, beyond=0.05)
    added = wider.drop(inside.index)
    assert sorted(zip(added.model, added.image_size, strict=True)) == [("200", 320), ("270", 352)]
    b7 = table[table.model == "B7"].iloc[0]
    assert added.gmacs.to_numpy() == pytest.approx(table.loc[added.index, "gmacs"].to_numpy() / b7.gmacs)


def test_least_gain_on_other_images_by_binomials():
    found = accuracy.least_gain_on_other_images(np.array([70.0, 78.6, 78.3]))
    rng = np.random.default_rng(0)
    drawn = 100 * (rng.binomial(50_000, 0.783, 20_000) - rng.binomial(50_000, 0.786, 20_000)) / 50_000
    assert found.value == pytest.approx(-0.3)
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)


def test_a_law_in_both_foretells_every_pair_of_a_family_that_follows_it():
    rng = np.random.default_rng(0)
    costs = rng.normal(size=(40, 2))
    family = pd.DataFrame({"gmacs": [1.0, 2.0, 5.0], "macts": [1.0, 3.0, 4.0]})
    family["rate"] = 1 / (family.gmacs**0.2 * family.macts**0.8)
    found = times.foretold(costs, costs @ [0.2, 0.8], family, "rate")
    assert found["nearer"] == 3
    assert found["both"] == pytest.approx(found["measured"]) == pytest.approx(5**0.2 * 4**0.8)
    speeds = times.speeds_foretold(costs, costs @ [0.2, 0.8], family, "rate")
    assert speeds["both"] == pytest.approx(family.rate.median(), abs=0.005)
    assert speeds["r of both"] == 1
    alone = times.speeds_foretold(costs, 0.5 * costs[:, 0], family, "rate")
    assert alone["FLOPs"] == pytest.approx(2**-0.5, abs=0.005)


def solved(costs: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Exponents by a general minimiser of the sum of squares."""
    centred, time = costs - costs.mean(axis=0), time - time.mean()
    start = np.zeros(costs.shape[1])
    return optimize.minimize(lambda b: ((time - centred @ b) ** 2).sum(), start, tol=1e-12).x


def test_exponents_and_correlations(kept, convnets):
    costs = np.log(convnets[["gmacs", "macts"]].to_numpy())
    gpu, cpu = -np.log(convnets.gpu_rate.to_numpy()), -np.log(convnets.cpu_rate.to_numpy())
    joint = [np.diff(solved(costs, time))[0] for time in (gpu, cpu)]
    assert joint[0] == pytest.approx(kept["gpu-joint"]["measured"], abs=1e-5)
    assert joint[1] == pytest.approx(kept["cpu-joint"]["measured"], abs=1e-5)
    assert joint[0] - joint[1] == pytest.approx(kept["contrast"]["measured"], abs=1e-5)
    closer = stats.pearsonr(costs[:, 1], gpu)[0] - stats.pearsonr(costs[:, 0], gpu)[0]
    assert closer == pytest.approx(kept["gpu-corr"]["measured"])
    zoo = load("pycls_zoo")
    costs, time = np.log(zoo[["flops", "acts"]].to_numpy(float)), np.log(zoo.infer_ms.to_numpy(float))
    assert np.diff(solved(costs, time))[0] == pytest.approx(kept["v100-joint"]["measured"], abs=1e-5)
    closer = stats.pearsonr(costs[:, 1], time)[0] - stats.pearsonr(costs[:, 0], time)[0]
    assert closer == pytest.approx(kept["v100-corr"]["measured"])


def test_b7_is_foretold_by_other_families(kept, convnets):
    others = convnets[convnets.family != "efficientnet"]
    costs, time = np.log(others[["gmacs", "macts"]].to_numpy()), -np.log(others.gpu_rate.to_numpy())
    rows = load("timm_efficientnets").query("family == 'EfficientNet'").set_index("model")
    flops, acts = (math.log(rows.loc["B7", c] / rows.loc["B0", c]) for c in ("gmacs", "macts"))
    ratio = math.log(rows.loc["B0", "gpu_rate"] / rows.loc["B7", "gpu_rate"])
    x, y = solved(costs, time)
    alone = stats.linregress(costs[:, 0], time).slope
    off = abs(x * flops + y * acts - ratio) - abs(alone * flops - ratio)
    assert off == pytest.approx(kept["held-out"]["measured"], abs=1e-4)


def test_ratios_at_equal_accuracy(kept):
    table = load("timm_efficientnets")
    base = table[table.family == "EfficientNet"].sort_values("top1")
    found = {"macts": [], "gmacs": [], "train_rate": []}
    for row in table[table.family == "ResNet-RS"].itertuples():
        if not base.top1.min() <= row.top1 <= base.top1.max():
            continue
        above = base[base.top1 >= row.top1].iloc[0]
        below = base[base.top1 <= row.top1].iloc[-1]
        share = (row.top1 - below.top1) / (above.top1 - below.top1)
        for name, ratios in found.items():
            ratios.append(getattr(row, name) / (below[name] ** (1 - share) * above[name] ** share))
    for id, name in (("rs-acts", "macts"), ("rs-flops", "gmacs"), ("rs-training", "train_rate")):
        assert np.nanmedian(found[name]) == pytest.approx(kept[id]["measured"])


def test_exchanged_costs_favour_neither(convnets):
    costs, gpu = times.logs(convnets, rate=["gpu_rate"])
    deals = times.exchanged(costs, gpu, convnets.family.to_numpy(), 200, np.random.default_rng(1))
    for found in deals.values():
        assert found.low < 0 < found.high
        assert abs(found.value) < 0.2 * (found.high - found.low)


def test_a_family_that_is_scaled_one_way_tells_no_exponents_apart():
    flops = np.linspace(0, 3, 8)
    with pytest.raises(ValueError, match="proportional"):
        times.exponents(np.column_stack([flops, 0.5 * flops]), flops)


def test_printed_accuracies_replace_those_of_timm():
    printed = accuracy.as_printed(load("timm_efficientnets")).set_index(["family", "model"])
    assert printed.loc[("EfficientNet", "B7"), "top1"] == 84.3
    assert printed.loc[("ResNet-RS", "50"), "top1"] == 78.8
    assert len(printed) == 14

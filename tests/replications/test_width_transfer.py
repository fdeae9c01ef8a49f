"""The arms of the width experiments: who equals whom, how each starts; and numbers from the tables by other routes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from replications.width_transfer import arms, constants, coordinates, ends, variants
from replications.width_transfer.arms import ARMS, BASE_WIDTH, OCTAVES, decoder
from scalinglaws import machine, repository
from scalinglaws.claims import verdicts
from scalinglaws.training import loop, texts
from scalinglaws.training.bytewise import tokens


@pytest.fixture(autouse=True)
def here():
    """On the CPU and on the pinned text."""
    with machine.on_cpu(), texts.pinned():
        yield


def rms(weight: torch.Tensor) -> float:
    return float(weight.detach().square().mean().sqrt())


def rates_of(model: torch.nn.Module) -> dict[str, float]:
    """The factor on the learning rate of each weight."""
    return {
        name: g["scale"]
        for g in model.groups()
        for name, p in model.named_parameters()
        if any(p is q for q in g["params"])
    }


def test_matched_mup_is_the_standard_network_at_the_base_width_and_nowhere_else():
    x = torch.arange(64)[None]
    for width, equal in ((BASE_WIDTH, True), (2 * BASE_WIDTH, False)):
        standard, matched = (decoder(arm, width, 3) for arm in ("standard fan-in", "mup matched"))
        assert torch.equal(standard(x), matched(x)) == equal
        assert [g["scale"] for g in standard.groups()] == [1.0] * len(standard.groups())
    some = {"width": BASE_WIDTH, "batch": 2, "steps": 5, "log2_lr": -6, "seed": 1}
    assert arms.run("standard fan-in", **some) == arms.run("mup matched", **some)
    # The muP that shares its weights alone is another function.
    assert not torch.allclose(
        decoder("standard 0.02", BASE_WIDTH, 3)(x), decoder("mup 0.02", BASE_WIDTH, 3)(x), rtol=1e-3
    )


@pytest.mark.parametrize("arm", ["standard fan-in", "mup matched"])
def test_weights_start_by_their_fan_in(arm):
    width = 256
    model = decoder(arm, width, 0)
    block = model.blocks[1]
    head = BASE_WIDTH if arm == "mup matched" else width
    expected = {
        model.embedding.weight: 1.0,
        block.qkv.weight: width**-0.5,
        block.up.weight: width**-0.5,
        block.project.weight: width**-0.5 / 2,  # two branches in each of two blocks
        block.down.weight: (4 * width) ** -0.5 / 2,
        model.head.weight: head**-0.5,
    }
    for weight, sd in expected.items():
        assert rms(weight) == pytest.approx(sd, rel=0.02)
    assert model.head.multiplier == (BASE_WIDTH / width if arm == "mup matched" else 1)
    assert block.temperature == 0.25
    scales = rates_of(model)
    assert scales["embedding.weight"] == scales["head.weight"] == 1
    assert scales["blocks.0.up.weight"] == (BASE_WIDTH / width if arm == "mup matched" else 1)


def test_an_unknown_arm_is_named():
    with pytest.raises(ValueError, match="there are: standard"):
        decoder("ntk", 64, 0)


def test_the_embedding_keeps_its_rate_and_nothing_else_differs_from_u_mup():
    some = {"batch": 2, "steps": 5, "log2_lr": 0, "seed": 1}
    assert variants.run("embedding", width=16, **some) == arms.run("u-mup", width=16, **some)
    for width in (16, 128):
        plain, kept = decoder("u-mup", width, 3), variants.decoder("embedding", width, 3)
        scales = [rates_of(plain), rates_of(kept)]
        assert scales[1]["embedding.weight"] == 0.25
        assert scales[0] | {"embedding.weight": 0.25} == scales[1]
        assert len(scales[0]) == len(list(plain.parameters()))
    x = torch.arange(64)[None]
    assert torch.equal(plain(x), kept(x))


def test_the_other_variants_change_the_forward_pass_alone():
    x, plain = torch.arange(64)[None], decoder("u-mup", 32, 3)
    for variant in ("scores", "branches"):
        changed = variants.decoder(variant, 32, 3)
        assert not torch.allclose(plain(x), changed(x), rtol=1e-3)
        assert [g["scale"] for g in plain.groups()] == [g["scale"] for g in changed.groups()]
    assert variants.decoder("scores", 32, 3).blocks[0].temperature == 0.25
    assert changed.blocks[1].residual_weights == ((1.0, 0.5), (1.0, 0.5))
    with pytest.raises(ValueError, match="there are: embedding"):
        variants.decoder("norms", 64, 0)


def test_attention_as_it_comes_differs_from_u_mup_by_one_constant():
    plain, changed, both = (
        decoder("u-mup", 32, 3),
        constants.decoder("attention", 32, 3),
        constants.decoder("both", 32, 3),
    )
    x = torch.arange(64)[None]
    assert rates_of(plain) == rates_of(changed)
    assert rates_of(both) == rates_of(variants.decoder("embedding", 32, 3))
    assert torch.equal(changed(x), both(x))
    assert not torch.allclose(plain(x), changed(x), rtol=1e-3)
    # What is taken away is put back by hand.
    gain = (64 / sum(1 / t for t in range(1, 65))) ** 0.5
    for block in changed.blocks:
        block.project.weight.data *= gain
    assert torch.allclose(plain(x), changed(x), atol=1e-5)
    with pytest.raises(ValueError, match="there are: attention"):
        constants.decoder("norms", 64, 0)


def test_depth_counted_in_blocks_speeds_up_the_blocks_matrices_alone():
    plain, blocks = decoder("u-mup", 32, 3), constants.decoder("blocks", 32, 3)
    x = torch.arange(64)[None]
    assert torch.equal(plain(x), blocks(x))
    before, after = rates_of(plain), rates_of(blocks)
    assert before.keys() == after.keys() == dict(plain.named_parameters()).keys()
    for name, rate in after.items():
        # Two blocks: the root of their number divides, where that of four branches did.
        fan_in = dict(blocks.named_parameters())[name].shape[1]
        expected = (2 * fan_in) ** -0.5 if name.startswith("blocks") else before[name]
        assert rate == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "variant, gain, branches", [("u-mup", None, 4), ("attention", 1.0, 4), ("blocks", None, 2)]
)
def test_rates_and_constants_by_a_loop_written_apart(variant, gain, branches):
    """u-muP's rates by hand in torch's own Adam, and the loss that the runs end with."""
    width, steps = 32, 20
    model = decoder("u-mup", width, 1)
    for block in model.blocks:
        block.attention_gain = gain or block.attention_gain
    slow = {w: 1 if n == "head.weight" else w.shape[1] ** -0.5 for n, w in model.named_parameters()}
    slow |= {w: slow[w] / branches**0.5 for w in model.blocks.parameters()}
    adam = torch.optim.Adam(
        [{"params": [w], "peak": rate} for w, rate in slow.items()], lr=1.0, betas=(0.9, 0.99)
    )
    text, other, _ = tokens()
    source = loop.windows(text, arms.CONTEXT, 2, 1)
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = group["peak"] * 2.0**-1 * min(1, (step + 1) / 2) * (1 - step / steps)
        x, y = source(step)
        adam.zero_grad()
        torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()).backward()
        adam.step()
    x, y = loop.windows(other, arms.CONTEXT, arms.WINDOWS, arms.WINDOW_SEED)(0)
    with torch.no_grad():
        by_hand = float(torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()))
    some = {"width": width, "batch": 2, "steps": steps, "log2_lr": -1, "seed": 1}
    ours = arms.run(variant, **some) if variant == "u-mup" else constants.run(variant, **some)
    assert ours["loss"] == pytest.approx(by_hand, rel=1e-5)


def test_the_ends_lengthen_two_ladders_by_the_rung_that_comes_next():
    assert len(ends.grid("full")) == 30
    for arm, octave in ends.OCTAVES.items():
        rungs = sorted([*OCTAVES[arm], octave])
        assert octave not in OCTAVES[arm] and rungs == list(range(rungs[0], rungs[-1] + 1))
        cells = {(c["width"], c["seed"]) for c in ends.grid("full") if c["arm"] == arm}
        assert cells == {(c["width"], c["seed"]) for c in arms.grid("ci") if c["arm"] == arm}


@pytest.mark.parametrize("scale", ["ci", "full"])
def test_the_grid_has_all_arms_five_widths_and_three_seeds(scale):
    grid = arms.grid(scale)
    assert {c["arm"] for c in grid} == ARMS.keys() == OCTAVES.keys() == coordinates.OCTAVES.keys()
    widths = {c["width"] for c in grid}
    assert max(widths) >= 8 * min(widths) and len(widths) >= 5 and {c["seed"] for c in grid} == {0, 1, 2}


def test_the_coordinate_check_tells_mup_from_the_standard_network(monkeypatch):
    monkeypatch.setattr(coordinates, "BATCH", 2)
    monkeypatch.setattr(coordinates, "WATCHED", 2)
    growth = {}
    for arm in ("standard fan-in", "mup matched"):
        narrow, wide = (coordinates.run(arm, width, -7, 0) for width in (32, 128))
        growth[arm] = np.log(wide["change_logits"] / narrow["change_logits"]) / np.log(4)
        # Before any update nothing depends on the width but muP's logits, which fall.
        assert wide["start_hidden"] == pytest.approx(narrow["start_hidden"], rel=0.1)
    assert growth["standard fan-in"] > growth["mup matched"] + 0.25
    row = coordinates.run("u-mup", 32, 0, 0)
    assert row.keys() | {"arm", "width", "log2_lr", "seed"} == coordinates.COLUMNS.keys()
    assert all(row[f"change_{site}"] > 0 for site in coordinates.SITES)


def test_scores_are_those_of_a_place_with_itself():
    model = decoder("standard fan-in", 32, 0)
    x = torch.arange(6)[None]
    found = coordinates.outputs(model, x)["scores"]
    block, seen = model.blocks[-1], {}
    block.qkv.register_forward_hook(lambda _, __, out: seen.update(out=out))
    model(x)
    q, k, _ = seen["out"].view(1, 6, 6, 16).split([2, 2, 2], dim=2)
    by_hand = torch.tensor(
        [[[float((q[0, t, h] @ k[0, t, h]).detach()) / 4 for h in range(2)] for t in range(6)]]
    )
    assert torch.allclose(found, by_hand, atol=1e-5)


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("24_width_transfer")["verdicts"]}


def table(part: str) -> pd.DataFrame:
    """A table as it lies there, past the library's loading."""
    return pd.read_csv(repository.data_folder() / "runs" / f"width_transfer_{part}" / "table.csv")


def test_shifts_of_the_best_rate_by_numpys_parabolas(kept):
    arms_of = {"standard": "standard fan-in", "fixed": "standard 0.02", "matched": "mup matched"}
    found, runs = {}, pd.concat([table("arms_small"), table("ends")])
    for claim, arm in (arms_of | {"mup": "mup 0.02", "unit": "u-mup"}).items():
        optima = {}
        for width, part in runs[runs.arm == arm].groupby("width"):
            curve = part.assign(loss=part.loss.fillna(np.log(256))).groupby("log2_lr").loss.mean()
            middle = curve.argmin()
            assert 2 <= middle <= len(curve) - 3  # five rungs lie about the best one
            a, b, _ = np.polyfit(curve.index[middle - 2 : middle + 3], curve.iloc[middle - 2 : middle + 3], 2)
            optima[np.log2(width)] = -b / (2 * a)
        found[claim] = 3 * stats.linregress(list(optima), list(optima.values())).slope
        assert found[claim] == pytest.approx(kept[f"shift-{claim}"]["measured"], rel=1e-6)
    gap = min(found["matched"], found["unit"]) - found["standard"]
    assert gap == pytest.approx(kept["order"]["measured"], rel=1e-6)


def test_best_losses_at_the_largest_width_by_their_means(kept):
    runs = table("arms_small")
    best = runs[runs.width == runs.width.max()].groupby(["arm", "log2_lr"]).loss.mean().groupby("arm").min()
    for claim, (one, other) in {
        "better-standard": ("u-mup", "standard fan-in"),
        "better-matched": ("u-mup", "mup matched"),
        "handicap-standard": ("standard 0.02", "standard fan-in"),
        "handicap-mup": ("mup 0.02", "mup matched"),
    }.items():
        assert best[one] - best[other] == pytest.approx(kept[claim]["measured"], rel=1e-6)


@pytest.mark.parametrize("variant, part", [("embedding", "variants"), ("attention", "constants")])
def test_what_one_change_gains_by_means_over_seeds(kept, variant, part):
    runs, changed = table("arms_small"), table(part)

    def best(part):
        return part[part.width == 256].groupby("log2_lr").loss.mean().min()

    least = best(changed[changed.variant == variant])
    plain, standard = (best(runs[runs.arm == arm]) for arm in ("u-mup", "standard fan-in"))
    assert plain - least == pytest.approx(kept[variant]["measured"], rel=1e-6)
    assert least - standard == pytest.approx(kept[f"{variant}-closes"]["measured"], rel=1e-6)
    if part == "constants":
        by_blocks = best(changed[changed.variant == "blocks"])
        assert by_blocks - standard == pytest.approx(kept["better-blocks"]["measured"], rel=1e-6)


def test_changes_of_activations_by_one_line_through_all_seeds(kept):
    runs = table("coordinates")
    for claim, arm in (("matched", "mup matched"), ("standard", "standard fan-in")):
        part = runs[runs.arm == arm]
        lines = {
            site: stats.linregress(np.log(part.width), np.log(part[f"change_{site}"]))
            for site in coordinates.SITES
        }
        largest = max(lines.values(), key=lambda line: line.slope)
        # The largest of each seed, on average, is no less than that of all seeds together.
        measured = kept[f"coordinate-{claim}"]["measured"]
        assert 0 <= measured - largest.slope + 1e-9 < 0.1

"""The arms of the width experiments: who equals whom, how each starts; and numbers from the tables by other routes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from replications.width_transfer import arms, coordinates, variants
from replications.width_transfer.arms import ARMS, BASE_WIDTH, OCTAVES, decoder
from scalinglaws import machine, repository
from scalinglaws.claims import verdicts
from scalinglaws.training import texts


@pytest.fixture(autouse=True)
def here():
    """On the CPU and on the pinned text."""
    with machine.on_cpu(), texts.pinned():
        yield


def rms(weight: torch.Tensor) -> float:
    return float(weight.detach().square().mean().sqrt())


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
    scales = {
        name: g["scale"]
        for g in model.groups()
        for name, p in model.named_parameters()
        if any(p is q for q in g["params"])
    }
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
        scales = [
            {
                name: g["scale"]
                for g in m.groups()
                for name, p in m.named_parameters()
                if any(p is q for q in g["params"])
            }
            for m in (plain, kept)
        ]
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
    found = {}
    for claim, arm in (arms_of | {"mup": "mup 0.02", "unit": "u-mup"}).items():
        optima = {}
        runs = table("arms_small")
        for width, part in runs[runs.arm == arm].groupby("width"):
            curve = part.assign(loss=part.loss.fillna(np.log(256))).groupby("log2_lr").loss.mean()
            middle = min(max(curve.argmin(), 2), len(curve) - 3)
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


def test_what_the_kept_embedding_gains_by_means_over_seeds(kept):
    runs, changed = table("arms_small"), table("variants")

    def best(part):
        return part[part.width == 256].groupby("log2_lr").loss.mean().min()

    least = best(changed[changed.variant == "embedding"])
    plain, standard = (best(runs[runs.arm == arm]) for arm in ("u-mup", "standard fan-in"))
    assert plain - least == pytest.approx(kept["embedding"]["measured"], rel=1e-6)
    assert least - standard == pytest.approx(kept["embedding-closes"]["measured"], rel=1e-6)


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

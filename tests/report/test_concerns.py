"""What about a table looks like a mistake; and that a sound one gives no cause."""

import numpy as np
import pandas as pd
import pytest

from scalinglaws.report import concerns
from scalinglaws.report.isoflops import isoflops
from scalinglaws.report.reading import Table


@pytest.fixture
def sound() -> pd.DataFrame:
    sizes, budgets = np.meshgrid(np.geomspace(1e7, 1e10, 13), [1e18, 1e19, 1e20, 1e21])
    runs = pd.DataFrame({"n_params": sizes.ravel(), "flops": budgets.ravel()})
    runs["n_tokens"] = runs.flops / (6 * runs.n_params)
    return runs.assign(loss=1.8 + 400 / runs.n_params**0.34 + 400 / runs.n_tokens**0.28)


def test_a_sound_table_gives_no_cause(sound):
    assert concerns.of_runs(sound, "loss", None, 1e22) == []


@pytest.mark.parametrize(
    ("change", "budget", "said"),
    [
        (lambda runs: runs.head(12), None, "12 runs: with fewer than 20"),
        (lambda runs: runs.assign(flops=runs.flops / 1e18), None, "look at the units"),
        (lambda runs: runs, 1e24, "1,000 times the compute of the largest run"),
        (
            lambda runs: pd.concat([runs, runs.assign(loss=runs.loss + 0.1)]),
            None,
            "104 runs share size and tokens with others and differ in loss: .*--best",
        ),
    ],
)
def test_each_cause_is_named_and_no_other(sound, change, budget, said):
    (found,) = concerns.of_runs(change(sound).reset_index(drop=True), "loss", None, budget)
    assert pd.Series([found]).str.contains(said).all(), found


def test_groups_are_counted_and_not_rows(sound):
    runs = sound.assign(run=np.repeat(["a", "b", "c", "d"], 13))
    assert concerns.of_runs(runs, "loss", "run", None)[0].startswith("4 groups by 'run'")


def test_unfinished_runs_of_a_tracker():
    frame = pd.DataFrame({"State": ["finished", "crashed", "crashed", "running"], "loss": [1, 2, 3, 4]})
    (said,) = concerns.of_table(Table("a.csv", frame, [], []))
    assert "2 crashed, 1 running" in said and "--where 'State == \"finished\"'" in said
    assert concerns.of_table(Table("a.csv", frame.assign(State="finished"), [], [])) == []


def test_a_column_of_words_by_which_residuals_differ():
    rng = np.random.default_rng(0)
    noise, words = rng.normal(size=60), np.repeat(["c4", "pile", "code"], 20)
    rates = pd.DataFrame({"lr": rng.normal(size=60)})
    assert concerns.of_residuals(noise, pd.DataFrame({"data": words}), rates) == []
    (said,) = concerns.of_residuals(noise + 2 * rates["lr"], pd.DataFrame(), rates)
    assert "goes with 'lr' (rank correlation +0." in said
    shifted = noise + 2 * (words == "code")
    (said,) = concerns.of_residuals(
        shifted, pd.DataFrame({"data": words, "id": np.arange(60).astype(str)}), rates
    )
    assert "of the variance of the residuals goes with the column 'data' ('c4', 'code', 'pile')" in said
    assert "--where 'data == \"...\"'" in said


def test_isoflop_curves_are_found_where_the_design_has_them(sound):
    found = isoflops(sound, "loss")
    assert [len(sizes) for _, sizes, _ in found.curves] == [13] * 4 and found.two_valleys == 0
    np.testing.assert_allclose([flops for flops, *_ in found.curves], [1e18, 1e19, 1e20, 1e21])
    twice = pd.concat([sound, sound.assign(loss=sound.loss + 1, flops=sound.flops * 1.05)])
    np.testing.assert_array_equal(isoflops(twice, "loss").curves[0][2], found.curves[0][2])
    assert not any(best.at_edge for best in found.optima)
    # That of the law; the curves are no parabolas, which costs a little.
    assert abs(found.exponent.exponent - 0.28 / 0.62) < 0.02
    spread = sound.assign(flops=np.geomspace(1e18, 1e23, len(sound)))
    assert isoflops(spread, "loss") is None and isoflops(sound.drop(columns="flops"), "loss") is None

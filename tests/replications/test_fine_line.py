"""The Fine Line: correlations by scipy and loops, the generic curve by numpy's least squares, names dealt by hand."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replications.fine_line import agreement, curves, forecasts, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("45_fine_line")["verdicts"]}


@pytest.fixture(scope="module")
def pythia() -> dict[str, list[pd.DataFrame]]:
    """For each series a frame a size, a row a checkpoint and a column a task."""
    return {
        name: [part.pivot_table("accuracy", "step", "task") for _, part in of.groupby("n_params")]
        for name, of in load("pythia_trajectories").groupby("series")
    }


def departures(frame: pd.DataFrame) -> pd.DataFrame:
    """What a regression on the mean z-score of the other tasks leaves of each column."""
    z = frame.apply(stats.zscore)
    left = {}
    for task in z:
        background = z.drop(columns=task).mean(axis=1).to_numpy()
        design = np.column_stack([np.ones(len(z)), background])
        left[task] = z[task] - design @ np.linalg.lstsq(design, z[task], rcond=None)[0]
    return pd.DataFrame(left)


def same_and_other(first: pd.DataFrame, second: pd.DataFrame, of=np.corrcoef) -> tuple[float, float]:
    same = [of(first[t], second[t])[0, 1] for t in first]
    other = [of(first[t], second[u])[0, 1] for t in first for u in second if t != u]
    return float(np.mean(same)), float(np.mean(other))


def test_the_same_task_beyond_the_generic_curve(pythia, kept):
    left = [departures(frame) for frame in pythia["standard"]]
    found = [np.subtract(*same_and_other(a, b)) for a, b in combinations(left, 2)]
    assert np.mean(found) == pytest.approx(kept["pythia-beyond"]["measured"])
    sizes = sorted(load("pythia_trajectories").n_params.unique())
    far = [d for d, (m, n) in zip(found, combinations(sizes, 2), strict=True) if n >= 30 * m]
    assert np.mean(far) == pytest.approx(kept["far-sizes"]["measured"])


def test_ranks_hardly_tell_rising_tasks_apart(pythia, kept):
    def spearman(x, y):
        return np.array([[1, stats.spearmanr(x, y)[0]], [0, 1]])

    rising = [frame[["ARC-e", "LAMBADA", "PIQA", "SciQ"]] for frame in pythia["standard"]]
    found = [np.subtract(*same_and_other(a, b, spearman)) for a, b in combinations(rising, 2)]
    assert np.mean(found) == pytest.approx(kept["rank-beyond"]["measured"])


def test_opts_names_dealt_by_hand(kept):
    opt = load("opt_trajectories")
    at = np.log(np.geomspace(8e9, 2.6e11, 16))
    left = []
    for _, part in opt.groupby("n_params"):
        wide = part.pivot_table("accuracy", "n_tokens", "task")
        left.append(departures(pd.DataFrame({t: np.interp(at, np.log(wide.index), wide[t]) for t in wide})))
    mean = np.zeros((6, 6))
    for a, b in permutations(left, 2):
        mean += [[np.corrcoef(a[t], b[u])[0, 1] for u in a] for t in a]
    sums = np.array([sum(mean[k, p[k]] for k in range(6)) for p in permutations(range(6))])
    assert (sums >= sums[0] - 1e-9).mean() == pytest.approx(kept["opt-chance"]["measured"])


def at_shares(part: pd.DataFrame, column: str = "accuracy") -> pd.DataFrame:
    """A model's departures at 24 shares of its training, from 1.4 % or 0.6 % on."""
    wide = part[part.progress > 0].pivot_table(column, "progress", "task")
    at = np.log(np.geomspace(part.attrs["start"], 0.98, 24))
    known = {t: wide[t].dropna() for t in wide}
    return departures(pd.DataFrame({t: np.interp(at, np.log(c.index), c) for t, c in known.items()}))


def test_olmos_names_dealt_by_hand(kept):
    left = []
    for _, part in load("olmo_trajectories").groupby("n_params"):
        part.attrs["start"] = 0.014
        left.append(at_shares(part).to_numpy())
    k, mean = left[0].shape[1], 0
    for a, b in permutations(left, 2):
        mean = mean + np.corrcoef(a, b, rowvar=False)[:k, k:]
    rng = np.random.default_rng(9)
    sums = np.array([mean[np.arange(k), rng.permutation(k)].sum() for _ in range(40_000)])
    found, chance = (sums >= np.trace(mean) - 1e-9).mean(), kept["olmo-chance"]["measured"]
    assert abs(found - chance) < 5 * np.sqrt(chance / len(sums))


def test_ambers_and_olmos_names_dealt_by_hand(kept):
    shared = ["ARC-c", "BoolQ", "HellaSwag", "MMLU", "OpenBookQA", "PIQA", "SIQA", "WinoGrande"]
    theirs = load("olmo_trajectories").query("n_params == 7e9")
    theirs = theirs.assign(task=theirs.task.str.replace(r"^MMLU.*", "MMLU", regex=True))
    ours = load("llm360_trajectories").query("model == 'Amber-7B'")
    ours = ours.assign(progress=ours.checkpoint / 356, accuracy=ours.score)
    left = []
    for part in (ours, theirs):
        part = part[part.task.isin(shared)]
        part.attrs["start"] = 0.006
        left.append(at_shares(part).to_numpy())
    agree = np.corrcoef(*left, rowvar=False)[:8, 8:]
    sums = np.array([agree[range(8), p].sum() for p in permutations(range(8))])
    assert (sums >= np.trace(agree) - 1e-9).mean() == pytest.approx(kept["cross-family"]["measured"])


def test_dealt_departures_have_chances_that_are_evenly_spread(pythia):
    frames = np.stack([frame.to_numpy().T for frame in pythia["deduped"]])
    rng = np.random.default_rng(1)
    ways = agreement.deals(9, 400, rng)[0]
    chances = worlds.chances(lambda: worlds.dealt_within(frames, rng), ways, 100)
    assert abs(chances.mean() - 0.5) < 4 / np.sqrt(12 * 100)
    assert (chances < 0.05).mean() < 0.15


def test_lines_through_the_last_two_scores():
    times = np.array([1.0, 10, 100, 1000])
    curves_ = np.log10(times)[None, None] * np.array([0.1, 0.2])[:, None, None] + np.zeros((2, 3, 1))
    errors = forecasts.errors_from_smaller(curves_, times, 1)
    assert errors["a line through its last two scores"] == pytest.approx(np.zeros((2, 2)), abs=1e-12)
    assert errors["half as steep a line"][0] == pytest.approx([0.1, 0.2])


def test_forecasts_by_loops(pythia, kept):
    errors = {"gain": [], "last": [], "own": [], "other": []}
    for small, large in combinations(pythia["standard"], 2):
        gain = small.loc[143_000] - small.loc[13_000]
        start = large.loc[:13_000]
        for task in large:
            final, here = large.loc[143_000, task], large.loc[13_000, task]
            line = stats.linregress(np.log(start.index), start[task])
            added = {
                "gain": gain[task],
                "last": 0,
                "own": line.slope * np.log(11),
                "other": gain.drop(task).mean(),
            }
            for how, more in added.items():
                errors[how].append(abs(here + more - final))
    for how in ("last", "own", "other"):
        found = np.mean(errors["gain"]) - np.mean(errors[how])
        assert found == pytest.approx(kept[f"foretell-{how}"]["measured"])


def test_the_logs_end_where_the_table_says(kept):
    table = load("llm360_trajectories").query("model == 'Amber-7B' and checkpoint == 356").set_index("task")
    for id, task in (("amber-arc", "ARC-c"), ("amber-truthfulqa", "TruthfulQA")):
        assert table.score[task] == kept[id]["measured"]


def test_a_world_of_one_curve_deceives_only_the_curves_as_they_are():
    rng = np.random.default_rng(0)
    rise = np.linspace(0, 1, 20)[None, None]
    true = 0.3 + np.array([0.4, 0.3, 0.2, 0.02, 0.01])[None, :, None] * rise + np.zeros((6, 1, 1))
    few = np.array([2000, 2000, 1000, 500, 100])
    noisy = [worlds.one_curve(rng.binomial(few[:, None], true) / few[:, None], few, rng) for _ in range(20)]
    pairs = agreement.neighbours(6)

    def apart(take):
        found = [agreement.same_less_other(agreement.across(take(w), take(w)))[pairs].mean() for w in noisy]
        return np.mean(found), np.std(found) / np.sqrt(len(found))

    assert apart(curves.standardised)[0] > 0.05
    mean, error = apart(curves.beyond_generic)
    assert abs(mean) < 0.04 + 3 * error


def test_a_line_in_the_loss_is_followed_exactly():
    loss = np.linspace(3, 2, 12)
    line, last = forecasts.errors_from_loss(np.stack([50 - 10 * loss, np.full(12, 7.0)]), loss, 8)
    assert line == pytest.approx([0, 0], abs=1e-12)
    assert last[0] > 1
    assert last[1] == 0


def test_names_dealt_in_all_ways_or_drawn():
    ways, every = agreement.deals(4, 24, np.random.default_rng(0))
    assert every
    assert sorted(map(tuple, ways)) == sorted(permutations(range(4)))
    ways, every = agreement.deals(6, 500, np.random.default_rng(0))
    assert not every
    assert (np.sort(ways, axis=1) == np.arange(6)).all()
    assert agreement.chance(np.eye(4), agreement.deals(4, 24, None)[0]) == 1 / 24


def test_domains_are_compared_by_hand():
    agree = np.arange(16.0).reshape(4, 4)
    agree += agree.T
    # Within: the pair (0, 1); the task 3 has no domain.
    across = [agree[i, j] for i, j in ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))]
    expected = agree[0, 1] - np.mean(across)
    assert agreement.within_domains(agree, np.array([0, 0, 1, -1])) == pytest.approx(expected)


def test_bad_curves_are_refused():
    table = pd.DataFrame({"n_params": [1, 1], "task": ["a", "b"], "time": [1, 2], "accuracy": [0.1, 0.2]})
    with pytest.raises(ValueError, match="every task at every time"):
        curves.pivoted(table, "time")
    with pytest.raises(ValueError, match="not evaluated over all"):
        curves.interpolated(table, "time", np.array([1.0, 3]))
    with pytest.raises(ValueError, match="no shape"):
        curves.standardised(np.ones((1, 5)))

"""Parallel streams: fits by scipy's simplex in the authors' own parameters, worths and memory by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.parallel_scaling import draws, forms, shapes, worths
from scalinglaws import fit, huber, load
from scalinglaws.claims import verdicts

DELTA = 1e-3
TEXTS = {"stack": "Stack-V2-Python", "pile": "Pile"}
#: Form -> what P streams are worth, from its last parameter; alpha is needed by the paper's own form.
WORTHS = {
    "log": lambda p, streams: 1 + p[3] * np.log(streams),
    "power": lambda p, streams: streams ** p[3],
    "rho": lambda p, streams: (p[3] + (1 - p[3]) / streams) ** (-1 / p[2]),
}
#: E, log of A over a billion, alpha, and the worth: rounded values of no paper.
STARTS = {"log": 0.4, "power": 0.3, "rho": 0.9}


def columns(runs: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(runs[name].to_numpy(float) for name in ("n_params", "streams", "loss"))


def predicted(form: str, p: np.ndarray, n_params: np.ndarray, streams: np.ndarray) -> np.ndarray:
    return p[0] + (np.exp(p[1]) * 1e9 / (n_params * WORTHS[form](p, streams))) ** p[2]


def misfit(p: np.ndarray, form: str, n_params: np.ndarray, streams: np.ndarray, loss: np.ndarray) -> float:
    """Sum of Huber losses of log residuals, times 1e5."""
    with np.errstate(all="ignore"):
        size = np.abs(np.log(predicted(form, p, n_params, streams) / loss))
    if not np.isfinite(size).all():
        return 1e9
    return 1e5 * np.where(size <= DELTA, size**2 / 2, DELTA * (size - DELTA / 2)).sum()


def fitted(form: str, runs: pd.DataFrame) -> tuple[np.ndarray, float]:
    """The least misfit that a simplex finds from three starts, begun again until it stays."""
    best, least = None, np.inf
    data = columns(runs)
    for share, alpha in ((0.55, 0.15), (0.65, 0.2), (0.7, 0.25)):
        E = share * data[2].min()
        p, value = np.array([E, np.log(data[2].max() - E) / alpha - 0.7, alpha, STARTS[form]]), np.inf
        for _ in range(8):
            options = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000}
            found = optimize.minimize(misfit, p, (form, *data), "Nelder-Mead", options=options)
            p, before, value = found.x, value, found.fun
            if before - value < 1e-9:
                break
        if value < least:
            best, least = p, value
    return best, least


def error(form: str, p: np.ndarray, held: pd.DataFrame) -> float:
    return np.abs(np.log(predicted(form, p, held.n_params, held.streams) / held.loss)).mean()


@pytest.fixture(scope="module")
def runs() -> dict[str, pd.DataFrame]:
    table = load("parscale_losses")
    return {t: table[table.train_set == name].reset_index(drop=True) for t, name in TEXTS.items()}


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("15_parallel_scaling")["verdicts"]}


@pytest.mark.parametrize("text", TEXTS)
def test_the_printed_fits_and_the_misfits_of_the_rivals(text, runs, kept):
    table = runs[text]
    (E, log_a, alpha, k), least = fitted("log", table)
    off = table.loss - predicted("log", (E, log_a, alpha, k), table.n_params, table.streams)
    found = {
        "E": E,
        "A": 1e9 * np.exp(log_a),
        "alpha": alpha,
        "k": k,
        "r2": 1 - (off**2).sum() / ((table.loss - table.loss.mean()) ** 2).sum(),
    }
    for name, value in found.items():
        assert value == pytest.approx(kept[f"{name}-{text}"]["measured"], rel=1e-4), name
    for claim, form in (("form", "power"), ("rho", "rho")):
        assert fitted(form, table)[1] / least == pytest.approx(kept[f"{claim}-{text}"]["measured"], rel=1e-4)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("claim", ["streams", "larger"])
def test_the_two_hold_outs(claim, text, runs, kept):
    table = runs[text]
    out = table.streams == 8 if claim == "streams" else table.n_params > 2e9
    off = [error(form, fitted(form, table[~out])[0], table[out]) for form in ("power", "log")]
    assert off[0] / off[1] == pytest.approx(kept[f"{claim}-{text}"]["measured"], rel=1e-3)


@pytest.mark.parametrize("text", TEXTS)
def test_worths_between_plain_runs(text, runs, kept):
    table = runs[text]
    plain, eight = (table[table.streams == s].reset_index(drop=True) for s in (1, 8))
    x, y = [], []
    for n_params, loss in zip(eight.n_params, eight.loss, strict=True):
        below = plain.index[plain.loss < loss]
        if len(below):
            high, low = plain.loc[below[0] - 1], plain.loc[below[0]]
            along = (high.loss - loss) / (high.loss - low.loss)
            x.append(np.log(n_params))
            y.append(high.n_params ** (1 - along) * low.n_params**along / n_params)
    assert len(y) == 4
    line = stats.linregress(x, y)
    for claim, value, error_of, free in (
        ("times", np.mean(y), stats.sem(y), 3),
        ("grows", line.slope, line.stderr, 2),
    ):
        low, high = value + np.array(stats.t.ppf([0.025, 0.975], free)) * error_of
        verdict = kept[f"{claim}-{text}"]
        assert (value, low, high) == pytest.approx(
            (verdict["measured"], verdict["low"], verdict["high"]), rel=1e-8
        )


def test_memory_by_hand(runs, kept):
    stack = runs["stack"].set_index(["backbone", "streams"])
    width, n_params, mlp = 1536, 1_571_472_384, 8320
    token = 36 * 2 * 2 * 96  # keys and values of two heads of 96, in 36 blocks
    plain = n_params + 151_936 * width + 480 * token + 240 * 151_936
    added = (8 * width + 1) * width + (width + 1) * 8  # two layers, with biases
    streams = n_params + added + 151_936 * width + 8 * 528 * token + 288 * 151_936
    assert 8 * mlp < 151_936
    larger = {
        size: stack.n_params[size, 1] + 151_936 * w + 480 * 36 * 4 * (w // 16) + 240 * 151_936
        for size, w in (("2.8B", 2048), ("4.4B", 2560))
    }
    high, low = stack.loss["2.8B", 1], stack.loss["4.4B", 1]
    along = (high - stack.loss["1.6B", 8]) / (high - low)
    reached = larger["2.8B"] + along * (larger["4.4B"] - larger["2.8B"])
    assert (reached - plain) / (streams - plain) == pytest.approx(kept["memory"]["measured"], rel=1e-9)


def test_shapes_are_the_only_ones_that_give_the_published_counts(runs):
    counts = runs["stack"].pivot_table("n_params", "backbone", "streams", sort=False)
    for size, row in counts.iterrows():
        found = [
            (width, mlp)
            for width in range(512, 4097, 64)
            for mlp in range(2 * width, 8 * width, 64)
            if all(shapes.n_params(width, mlp, s) == row[s] for s in row.index)
        ]
        assert found == [shapes.WIDTHS[size]]


def test_draws_keep_what_they_say(runs):
    table = runs["pile"]
    sizes = table.backbone.to_numpy()
    for rows in draws.within_sizes(table, 20, seed=3):
        assert (pd.Series(sizes[rows]).value_counts() == 4).all()
    drawn = draws.whatever_size(table, 20, seed=3)
    assert drawn.shape == (20, 24) and len({pd.Series(sizes[r]).value_counts().max() for r in drawn}) > 1


def test_losses_of_a_form_that_is_taken_as_true_are_fitted_again(runs):
    table = runs["stack"]
    true = fit(forms.power_streams, table, loss=huber(DELTA), strict=False)
    sets = draws.dealt(true, 3, seed=5)
    for made in sets:
        scatter = np.log(made / true.predict(table))
        assert np.sort(scatter) == pytest.approx(np.sort(true.residuals), abs=1e-12)
        assert not np.allclose(scatter, true.residuals)
    off = np.abs(draws.residuals(true, sets, table))
    found = 1e5 * np.where(off <= DELTA, off**2 / 2, DELTA * (off - DELTA / 2)).sum(axis=1)
    for made, least in zip(sets, found, strict=True):
        assert fitted("power", table.assign(loss=made))[1] == pytest.approx(least, rel=1e-4)


def test_residuals_of_runs_that_were_not_fitted(runs):
    table = runs["pile"]
    out = (table.streams == 8).to_numpy()
    ours = fit(forms.log_streams, table[~out].reset_index(drop=True), loss=huber(DELTA), strict=False)
    off = draws.residuals(ours, table.loss.to_numpy()[None], table, ~out)[0]
    assert np.abs(off[out]).mean() == pytest.approx(
        error("log", fitted("log", table[~out])[0], table[out]), rel=1e-3
    )


@pytest.mark.parametrize(("text", "expected"), [("stack", 2.31), ("pile", 2.42)])
def test_eight_streams_beside_two_say_less_than_a_power(text, expected, runs):
    eight, two = (worths.worth(runs[text], s).set_index("backbone").worth for s in (8, 2))
    pairs = (np.log(eight) / np.log(two)).dropna()
    reach = stats.t.ppf(0.975, len(pairs) - 1) * stats.sem(pairs)
    assert pairs.mean() == pytest.approx(expected, abs=0.01)
    assert pairs.mean() + reach < 3


def test_false_alarms_know_a_worth_that_rises(runs):
    table = runs["pile"].sort_values(["streams", "n_params"]).reset_index(drop=True)
    size, noise = table.n_params / 1e9, np.exp(np.random.default_rng(2).normal(0, 1e-5, (40, len(table))))

    def made(rise):
        return (1.2 + 0.8 * (size * (1 + 0.35 * size**rise * np.log(table.streams))) ** -0.2).to_numpy()

    level = worths.false_alarms(table, made(0.0) * noise, 1 + 0.35 * np.log(8))
    rising = worths.false_alarms(table, made(0.6) * noise, 1 + 0.35 * np.log(8))
    assert (level[0], rising[0]) == (40, 40)
    assert rising[1] == 1 and level[1] < 0.5


@pytest.mark.parametrize(("form", "own"), [(forms.log_streams, "k"), (forms.power_streams, "kappa")])
def test_stated_derivatives_are_those_of_the_form(form, own):
    n_params, streams = np.array([5e8, 2e9, 4e9, 1e9]), np.array([1.0, 2.0, 4.0, 8.0])
    at = {"E": 0.7, "B": 0.4, "alpha": 0.2, own: 0.35}

    def slope(of, name):
        return np.imag(of(n_params, streams, **at | {name: at[name] + 1e-20j})) / 1e-20

    gradient, hessian = (of(n_params, streams, **at) for of in (form.derivatives, form.curvatures))
    for name in at:
        np.testing.assert_allclose(np.broadcast_to(gradient[name], 4), slope(form, name), rtol=1e-12)
    for (one, other), bent in hessian.items():
        found = slope(lambda *x, one=one, **p: form.derivatives(*x, **p)[one], other)
        np.testing.assert_allclose(bent, found, rtol=1e-12, atol=1e-15)
    assert {frozenset(pair) for pair in hessian} == {
        frozenset(pair) for pair in [("B", "alpha"), ("B", own), ("alpha",), ("alpha", own), (own,)]
    }

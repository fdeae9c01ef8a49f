"""What replicates: its stored numbers by plain counting, its intervals by simulation, and that it is not stale."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln
from scipy.stats import beta, norm

from replications.what_replicates import failures, shares, wrong
from replications.what_replicates import kept as rows
from scalinglaws.claims import Claim, verdicts
from scalinglaws.claims.power import HALF, facing
from scalinglaws.notebooks import files, scoreboard

NAME = "90_what_replicates"
HELD = ("replicated", "replicated, wider")
ROLES = ("recomputed", "re-analysed", "independent", "live")


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """What each code cell of the notebook stores, as text: what it printed, and its table as rows of cells."""
    found = []
    for cell in files.code(files.read(files.locate(NAME))):
        parts = [output.get("text", "") for output in cell.outputs]
        for output in cell.outputs:
            for row in re.findall(r"<tr.*?</tr>", output.get("data", {}).get("text/html", ""), re.DOTALL):
                cells = re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL)
                parts.append(" | ".join(html.unescape(each) for each in cells) + "\n")
        found.append("".join(parts))
    return found


@pytest.fixture(scope="module")
def kept(repository) -> dict[str, list[dict]]:
    """Name of a notebook -> its verdicts, from the files as they lie there."""
    paths = sorted((repository / "data" / "verdicts").glob("[0-9][0-9]_*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["verdicts"] for path in paths}


@pytest.fixture(scope="module")
def papers(repository, kept) -> dict[str, str]:
    """Name of a notebook -> the first paper that it cites."""
    first = re.compile(r"arxiv\.org/abs/(\d{4}\.\d{4,5})")
    return {
        name: first.search((repository / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))[1]
        for name in kept
    }


@pytest.fixture(scope="module")
def counts(kept, papers) -> dict[str, dict[str, list[int]]]:
    """Role -> paper -> how many claims hold, and how many were tested."""
    found: dict = {role: defaultdict(lambda: [0, 0]) for role in ROLES}
    for name, mine in kept.items():
        for verdict in mine:
            if verdict["role"] in ROLES and verdict["word"] != "untestable here":
                found[verdict["role"]][papers[name]][0] += verdict["word"] in HELD
                found[verdict["role"]][papers[name]][1] += 1
    return found


def cell_with(outputs: list[str], said: str) -> str:
    """The one output that says something."""
    (found,) = [text for text in outputs if said in text]
    return found


def test_it_was_made_from_the_verdicts_that_are_kept(outputs):
    assert any(f"made from the verdicts {verdicts.stamp()}" in text for text in outputs), (
        f"notebooks/{NAME}.ipynb was made from other verdicts than those kept: scalinglaws run 90 --write"
    )


def weighed(held: np.ndarray, tested: np.ndarray, alike: float = 1.0) -> tuple[float, float]:
    """The interval by another route: shares and correlations drawn, each weighed by its likelihood."""
    rng = np.random.default_rng(9)
    share, rho = rng.random(200_000), alike * rng.random(200_000)
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)
    logs = sum(betaln(x + a, m - x + b) - betaln(a, b) for x, m in zip(held, tested, strict=True))
    order = np.argsort(share)
    below = np.cumsum(np.exp(logs - logs.max())[order])
    low, high = share[order][np.searchsorted(below / below[-1], [0.025, 0.975])]
    return float(low), float(high)


def test_words_and_shares_are_those_of_plain_counting(outputs, kept, counts):
    table = cell_with(outputs, "made from the verdicts")
    words = re.findall(r"^word \| (.*)$", table, re.MULTILINE)[0].split(" | ")
    short = cell_with(outputs, "findings hold in every clause")
    for role in (*ROLES, "arithmetic"):
        mine = [v["word"] for found in kept.values() for v in found if v["role"] == role]
        row = re.findall(rf"^{role} \| (.*)$", table, re.MULTILINE)[0].split(" | ")
        assert [*map(int, row)] == [mine.count(word) for word in words]
        if role in ROLES:
            hold, of = sum(map(mine.count, HELD)), len(mine) - mine.count("untestable here")
            told = rf"^ *{hold} of +{of} claims hold, +{mine.count('not replicated')} fail: .*\({role}\)$"
            assert re.search(told, short, re.MULTILINE), told
    rows = cell_with(outputs, "if claims were independent")
    for role in ROLES:
        held, tested = np.array([*counts[role].values()]).T
        expected = [len(held), tested.sum(), held.sum(), f"{held.sum() / tested.sum():.2f}"]
        counted = re.escape(" | ".join(map(str, [role, *expected])))
        line = rf"^{counted} \| (.*) \| (.*)$"
        by, alone = re.search(line, rows, re.MULTILINE).groups()
        assert ends(by) == pytest.approx(weighed(held, tested), abs=0.016)
        # A uniform share and independent claims give the Beta distribution.
        exact = beta.ppf([0.025, 0.975], held.sum() + 1, (tested - held).sum() + 1)
        assert ends(alone) == pytest.approx(exact, abs=0.011)


def ends(interval: str) -> list[float]:
    """The two numbers of an interval that was printed."""
    return [float(end) for end in interval.strip("[]").split(", ")]


def test_headlines_are_those_of_the_scoreboard(outputs, kept):
    table = cell_with(outputs, "would be expected")
    hold = 0
    for name, mine in kept.items():
        word = scoreboard.headline(name, mine).partition(";")[0]
        hold += word in HELD
        assert re.search(
            rf"^{name[:2]} \| [\d.]+ \| \d+ \| \d+ \| {re.escape(word)}$", table, re.MULTILINE
        ), name
    assert f"{hold} of {len(kept)} findings hold" in table


def test_every_failure_is_listed_with_where_it_lies(outputs, kept):
    table = cell_with(outputs, "signs, orders and bounds that fail")
    failing = [v for found in kept.values() for v in found if v["word"] == "not replicated"]
    failing = [v for v in failing if v["role"] in ROLES]
    places = []
    for v in failing:
        place = ""
        if v["kind"] == "value":
            low, high = (v["measured"],) * 2 if v["low"] is None else (v["low"], v["high"])
            rival = v["rival"]
            if abs(v["measured"] - v["paper"]) <= v["within"]:
                place = "near the paper, surely off"
            elif isinstance(rival, float):
                place = (
                    "with the rival" if low - v["within"] <= rival <= high + v["within"] else "with neither"
                )
            else:
                sign, edge = rival.split()
                meets = high > float(edge) if sign.startswith(">") else low < float(edge)
                place = "with the rival" if meets else "with neither"
            places.append(place)
        fragile = bool(v["fragile"])
        line = f"{v['id']} | {v['role']} | {v['kind']} | {v['evidence']} | {fragile} | {place}"
        assert re.search(re.escape(line) + "$", table, re.MULTILINE), line
    assert f"signs, orders and bounds that fail: {len(failing) - len(places)}\n" in table
    for place in {*places}:
        assert f"{places.count(place)} {place}" in table.splitlines()[1]
    against = len(failing) - len(places) + places.count("with the rival")
    assert f"{against} of {len(failing)} failures lie with what refutes" in cell_with(outputs, "every clause")


def test_words_expected_to_be_wrong_are_those_of_words_given_to_draws(outputs, kept):
    said = cell_with(outputs, "wrong words to expect")
    told = r"expect: ([\d.]+) of (\d+) if .*; ([\d.]+) or ([\d.]+) if .*;\n +([\d.]+) if"
    usual, of, half_more, twice, wide = map(float, re.search(told, said).groups())
    draws, number = norm.ppf((np.arange(200) + 0.5) / 200), 0
    totals = np.zeros(4)
    unsaid = {"statement": "s", "source": "s", "why": "w", "group": "g", "evidence": "theory", "role": "live"}
    given = ("id", "kind", "paper", "rival", "within", "tolerance", "unstable")
    for v in (v for found in kept.values() for v in found if v["role"] in ROLES and v["low"] is not None):
        half = (float(v["high"]) - float(v["low"])) / 2  # an end at infinity is kept as text
        if not 0 < half < np.inf:
            continue
        claim = Claim(**unsaid | {field: v[field] for field in given})
        ours, theirs, exact = claim.agreeing, claim.refuting, v["kind"] == "value"
        low, high = (claim.paper, claim.paper) if exact else (ours.low, ours.high)
        right, other = (low, theirs.high) if theirs.high <= low else (high, theirs.low)
        rights = (right, right - v["within"], right + v["within"]) if exact else (right,)
        for place, (times, truths) in enumerate([(1, (right,)), (1.5, (right,)), (2, (right,)), (1, rights)]):
            cases = [(truth, ("not replicated",)) for truth in truths] + [(other, HELD)]
            totals[place] += max(
                np.mean(
                    [claim.judge(m, (m - half, m + half)) in wrong for m in at + times * half / 1.96 * draws]
                )
                for at, wrong in cases
            )
        number += 1
    assert of == number
    # 200 draws count the chance of a claim to one part in 200 at each edge.
    assert [usual, half_more, twice, wide] == pytest.approx(totals, abs=number / 400 + 0.05)


@pytest.mark.parametrize(
    ("held", "tested"), [([2, 7, 5, 9, 4], [10] * 5), ([0, 0, 0], [3, 8, 1]), ([28, 17, 3], [28, 18, 3])]
)
def test_the_interval_by_paper_is_that_of_draws_weighed_by_likelihood(held, tested):
    assert shares.by_paper(held, tested) == pytest.approx(weighed(held, tested), abs=0.012)


def test_each_failure_lowers_the_interval_and_none_makes_it_jump():
    tested = np.array([28, 18, 16, 19, 3, 8])
    found = np.array([shares.by_paper(tested - [k, 0, 0, 0, 0, 0], tested) for k in range(8)])
    assert (np.diff(found, axis=0) < 0).all() and (np.diff(found, axis=0) > -0.04).all()


def test_counts_that_cannot_be_are_refused():
    for held, tested in (([], []), ([1, 0], [1, 0]), ([2, 1], [1, 1]), ([-1, 1], [1, 1])):
        with pytest.raises(ValueError, match="a claim at least"):
            shares.by_paper(held, tested)


@pytest.mark.parametrize("sizes", [(28, 18, 16, 19, 3, 8), (14, 17, 11, 4, 6, 13, 14), (1, 2, 1, 3, 2)])
@pytest.mark.parametrize(("share", "alike"), [(0.5, 0.5), (0.7, 0.2), (0.9, 0.2), (0.97, 0.2)])
def test_it_covers_where_papers_differ_and_the_usual_one_does_not(sizes, share, alike):
    by, independent = shares.coverage(sizes, share, alike, 300, np.random.default_rng(0))
    # With nearly every claim held it falls a little short, as the notebook shows.
    assert by > (0.86 if share > 0.95 else 0.91)
    assert max(sizes) < 5 or independent < by


def test_groups_of_few_papers_and_those_that_are_the_whole_role_are_left_out():
    claims = some("x.x.x.x.x", "abcabcabc", "uuuvvvuvu").assign(kind=[*"uuuvvwuvu"], evidence="e")
    found = shares.by_traits(claims, ["kind", "evidence"])
    assert [*found.index] == [("kind", "live", "u")] and found["claims"].tolist() == [5]


def some(failing: str, papers: str, kinds: str, groups: str = "", role: str = "live") -> pd.DataFrame:
    """Claims from texts of one letter each; a notebook a paper."""
    fails = [letter == "x" for letter in failing]
    columns = {"role": role, "fails": fails, "holds": ~np.array(fails), "paper": [*papers], "kind": [*kinds]}
    return pd.DataFrame(columns).assign(notebook=[*papers], group=[*(groups or papers)])


def test_correlation_is_that_of_all_pairs_one_by_one():
    claims = some("xx.x..x.x...x", "aaabbbbcccddd", "uvuvuvuvuvuvu", "pqqrrrstuuvvv")
    codes, failed = failures.coded(claims), claims.fails.to_numpy()
    for same in failures.TOGETHER:
        pairs = [
            (failed[i], failed[j])
            for i in range(len(failed))
            for j in range(len(failed))
            if i != j
            and claims[same][i] == claims[same][j]
            and (same != "paper" or claims.group[i] != claims.group[j])
        ]
        found = failures.correlation(failed, failures.pairs(codes, same))
        assert found == pytest.approx(np.corrcoef(np.array(pairs, float).T)[0, 1])
        both = failures.correlation(np.array([failed, ~failed]), failures.pairs(codes, same))
        assert both == pytest.approx(np.array([found, found]))


@pytest.mark.parametrize(
    ("failing", "groups"), [("xx..", "aabb"), ("xxx..", "aaabb"), ("x" * 5 + "." * 10, "aaaaabbccddeeff")]
)
def test_groups_that_share_their_fate_correlate_by_one_whatever_their_sizes(failing, groups):
    claims = some(failing, "z" * len(failing), groups, groups)
    for same in ("group", "kind"):
        pairs = failures.pairs(failures.coded(claims), same)
        assert failures.correlation(claims.fails.to_numpy(), pairs) == pytest.approx(1.0)
        assert np.isnan(failures.correlation(np.zeros(len(failing)), pairs))
    assert np.isnan(failures.correlation(np.array([1, 0]), failures.Pairs(np.arange(2), np.arange(2))))


def simulated(cause: str, seed: int) -> pd.DataFrame:
    """Six papers of four groups of four claims each, whose failures come by one of the columns."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(24), 4)
    claims = pd.DataFrame({"group": groups, "paper": groups // 4, "notebook": groups // 4})
    claims["kind"], claims["role"], claims["nothing"] = np.arange(96) % 3, "live", np.arange(96)
    claims["fails"] = rng.random(96) < rng.beta(0.15, 0.35, 96)[claims[cause]]
    return claims.assign(holds=~claims.fails)


@pytest.mark.parametrize("cause", ["nothing", "group", "paper"])
def test_chance_gives_as_much_one_time_in_twenty_unless_it_is_the_cause(cause):
    rng = np.random.default_rng(1)
    found = {same: [] for same in failures.TOGETHER}
    for seed in range(60):
        claims = simulated(cause, seed)
        codes, failed = failures.coded(claims), claims.fails.to_numpy()
        if failures.enough(failed):
            for same, parts in found.items():
                parts.append(failures.chance(codes, failed, same, 99, rng)[1] <= 0.05)
    shown = {same: np.mean(parts) for same, parts in found.items()}
    assert len(found["kind"]) > 40
    for same, share in shown.items():
        assert share > 0.6 if same == cause else share < 0.15, shown


def test_what_rests_on_one_notebook_does_not_last():
    one = some("x" * 8 + "." * 40 + "x", "a" * 8 + "b" * 20 + "c" * 20 + "d", "u" * 49, "p" * 8 + "q" * 41)
    several = some(("xxxx" + "." * 8) * 8, "".join(p * 12 for p in "abcdefgh"), "u" * 96, "ppppqqqqrrrr" * 8)
    several["group"] = several.paper + several.group
    rng = np.random.default_rng(2)
    assert failures.lasting(failures.coded(one), one.fails.to_numpy(), "group", 60, rng)[2] == 1.0
    correlation, part, most = failures.lasting(
        failures.coded(several), several.fails.to_numpy(), "group", 60, rng
    )
    assert correlation == pytest.approx(1.0) and part <= most <= 0.05


def test_dealing_keeps_how_many_fail_and_fills_groups_in_any_order():
    failed, groups = np.arange(30) < 12, np.repeat(np.arange(6), 5)
    filled = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        assert failures.dealt(failed, rng).sum() == 12
        again = failures.dealt(failed, rng, groups).reshape(6, 5)
        assert sorted(again.sum(axis=1)) == [0, 0, 0, 2, 5, 5]
        filled.append(again)
    # Over all deals every group and, in the group that fails in part, every place has its turn.
    assert np.any(filled, axis=0).all()
    assert {tuple(row) for each in filled for row in each if row.sum() == 2} > {
        (True, True, False, False, False)
    }


def test_a_planted_cause_is_found_and_lasts_and_nothing_is_found_where_none_was():
    claims = simulated("nothing", 3)
    found = failures.planted(claims, 8, 39, np.random.default_rng(5)).loc["live"]
    assert found.loc["paper", "paper"] > max(0.5, found.loc["paper", "kind"])
    assert found.loc["kind", "kind"] > max(0.5, found.loc["kind", "paper"])
    assert found.loc["group", "group"] > 0.9
    assert (found.loc[[*failures.TOGETHER], "beyond chance"] > 0.8).all()
    assert found.loc["nothing", "beyond chance"] < 0.2 and found.loc["nothing", "lasting"] < 0.1


def test_a_role_of_few_failures_is_left_out():
    few = some("xxxx" + "." * 20, "ab" * 12, "u" * 24)
    rng = np.random.default_rng(0)
    assert failures.together(few, 20, rng).empty and failures.planted(few, 2, 20, rng).empty
    enough = some("x" * 6 + "." * 18, "ab" * 12, "u" * 24, "pqrs" * 6)
    assert {*failures.together(enough, 20, rng).index.get_level_values("what")} == {"fails", "holds"}


UNSAID = {"id": "i", "statement": "s", "source": "s", "why": "w", "group": "g", "evidence": "theory"}
NAMED = {"within": 0.1, "tolerance": "named choice: ours", "role": "live"}


@pytest.mark.parametrize(
    ("rival", "measured", "low", "high", "place"),
    [
        (2.0, 2.0, None, None, "with the rival"),
        (2.0, 2.09, None, None, "with the rival"),
        (2.0, 1.7, 1.4, 1.95, "with the rival"),
        (2.0, 1.05, 1.02, 1.08, "near the paper, surely off"),
        (2.0, 1.5, None, None, "with neither"),
        (2.0, 0.5, 0.4, 0.6, "with neither"),
        ("> 2", 1.95, 1.9, 1.99, "with neither"),
        ("> 2", 2.3, 1.9, 2.6, "with the rival"),
    ],
)
def test_a_value_that_fails_lies_with_the_rival_near_the_paper_or_with_neither(
    rival, measured, low, high, place
):
    claim = Claim(**UNSAID, **NAMED, paper=1.0, rival=rival)
    assert claim.judge(measured, None if low is None else (low, high)) == "not replicated"
    assert failures.where(claim, measured, low, high) == place


def test_a_bound_that_fails_is_asked_nothing_since_it_lies_with_the_rival():
    claim = Claim(**UNSAID, role="live", kind="bound", paper="> 3", rival="< 2")
    assert claim.judge(1.0) == "not replicated" and failures.where(claim, 1.0, None, None) == ""


JUDGED = {
    "value": {**NAMED, "paper": 1.0, "rival": 1.5},
    "value whose tolerance nobody chose": {
        **NAMED,
        "paper": 1.0,
        "rival": 1.5,
        "tolerance": "the paper's own",
    },
    "rival below": {**NAMED, "paper": 1.0, "rival": 0.3},
    "rival near": {**NAMED, "paper": 1.0, "rival": 1.25},
    "a region for a rival": {**NAMED, "paper": 1.0, "rival": "> 1.3"},
    "bound": {"role": "live", "kind": "bound", "paper": "> 4", "rival": "< 3.5"},
    "bounds that meet": {"role": "live", "kind": "bound", "paper": "> 4", "rival": "< 4"},
    "bound on both sides": {"role": "live", "kind": "bound", "paper": "4..5", "rival": "> 5.4"},
    "sign": {"role": "live", "kind": "sign", "paper": "-"},
    "order": {**NAMED, "kind": "order", "paper": "a > b"},
}


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("half", [0.08, 0.3, 1.0])
def test_the_chance_of_a_word_is_that_of_words_given_to_draws(name, half):
    claim = Claim(**UNSAID, **JUDGED[name])
    draws = half / HALF * np.random.default_rng(1).standard_normal(4000)
    for truth, words, error in (
        (facing(claim)[0], ("not replicated",), 1.0),
        (facing(claim)[1], HELD, 1.0),
        (facing(claim)[0] + 0.1, ("inconclusive",), 2.0),
    ):
        share = np.mean([claim.judge(m, (m - half, m + half)) in words for m in truth + error * draws])
        assert wrong.chance(claim, half, truth, words, error) == pytest.approx(share, abs=0.015)


def test_one_interval_in_twenty_fails_a_paper_that_is_right_and_one_in_forty_a_sign():
    exact = wrong.words(Claim(**UNSAID, **NAMED, paper=1.0, rival=9.0), 0.9, 1.1)
    assert (exact["paper"], exact["rival"]) == pytest.approx((0.05, 0.0), abs=1e-9)
    # At an end of the tolerance half the intervals or more miss the paper's value: 0.1 is their half width.
    assert exact["tolerance"] == pytest.approx(0.5, abs=1e-4) and exact["2"] > exact["1.5"] > exact["either"]
    sign = wrong.words(Claim(**UNSAID, role="live", kind="sign", paper="+"), 0.1, 0.9)
    assert (sign["paper"], sign["rival"], sign["tolerance"]) == pytest.approx((0.025,) * 3, abs=1e-9)


@pytest.mark.parametrize("interval", [(0.0, np.inf), (1.0, 1.0)])
def test_without_a_width_no_chance_is_known(interval):
    assert wrong.words(Claim(**UNSAID, **NAMED, paper=1.0, rival=2.0), *interval) is None


def test_power_is_not_known_where_a_bound_begins_where_its_rival_ends():
    claims = rows.claims()
    # An edge met exactly would have 0.025; an interval a million times as wide as the distance has hardly more.
    assert claims.power.dropna().min() > 0.025 + 1e-9 and claims.power.count() > 20

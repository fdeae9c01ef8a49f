"""What replicates: its stored numbers by plain counting, its intervals by simulation, and that it is not stale."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import betainc
from scipy.stats import norm

from replications.what_replicates import failures, shares
from scalinglaws.claims import Claim, Region, verdicts
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


def test_words_and_shares_are_those_of_plain_counting(outputs, kept, counts):
    table = cell_with(outputs, "made from the verdicts")
    words = re.findall(r"^word \| (.*)$", table, re.MULTILINE)[0].split(" | ")
    for role in (*ROLES, "arithmetic"):
        mine = [v["word"] for found in kept.values() for v in found if v["role"] == role]
        row = re.findall(rf"^{role} \| (.*)$", table, re.MULTILINE)[0].split(" | ")
        assert [*map(int, row)] == [mine.count(word) for word in words]
    rows = cell_with(outputs, "if claims were independent").splitlines()
    for role in ROLES:
        held, tested = np.array([*counts[role].values()]).T
        low, high = shares.by_paper(held, tested)
        expected = [len(held), tested.sum(), held.sum(), f"{held.sum() / tested.sum():.2f}"]
        line = f"{role} | {' | '.join(map(str, expected))} | [{low:.2f}, {high:.2f}] | "
        assert any(row.startswith(line) for row in rows), line


def test_headlines_are_those_of_the_scoreboard(outputs, kept):
    table = cell_with(outputs, "if the named claims held independently")
    hold = 0
    for name, mine in kept.items():
        word = scoreboard.headline(name, mine).partition(";")[0]
        hold += word in HELD
        assert re.search(
            rf"^{name[:2]} \| [\d.]+ \| \d+ \| \d+ \| {re.escape(word)}$", table, re.MULTILINE
        ), name
    assert re.search(rf"findings +\d+ +{len(kept)} +{hold} +{hold / len(kept):.2f}", table)


def test_every_failure_is_listed_with_its_trait(outputs, kept):
    table = cell_with(outputs, "known before | where")
    failing = [v for found in kept.values() for v in found if v["word"] == "not replicated"]
    failing = [v for v in failing if v["role"] in ROLES]
    assert len(re.findall(r" \| (?:with|near) [^|\n]+$", table, re.MULTILINE)) == len(failing)
    for v in failing:
        tolerance = v["tolerance"].partition(":")[0] or "a region"
        line = f"{v['id']} | {v['role']} | {v['kind']} | {v['evidence']} | {tolerance} | "
        assert line in table, line


def test_words_expected_to_be_wrong_are_those_of_words_given_to_draws(outputs, kept):
    said = cell_with(outputs, "words expected to be wrong")
    most, of = re.search(r"at most ([\d.]+) of (\d+)", said).groups()
    draws, total, number = norm.ppf((np.arange(400) + 0.5) / 400), 0.0, 0
    unsaid = {"statement": "s", "source": "s", "why": "w", "group": "g", "evidence": "theory", "role": "live"}
    for v in (v for found in kept.values() for v in found if v["role"] in ROLES and v["low"] is not None):
        half = (v["high"] - v["low"]) / 2
        if not 0 < half < np.inf:
            continue
        claim = Claim(
            **unsaid | {f: v[f] for f in ("id", "kind", "paper", "rival", "within", "tolerance", "unstable")}
        )
        ours, theirs = claim.agreeing, claim.refuting
        low, high = (claim.paper, claim.paper) if v["kind"] == "value" else (ours.low, ours.high)
        right, wrong = (low, theirs.high) if theirs.high <= low else (high, theirs.low)
        chances = [
            np.mean([claim.judge(m, (m - half, m + half)) in words for m in truth + half / 1.96 * draws])
            for truth, words in ((right, ("not replicated",)), (wrong, HELD))
        ]
        total, number = total + max(chances), number + 1
    assert int(of) == number
    # 400 draws count the chance of a claim to one part in 400 at each edge.
    assert float(most) == pytest.approx(total, abs=number / 400 + 0.05)


def test_the_interval_of_papers_of_equal_size_is_that_of_their_mean():
    held = np.array([2, 7, 5, 9, 4])
    of_mean = np.var(held / 10, ddof=1) / 5
    n = shares.effective(held, np.full(5, 10))
    assert n == pytest.approx(0.54 * 0.46 / of_mean * (2.0095752344892093 / 2.7764451051977987) ** 2)
    low, high = shares.by_paper(held, np.full(5, 10))
    # The ends are where the tails of the binomial, as integrals of the Beta, are 2.5 %.
    assert low == pytest.approx(brentq(lambda p: betainc(n * 0.54, n * 0.46 + 1, p) - 0.025, 1e-9, 1))
    assert high == pytest.approx(brentq(lambda p: betainc(n * 0.54 + 1, n * 0.46, p) - 0.975, 0, 1 - 1e-9))


@pytest.mark.parametrize(("held", "low"), [([28, 18, 10], 0.025 ** (1 / 3)), ([3, 3], 0.025**0.5)])
def test_where_every_claim_holds_a_paper_is_a_trial(held, low):
    assert shares.by_paper(held, held) == pytest.approx((low, 1.0))
    assert shares.by_paper(np.zeros(len(held)), held) == pytest.approx((0.0, 1 - low))


def test_one_paper_has_no_interval_and_counts_that_cannot_be_are_refused():
    assert np.isnan(shares.by_paper([3], [4])).all()
    for held, tested in (([], []), ([1, 0], [1, 0]), ([2, 1], [1, 1]), ([-1, 1], [1, 1])):
        with pytest.raises(ValueError, match="a claim at least"):
            shares.by_paper(held, tested)


@pytest.mark.parametrize("sizes", [(28, 18, 16, 19, 3, 8), (14, 17, 11, 4, 6, 13, 14), (5, 2, 26, 6, 2, 16)])
@pytest.mark.parametrize(("share", "alike"), [(0.6, 0.1), (0.6, 0.3), (0.9, 0.2)])
def test_it_covers_where_papers_differ_and_the_usual_ones_do_not(sizes, share, alike):
    found = shares.coverage(sizes, share, alike, 400, np.random.default_rng(0))
    assert found["by paper"] > 0.90, found
    assert found["papers resampled"] < 0.92 and found["claims independent"] < 0.88, found
    assert found["by paper"] > max(found["papers resampled"], found["claims independent"]) + 0.03


def some(failing: str, papers: str, kinds: str, role: str = "live") -> pd.DataFrame:
    """Claims from texts of one letter each."""
    fails = [letter == "x" for letter in failing]
    columns = {"role": role, "fails": fails, "holds": ~np.array(fails), "paper": [*papers], "kind": [*kinds]}
    return pd.DataFrame(columns)


def test_correlation_is_that_of_all_pairs():
    claims = some("xx.x..x.x...x", "aaabbbbcccddd", "uvuvuvuvuvuvu")
    off = claims.fails.to_numpy() - claims.fails.mean()
    for by in ("paper", "kind"):
        pairs = [
            off[i] * off[j]
            for i in range(len(off))
            for j in range(len(off))
            if i != j and claims[by][i] == claims[by][j]
        ]
        found = failures.correlation(claims.fails.to_numpy(), claims[by].to_numpy(str))
        assert found == pytest.approx(np.mean(pairs) / np.mean(off**2))
    assert failures.correlation(np.array([1, 1, 0, 0]), np.array([*"aabb"])) == pytest.approx(1.0)
    assert np.isnan(failures.correlation(np.zeros(4), np.array([*"aabb"])))
    assert np.isnan(failures.correlation(np.array([1, 0]), np.array([*"ab"])))


def simulated() -> pd.DataFrame:
    """Two roles of six papers with ten claims each, whose failures come by paper; kinds go round."""
    rng = np.random.default_rng(3)
    parts = []
    for role in ("recomputed", "independent"):
        fails = rng.random((6, 10)) < rng.beta(0.4, 0.6, (6, 1))
        text = "".join("x" if each else "." for each in fails.ravel())
        parts.append(some(text, "".join(p * 10 for p in "abcdef"), "uvwuvwuvwu" * 6, role))
    return pd.concat(parts, ignore_index=True)


def test_failures_that_come_by_paper_are_found_and_vanish_when_words_are_dealt_out():
    claims, rng = simulated(), np.random.default_rng(4)
    found = failures.correlations(claims, ["paper", "kind"], 300, rng)
    apart = (found.correlation > found.high) | (found.correlation < found.low)
    assert apart.xs("paper", level="same").all() and not apart.xs("kind", level="same").any()
    strayed = []
    for _ in range(40):
        again = failures.correlations(failures.dealt(claims, rng), ["paper", "kind"], 60, rng)
        strayed += [*(again.correlation > again.high) | (again.correlation < again.low)]
    assert 0.0 < np.mean(strayed) < 0.13


def test_dealing_keeps_what_each_role_has_and_a_planted_cause_is_found():
    claims, rng = simulated(), np.random.default_rng(5)
    for by in ("", "paper", "kind"):
        dealt = failures.dealt(claims, rng, by)
        assert dealt.groupby("role").fails.sum().equals(claims.groupby("role").fails.sum())
        assert not (dealt.fails & dealt.holds).any() and len(dealt) == len(claims)
        same = ["role", "paper", "kind"]
        assert dealt[same].value_counts().to_dict() == claims[same].value_counts().to_dict()
        if by:
            found = failures.correlations(dealt, [by], 200, rng)
            assert (found.correlation > found.high).all() and (found.correlation > 0.3).all()


def test_a_role_of_few_failures_and_groups_that_tell_nothing_are_left_out():
    few = some("xxxx" + "." * 20, "ab" * 12, "u" * 24)
    assert failures.correlations(few, ["paper"], 50, np.random.default_rng(0)).empty
    enough = some("x" * 6 + "." * 18, "ab" * 12, "u" * 24)
    found = failures.correlations(enough, ["paper", "kind"], 50, np.random.default_rng(0))
    assert [*found.index] == [("live", "paper")]


@pytest.mark.parametrize(
    ("measured", "low", "high", "place"),
    [
        (2.0, None, None, "with the rival"),
        (1.7, 1.4, 2.1, "with the rival"),
        (1.05, 1.02, 1.08, "near the paper, surely off"),
        (1.5, None, None, "with neither"),
        (0.5, 0.4, 0.6, "with neither"),
    ],
)
def test_a_failure_lies_with_the_rival_near_the_paper_or_with_neither(measured, low, high, place):
    class OneOrTwo:
        agreeing, refuting = Region(0.9, 1.1), Region(2.0, 2.0)

    assert failures.where(OneOrTwo, measured, low, high) == place

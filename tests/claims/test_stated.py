"""Claims files: what they state, and every way in which one is refused."""

from __future__ import annotations

import pytest

from scalinglaws import repository
from scalinglaws.claims import Claim, ClaimError, Mutation, stated
from scalinglaws.claims.stated import parsed

from .made import ROUNDED, SAID, Raw, claim, mutation, read, value


def test_a_file_is_read_in_its_order():
    found = read(
        claim("x"),
        claim("y", kind="order", paper="a > b", rival=None, within=0, tolerance=""),
        claim("z", untestable="no data"),
        claim("w", unstable="seeds 1 and 2"),
        mutation("x", "y"),
        mutation("y", name="mirrored", table=None, target="slope"),
        finding="One is one [x, y], and more [z].",
    )
    assert found.claims[0] == value()
    assert [c.id for c in found.claims] == ["x", "y", "z", "w"]
    assert type(found.claims[1].within) is float
    assert found.mutations == (
        Mutation("shuffled", ("x", "y"), table="t"),
        Mutation("mirrored", ("y",), target="slope"),
    )
    assert found.sentence == "One is one, and more."


ONE = claim(), mutation("x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("finding = ", "file is no TOML"),
        ("claims = []", r"unknown keys \['claims'\]"),
        ("", "say its finding"),
        ("finding = 3", "say its finding"),
        ("finding = 'f'\nclaim = 3", r"write each claim under \[\[claim\]\]"),
        ("finding = 'f'\n[claim]\nid = 'x'", r"write each claim under \[\[claim\]\]"),
        ("finding = 'f'\n[mutation]\nname = 'x'", r"write each mutation under \[\[mutation\]\]"),
        ("finding = 'f'\nclaim = ['x']", r"a claim is 'x', not a table"),
    ],
)
def test_a_file_that_is_none_is_refused(text, says):
    with pytest.raises(ClaimError, match=says):
        parsed(text, "file")


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ((claim(colour="red"), mutation("x")), r"claim 'x' has unknown fields \['colour'\]"),
        ((claim(), mutation("x", edit="t")), r"mutation 'shuffled' has unknown fields \['edit'\]"),
        *(((claim(**{name: None}), mutation("x")), f"claim 'x' lacks {name}") for name in SAID),
        ((claim(paper=None), mutation("x")), "claim 'x' lacks paper"),
        ((claim(id=None), mutation("x")), r"claim '\?' lacks id"),
        ((claim(), mutation("x", name=None)), r"mutation '\?' lacks name"),
        ((claim(), mutation("x", changes=None)), "mutation 'shuffled' lacks changes"),
        ((claim(rival=True), mutation("x")), "true stands where a number or a text belongs"),
        ((claim(within=False), mutation("x")), "false stands where"),
        ((claim(paper="one"), mutation("x")), "the paper's value is a number, not 'one'"),
        ((claim(within="0.1"), mutation("x")), "claim 'x': within cannot be '0.1'; write float"),
        ((claim(id=3), mutation("x")), "id cannot be 3.0; write str"),
        ((claim(paper=["1"]), mutation("x")), r"paper cannot be \('1',\)"),
        ((claim(source=Raw("2026-11-28")), mutation("x")), "source cannot be datetime.date"),
        ((claim(), mutation(1)), "changes cannot be"),
        ((claim(), mutation(changes="x")), "changes cannot be 'x'"),
        *(
            ((claim(paper=Raw(bad)), mutation("x")), "a number, not inf or nan")
            for bad in ("nan", "inf", "-inf")
        ),
        ((claim(tolerance=None), mutation("x")), "say what its tolerance is made of"),
        ((claim(tolerance=""), mutation("x")), "say what its tolerance is made of"),
        ((claim(), claim(), mutation("x")), r"stated twice: \['x'\]"),
        ((claim(), mutation("x", "y")), r"mutations name no testable claim: \['y'\]"),
        ((claim(), claim("y", untestable="no data"), mutation("x", "y")), r"no testable claim: \['y'\]"),
        ((claim(), claim("y", unstable="seeds"), mutation("x", "y")), r"no testable claim: \['y'\]"),
        ((claim(), claim("y"), mutation("x")), r"no mutation makes these claims fail: \['y'\]"),
        ((claim(),), r"no mutation makes these claims fail: \['x'\]"),
        ((claim(), mutation()), "name the claims it changes"),
        ((claim(), mutation("x", table=None)), "either a table or a target"),
    ],
)
def test_what_makes_no_sense_is_refused(parts, says):
    with pytest.raises(ClaimError, match=f"^file: .*{says}"):
        read(*parts)


@pytest.mark.parametrize(
    ("finding", "says"),
    [
        ("One is one.", "the finding names no claim"),
        ("One is one [].", "not stated"),
        ("One is one [x, y].", r"not stated: \['y'\]"),
        ("One is one [x], two is two [y].", r"not stated: \['y'\]"),
    ],
)
def test_each_clause_of_a_finding_names_claims(finding, says):
    with pytest.raises(ClaimError, match=says):
        read(*ONE, finding=finding)


@pytest.mark.parametrize(
    ("paper", "within", "tolerance"),
    [
        ("0.34731", 5e-6, ROUNDED),
        ("0.50", 0.005, ROUNDED),
        ("0.5", 0.05, ROUNDED),
        ("2085.43", 0.005, ROUNDED),
        ("70", 0.5, ROUNDED),
        ("1.2e9", 5e7, ROUNDED),
        ("-0.03", 0.005, ROUNDED),
        ("0.007", 0.001, "printed rounding of 2 numbers"),
        ("0.50", 0.015, "printed rounding of 3 numbers"),
    ],
)
def test_rounding_is_half_a_unit_of_the_last_digit_and_no_more(paper, within, tolerance):
    fields = {"rival": 1e12, "tolerance": tolerance, "paper": Raw(paper)}
    assert read(claim(within=within, **fields), mutation("x")).claims[0].within == within
    for wider in (1.001 * within, 2 * within, 10 * within):
        with pytest.raises(
            ClaimError, match=f"more than half a unit of the last digit of {paper.upper()[:1]}"
        ):
            read(claim(within=wider, **fields), mutation("x"))


@pytest.mark.parametrize(
    "more", [" and a bit", " of some numbers", ", as we read it", " of 2.5 numbers", "s"]
)
def test_a_rounding_that_says_more_cannot_escape_the_digits(more):
    with pytest.raises(ClaimError, match="so that it can be held against the digits"):
        read(claim(within=0.5, tolerance=ROUNDED + more), mutation("x"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "claims").mkdir()
    monkeypatch.setattr(repository, "data_folder", lambda: tmp_path)
    return tmp_path / "claims"


def test_a_notebook_without_a_file_a_torn_one_and_a_good_one(folder):
    with pytest.raises(
        ClaimError, match=r"00_test has no claims file; state its claims in data/claims/00_test.toml"
    ):
        stated("00_test")
    path = folder / "00_test.toml"
    path.write_bytes(b"finding = '\xff'")
    with pytest.raises(ClaimError, match=r"data/claims/00_test.toml is no text in UTF-8"):
        stated("00_test")
    path.write_text("[[claim")
    with pytest.raises(ClaimError, match=r"data/claims/00_test.toml is no TOML"):
        stated("00_test")
    path.write_text("\n".join(["finding = 'One is one [x].'", *ONE]))
    assert stated("00_test").claims == (Claim(**vars(value())),)

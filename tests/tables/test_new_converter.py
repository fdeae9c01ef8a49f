"""A new converter: refused until it is filled in, and then a table that is verified like any other."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pandas as pd
import pytest

from scalinglaws.tables import loading, new_converter, upstream
from scalinglaws.text import FILL

UPSTREAM = "params,n_tokens,loss,other\n1e8,1e9,3.5,x\n2e8,2e9,3.25,y\n"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A mirror folder with the file of a publication; its hash."""
    path = tmp_path / "mirror" / "some_runs" / "runs.csv"
    path.parent.mkdir(parents=True)
    path.write_text(UPSTREAM)
    monkeypatch.setenv(upstream.MIRROR_VARIABLE, str(tmp_path / "mirror"))
    return hashlib.sha256(UPSTREAM.encode()).hexdigest()


def test_from_the_template_to_a_verified_table(empty_repository, command, published):
    status, said = command("data", "new", "some_runs")
    assert status == 0 and said.startswith("wrote data/convert/some_runs.py: fill in ")
    assert "then 'scalinglaws data rebuild some_runs'" in said
    path = empty_repository / "data/convert/some_runs.py"
    status, said = command("data", "rebuild", "some_runs")
    assert status == 1 and f"{path} is not filled in yet: line 1, 8, 9, " in said
    text = path.read_text()
    for ask, answer in {
        "path of the file in that repository": "runs.csv",
        "what sha256sum says of the file": published,
        "path of the file in the folder that SCALINGLAWS_MIRROR names": "runs.csv",
        "their name": "params",
    }.items():
        assert f"{FILL}: {ask}" in text
        text = text.replace(f"{FILL}: {ask}", answer)
    path.write_text(text.replace(f"{FILL}: ", ""))
    status, said = command("data", "rebuild", "some_runs")
    assert (status, said) == (0, "some_runs: 2 rows\n")
    status, said = command("data", "verify", "--upstream")
    assert status == 0 and "1 of 1 published one comes out of upstream again" in said
    expected = pd.DataFrame({"n_params": [1e8, 2e8], "n_tokens": [1e9, 2e9], "loss": [3.5, 3.25]})
    pd.testing.assert_frame_equal(loading.load("some_runs"), expected, check_dtype=False)


@pytest.mark.parametrize("slug", ["", "Runs", "../runs", "10_runs", "a-b", "a__b", "a_", "runs.py", "lüge"])
def test_a_slug_is_small_letters(empty_repository, command, slug):
    status, said = command("data", "new", slug)
    assert status == 1 and said == f"error: name a table in small letters, as in paper_what, not {slug!r}\n"
    assert not list((empty_repository / "data").rglob("*.py"))


def test_what_is_there_is_never_overwritten(copy_of_data, command):
    known = {folder.parent.name: slug for slug, folder in loading.folders().items()}
    assert known.keys() == {"published", "runs"}
    for slug in known.values():
        status, said = command("data", "new", slug)
        assert status == 1 and said == f"error: there is a table or a converter {slug!r} already\n"
    new_converter.start("fresh")
    with pytest.raises(loading.TableError, match="already"):
        new_converter.start("fresh")


def test_the_template_has_the_style_of_the_repository(tmp_path, repository):
    path = tmp_path / "some_runs.py"
    path.write_text(new_converter.TEMPLATE.replace("SLUG", "some_runs"))
    for words in (("format", "--check"), ("check",)):
        subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--config", repository / "pyproject.toml", path],
            check=True,
        )

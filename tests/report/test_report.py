"""The report on the Chinchilla points: its numbers are those of notebook 10, it holds all it shows, and it is quick."""

from __future__ import annotations

import html
import json
import re
import resource

import numpy as np
import pytest

from scalinglaws import Fit, bootstrap, size_exponent
from scalinglaws.report.intervals import Intervals

#: Leaves out the five highest losses, as notebook 10 does.
WHERE = "loss < 3.42"
CHINCHILLA = 6 * 70e9 * 1.4e12
#: CPU seconds that the command may take, report included.
MOST_SECONDS = 10.0


@pytest.fixture(scope="module")
def kept(repository) -> dict[str, dict]:
    """The verdicts of notebook 10, by claim."""
    text = (repository / "data/verdicts/10_chinchilla_third_approach.json").read_text(encoding="utf-8")
    return {verdict["id"]: verdict for verdict in json.loads(text)["verdicts"]}


@pytest.fixture(scope="module")
def report(repository, tmp_path_factory):
    """What the command wrote and said, and the CPU seconds it took."""
    import os
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("report")
    words = ["fit", str(repository / "data/published/chinchilla_fig4/table.csv"), "--loss", "huber:1e-3"]
    words += ["--where", WHERE, "--budget", f"{CHINCHILLA}", "--out", str(folder / "report")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "scalinglaws.cli.main", *words],
        capture_output=True,
        text=True,
        timeout=500,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr

    class Report:
        seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        said, asides, place = done.stdout, done.stderr, folder / "report"
        page = (place / "report.html").read_text(encoding="utf-8")
        fit = Fit.load(place / "fit.json")

    return Report


def test_it_is_quick_and_leaves_two_files(report):
    assert sorted(path.name for path in report.place.iterdir()) == ["fit.json", "report.html"]
    assert report.seconds <= MOST_SECONDS


def test_its_numbers_are_those_of_notebook_10(report, kept):
    for name in ("E", "A", "B", "alpha", "beta"):
        assert report.fit[name] == pytest.approx(kept[f"grid-{name}"]["measured"], rel=1e-6)
    ratio = report.fit.optimum(CHINCHILLA).tokens_per_param
    assert ratio == pytest.approx(kept["ratio"]["measured"], rel=1e-6)
    assert "17.9 (95 % interval" in report.said
    # The intervals are of other resamples of the same runs.
    low, high = map(
        float, re.search(r"tokens, 17\.9 \(95 % interval ([\d.]+) to ([\d.]+)\)", report.said).groups()
    )
    assert abs(np.log(low / kept["ratio"]["low"])) < 0.15 and abs(np.log(high / kept["ratio"]["high"])) < 0.15
    low, high = map(
        float, re.search(r"power 0\.514 \(95 % interval ([\d.]+) to ([\d.]+)\)", report.said).groups()
    )
    assert abs(low - kept["a"]["low"]) < 0.006 and abs(high - kept["a"]["high"]) < 0.006


def test_what_is_said_in_the_terminal_stands_in_the_page(report):
    text = html.unescape(report.page)
    *sentences, where = report.said.splitlines()
    assert len(sentences) == 7 and all(sentence in text for sentence in sentences)
    assert "report.html" in where
    assert "left out on request: 5 rows, not loss < 3.42" in report.asides
    assert "5 rows left out on request (not loss < 3.42): line 2, line 3, line 4, line 5, line 6." in text
    assert "n_tokens = flops / (6 * n_params), by the convention C = 6ND" in report.asides
    assert f"{report.fit.proof}" in text and "percentiles of 1000 bootstrap resamples of 240 runs" in text
    assert "8.8" not in report.asides and "Traceback" not in report.asides


def test_the_page_holds_all_it_shows_and_says_it_in_words(report):
    images = re.findall(r"<img [^>]*>", report.page)
    assert len(images) == 6, "the law, five figures"
    for image in images:
        assert (
            re.search(r'src="data:image/png;base64,', image)
            and len(re.search(r'alt="([^"]+)"', image)[1]) > 20
        )
    assert (
        not re.search(r"""(?:src|href)=["'](?!data:image|#)""", report.page) and "<script" not in report.page
    )
    assert "default-src 'none'" in report.page and "url(" not in report.page
    anchors = re.findall(r'href="#([^"]+)"', report.page)
    assert len(anchors) == 12 and all(f'<h2 id="{anchor}">' in report.page for anchor in anchors)
    assert len(report.page) < 1_500_000
    assert "@media print" in report.page and '<meta name="viewport"' in report.page
    assert "to be filled in: is the training code open" in report.page


def test_it_says_how_it_was_asked_for_and_nothing_of_this_machine(report, repository, tmp_path):
    assert (
        "scalinglaws fit table.csv --loss huber:1e-3 --where 'loss < 3.42' --budget 5.88e23 --out report"
        in (html.unescape(report.page))
    )
    assert str(repository) not in report.page and str(tmp_path.parent) not in report.page


def test_resamples_made_in_steps_are_those_made_at_once(found):
    told = []
    sure = Intervals(found, resamples=130, seed=3, told=told.append)
    whole = bootstrap(found, 130, seed=3)
    np.testing.assert_allclose(sure.drawn.samples, whole.samples, rtol=1e-6)
    assert told == [100, 130] and sure.drawn.failed == whole.failed
    estimate = sure.of(size_exponent)
    assert (estimate.low, estimate.high) == pytest.approx(whole.interval(size_exponent), rel=1e-6)
    assert estimate.how == "percentiles of 130 bootstrap resamples of 240 runs"

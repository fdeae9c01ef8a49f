"""The core of the library: it fits, resamples, loads and sweeps where nothing but numpy, scipy and pandas is installed."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scalinglaws.errors import EXTRAS

#: No module of these can be imported; processes that are started find the same.
BLOCKED = """
import sys

LACKING = {lacking!r}


class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LACKING:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Lacking())
"""
FITS = """
import sys

import scalinglaws as sl
from scalinglaws.laws import chinchilla, power_law

runs = sl.load("chinchilla_fig4")
runs["n_tokens"] = runs.flops / (6 * runs.n_params)
found = sl.fit(chinchilla, runs, loss=sl.huber(1e-3))
assert found.status.name == "CONVERGED", found.status
drawn = sl.bootstrap(found, 40, seed=0)
low, high = drawn.interval("alpha")
assert low < found.params["alpha"] < high
assert 0.4 < sl.size_exponent(found.params) < 0.6
best = sl.compute_optimal(found.params, 1e21)
assert best.n_params > 1e8
small = sl.fit(power_law, {"x": [1.0, 2.0, 4.0, 8.0, 16.0], "loss": [3.0, 2.5, 2.1, 1.76, 1.47]})
assert sl.profile(small, "alpha")[0] < small.params["alpha"]
assert "rows" in sl.provenance(runs)
assert "<table>" in small._repr_html_() and "tabular" in small.to_latex()
try:
    small.plot()
except sl.FitError as error:
    assert str(error) == "matplotlib is not installed: run pip install 'scalinglaws[report]'"
else:
    raise AssertionError("drew without matplotlib")
# It takes as long to import as all the rest; what is needed of it is in scipy.special.
assert "scipy.stats" not in sys.modules
"""
SWEEPS = """
from scalinglaws.sweeps.sweep import sweep
import study

if __name__ == "__main__":
    table = sweep(study.run, [{"x": x} for x in range(6)], store="store.sqlite", workers=2)
    assert table["y"].tolist() == [x * x for x in range(6)] and (table["run_status"] == "done").all()
"""


@pytest.fixture
def light(tmp_path):
    """Run Python where the extras are not installed."""
    blocked = {*EXTRAS, "jupyterlab", "jupyter_core", "jupyter_server", "tokenizers", "dask", "traitlets"}
    (tmp_path / "sitecustomize.py").write_text(BLOCKED.format(lacking=blocked))
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return call


def test_what_is_taken_away_is_away(light):
    done = light("-c", "import torch")
    assert done.returncode == 1 and "No module named 'torch'" in done.stderr


def test_it_fits_resamples_profiles_and_loads(light):
    done = light("-c", FITS)
    assert done.returncode == 0, done.stderr


def test_it_sweeps_over_processes(light, tmp_path):
    (tmp_path / "study.py").write_text("def run(x):\n    return {'y': x * x}\n")
    (tmp_path / "main.py").write_text(SWEEPS)
    done = light("main.py")
    assert done.returncode == 0, done.stderr


def test_the_command_helps_and_lists_and_says_which_extra_it_needs(light):
    for words in (
        ("--help",),
        ("--version",),
        ("list",),
        ("data", "list"),
        ("laws",),
        ("data", "verify", "chinchilla_fig4"),
    ):
        done = light("-m", "scalinglaws.cli.main", *words)
        assert done.returncode == 0, done.stderr
    for words in (("run", "10"), ("lint", "10"), ("mutate", "10"), ("new", "99_thing")):
        done = light("-m", "scalinglaws.cli.main", *words)
        assert done.returncode == 1
        assert re.fullmatch(
            r"error: \w+ is not installed: run pip install 'scalinglaws\[notebooks\]'\n", done.stderr
        )
    done = light("-m", "scalinglaws.cli.main", "fit", "runs.csv")
    assert (done.returncode, done.stderr) == (
        1, "error: matplotlib is not installed: run pip install 'scalinglaws[report]'\n",
    )  # fmt: skip
    done = light("-m", "replications.width_transfer", "--scale", "ci")
    assert (done.returncode, done.stderr) == (
        1, "error: torch is not installed: run pip install 'scalinglaws[train]'\n",
    )  # fmt: skip


def test_each_extra_brings_what_is_said_of_it():
    """What a command says to install must bring what it lacks."""
    project = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]
    extras = {
        name: {re.match(r"[\w.-]+", one)[0].lower() for one in wanted}
        for name, wanted in project["optional-dependencies"].items()
    }
    brought_by = importlib.metadata.packages_distributions()
    # IPython and the client of Jupyter come with the kernel.
    with_the_kernel = {"ipython", "jupyter-client"}
    for module, extra in EXTRAS.items():
        if module not in brought_by:  # the core alone is installed
            continue
        names = {name.lower().replace("_", "-") for name in brought_by[module]}
        assert names & (extras[extra] | with_the_kernel), (module, extra)
    core = {re.match(r"[\w.-]+", one)[0] for one in project["dependencies"]}
    assert core == {"numpy", "pandas", "rich", "scipy", "typer"}

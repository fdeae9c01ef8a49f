"""What several test files share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_notebook import STATED, small

from scalinglaws.notebooks import files
from scalinglaws.repository import data_folder

# A job in the background, or under nohup, is started with these ignored, and so would be all that it starts.
for signum, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(signum) is signal.SIG_IGN:
        signal.signal(signum, handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def cli():
    """Call the command line in a process of its own."""

    def call(*words: str, timeout: float = 120, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "scalinglaws.cli.main", *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=os.environ | {"COLUMNS": "200"} | env,
        )

    return call


@pytest.fixture
def command(monkeypatch, capsys):
    """Call the command line in this process, which is quicker; its exit status, and what it said."""

    def call(*words: str) -> tuple[int, str]:
        from scalinglaws.cli import main

        monkeypatch.setattr(sys, "argv", ["scalinglaws", *words])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stopped:
            main.main()
        said = capsys.readouterr()
        return stopped.value.code, said.out + said.err

    return call


@pytest.fixture
def copy_of_data(tmp_path, monkeypatch):
    """A copy of data/ that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(data_folder(), copy)
    monkeypatch.setattr("scalinglaws.repository.data_folder", lambda: copy)
    return copy


@pytest.fixture
def empty_repository(tmp_path, monkeypatch):
    """A repository without tables and notebooks, which this process takes for its own."""
    root = tmp_path / "repository"
    for folder in ("notebooks", "data/claims", "data/verdicts"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr("scalinglaws.repository.data_folder", lambda: root / "data")
    return root


@pytest.fixture
def place(tmp_path, repository, cli):
    """A repository of its own: the library, no tables, and the notebooks a test puts in."""

    class Place:
        root = tmp_path / "repository"
        out = tmp_path / "out"
        elsewhere = tmp_path

        def add(self, name: str, stated: str = STATED, **changes: str) -> Path:
            self.state(name, stated)
            return self.keep(name, small(name, **changes))

        def state(self, name: str, stated: str) -> None:
            (self.root / "data/claims" / f"{name}.toml").write_text(stated, encoding="utf-8")

        def keep(self, name: str, notebook) -> Path:
            files.save(notebook, self.root / "notebooks" / f"{name}.ipynb")
            return self.root / "notebooks" / f"{name}.ipynb"

        def __call__(self, *words: str, **env: str):
            path = os.pathsep.join([str(self.root / "lib"), os.environ.get("PYTHONPATH", "")])
            done = cli(*words, **{"PYTHONPATH": path} | env)
            assert "Traceback" not in done.stderr + done.stdout, done.stderr
            return done

    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "lib" / "scalinglaws", Place.root / "lib" / "scalinglaws", ignore=ignore)
    for folder in ("notebooks", "data/claims", "data/verdicts", "data/published", "data/runs"):
        (Place.root / folder).mkdir(parents=True)
    return Place()


@pytest.fixture
def nulled(monkeypatch):
    """The null of a notebook of a few cells: what is kept of it, judged by the claims it states."""
    from types import SimpleNamespace

    import nbformat

    import scalinglaws
    from scalinglaws.notebooks import null, permuted
    from scalinglaws.tables import loading

    def of(cells: list[str], paper, seconds: float = 60.0, **known) -> SimpleNamespace:
        def load(slug: str):
            return known[slug].copy()

        # The package gets its names when they are asked for: its own first, before it would get the other.
        for module in (scalinglaws, loading):
            monkeypatch.setattr(module, "load", load)
        made = [nbformat.v4.new_code_cell(source) for source in cells]
        names = {"paper": paper, "__name__": "__main__"}
        book = nbformat.v4.new_notebook(cells=made)
        excused = [*null.excuses(paper.stated, book)]
        found = permuted.tried(names, permuted.as_text(made), excused, seconds).content
        kept = null.record(found, paper.stated, book)
        return SimpleNamespace(found=found, kept=kept, problems=null.problems("10_a", kept))

    return of


@pytest.fixture(scope="session")
def runs():
    """The 240 runs of Hoffmann et al.'s figure 4."""
    from simulated import figure_runs

    return figure_runs()


@pytest.fixture(scope="session")
def found(runs):
    """Their certified fit."""
    from scalinglaws import fit, huber
    from scalinglaws.laws import chinchilla

    return fit(chinchilla, runs, loss=huber(1e-3))


@pytest.fixture
def one_thread():
    """Torch on one thread, so that the same arguments give the same bits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def here():
    """An executor in this process, quick to start."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def log(tmp_path, monkeypatch):
    """What the runs of a sweep have logged so far."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("TOYS_LOG", str(path))
    return lambda: path.read_text().splitlines()


@pytest.fixture
def shut():
    """A folder that others may look at, and not under `tmp_path`, which they may not enter."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the counts of the attacks, also of those that were survived."""
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        if getattr(report, "when", "") == "call" and (text := dict(report.user_properties).get("attacks")):
            terminalreporter.write_sep("=", "attacks")
            terminalreporter.write(text)

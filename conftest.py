"""Mutated runs as test items beside the notebooks' own, and the time budget of each notebook.

nbval turns `notebooks/NN.ipynb` into items that run it as committed. The collector here
adds one more item to the same file, its mutated run, so that a new notebook gets both for
free and both stay on one worker (`--dist loadfile`).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from scalinglaws import execution, mutation, notebooks, verdicts

BUDGET = 60.0  # seconds a notebook may take at CI scale; tests report above it, fail at six times
MEAN = 12.0  # seconds that the average run may take


class MutatedFile(pytest.File):
    """A notebook seen as its mutated run."""

    def collect(self):
        yield MutatedRun.from_parent(self, name="mutated")


class MutatedRun(pytest.Item):
    """Break what each claim rests on: the words it names must change, and no other."""

    def runtest(self) -> None:
        notebook = notebooks.read(self.path)
        paper = notebooks.declared(notebook)
        keep = self.config.cache.mkdir("mutated") / self.path.name
        executed = execution.execute(mutation.mutated(notebook, paper), keep, {}, timeout=120)
        text = str([cell.outputs for cell in executed.cells])
        assert all(f"MUTATED: {m.name}" in text for m in paper.declared_mutations)
        survivors = mutation.survivors(paper, verdicts.read(self.path.stem), notebooks.records(executed))
        if survivors:
            pytest.fail("\n".join(survivors), pytrace=False)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, execution.ExecutionError):
            return f"the mutated run of {self.path.stem} failed: {excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, f"{self.path.stem} mutated"


def pytest_collect_file(file_path: Path, parent):
    if file_path.suffix == ".ipynb" and parent.config.option.nbval_lax:
        return MutatedFile.from_parent(parent, path=file_path)
    return None


def pytest_sessionfinish(session, exitstatus) -> None:
    # Only the controlling process sees the reports of all workers.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    seconds: dict[str, float] = defaultdict(float)
    for reports in reporter.stats.values():
        for report in reports:
            if ".ipynb::" in getattr(report, "nodeid", "") and hasattr(report, "duration"):
                run = "mutated" if report.nodeid.endswith("::mutated") else "as committed"
                seconds[f"{Path(report.nodeid.split('::')[0]).stem} {run}"] += report.duration
    if not seconds:
        return
    lacking = {name.rpartition(" as committed")[0] for name in seconds if name.endswith(" as committed")}
    lacking -= {name.rpartition(" mutated")[0] for name in seconds}
    mean = sum(seconds.values()) / len(seconds)
    reporter.write_sep("=", "notebook runs")
    for name, taken in sorted(seconds.items(), key=lambda item: -item[1])[:10]:
        reporter.write_line(f"{taken:6.1f} s  {name}{'  OVER BUDGET' * (taken > BUDGET)}")
    reporter.write_line(f"{mean:6.1f} s  mean of {len(seconds)} runs (budget {MEAN:.0f} s)")
    if max(seconds.values()) > 6 * BUDGET or mean > 6 * MEAN:
        reporter.write_line("a notebook takes more than six times its budget", red=True)
        session.exitstatus = 1
    if lacking and not session.config.option.keyword:
        reporter.write_line(f"ran as committed but never mutated: {sorted(lacking)}", red=True)
        session.exitstatus = 1

"""Mutated runs as test items beside the notebooks' own, and the time budget of each notebook.

nbval turns `notebooks/NN.ipynb` into items that run it as committed. The collector here
adds one more item to the same file, its mutated run, so that a new notebook gets both for
free and both stay on one worker (`--dist loadfile`).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from scalinglaws.claims import stated, verdicts
from scalinglaws.notebooks import execute, mutate
from scalinglaws.notebooks import files as notebooks

BUDGET = 60.0  # seconds a notebook may take at CI scale; tests report above it, fail at six times
MEAN = 12.0  # seconds that the average run may take


class MutatedFile(pytest.File):
    """A notebook seen as its mutated run."""

    def collect(self):
        yield MutatedRun.from_parent(self, name="mutated")


class MutatedRun(pytest.Item):
    """Break what each claim rests on: the words it names must change, and no other."""

    def runtest(self) -> None:
        name, paper = self.path.stem, stated(self.path.stem)
        broken = mutate.mutated(name, notebooks.read(self.path), paper.mutations)
        keep = self.config.cache.mkdir("mutated") / self.path.name
        executed = execute.execute(broken, keep, {}, timeout=120)
        text = str([cell.outputs for cell in executed.cells])
        assert all(f"MUTATED: {m.name}" in text for m in paper.mutations)
        survivors = mutate.survivors(paper, verdicts.read(name), notebooks.records(executed))
        if survivors:
            pytest.fail("\n".join(survivors), pytrace=False)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, execute.ExecutionError):
            return f"the mutated run of {self.path.stem} failed: {excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, f"{self.path.stem} mutated"


def pytest_collect_file(file_path: Path, parent):
    if file_path.suffix == ".ipynb" and parent.config.option.nbval_lax:
        return MutatedFile.from_parent(parent, path=file_path)
    return None


def part_of(nodeid: str) -> tuple[str, str]:
    """The part of the suite that a test belongs to, and the notebook or file that it is of."""
    path = Path(nodeid.split("::")[0])
    if path.suffix != ".ipynb":
        return "/".join(path.parent.parts[:2]), path.stem
    return "notebooks " + ("mutated" if nodeid.endswith("::mutated") else "as committed"), path.stem


def pytest_sessionfinish(session, exitstatus) -> None:
    # Only the controlling process sees the reports of all workers.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for reports in reporter.stats.values():
        for report in reports:
            if hasattr(report, "nodeid") and hasattr(report, "duration"):
                seconds[part_of(report.nodeid)] += report.duration
    runs = {place: taken for place, taken in seconds.items() if place[0].startswith("notebooks ")}
    if not runs:
        return
    reporter.write_sep("=", "where the time goes, in seconds of one process")
    for part in sorted({part for part, _ in seconds}):
        files = [taken for (other, _), taken in seconds.items() if other == part]
        reporter.write_line(f"{sum(files):6.0f} s  {part}, {len(files)} files")
    mean = sum(runs.values()) / len(runs)
    for (part, name), taken in sorted(runs.items(), key=lambda item: -item[1])[:10]:
        reporter.write_line(f"{taken:6.1f} s  {name}, {part}{'  OVER BUDGET' * (taken > BUDGET)}")
    reporter.write_line(f"{mean:6.1f} s  mean of {len(runs)} notebook runs (budget {MEAN:.0f} s)")
    if max(runs.values()) > 6 * BUDGET or mean > 6 * MEAN:
        reporter.write_line("a notebook takes more than six times its budget", red=True)
        session.exitstatus = 1
    committed, mutated = (
        {name for part, name in runs if part.endswith(end)} for end in ("as committed", "mutated")
    )
    if committed - mutated and not session.config.option.keyword:
        reporter.write_line(f"ran as committed but never mutated: {sorted(committed - mutated)}", red=True)
        session.exitstatus = 1

"""Notebooks as test items: run as committed on nudged tables, solved, broken in the same kernel; their time budget.

nbval turns `notebooks/NN.ipynb` into items that run its cells and compare what is stored. Here the
tables that they load are nudged in their last digits, so that this run is at the same time the
unbroken one with which the mutations are compared; and more items follow in its kernel: the folded
solutions of its exercises, if it has any, and the mutated run. A new notebook gets all of them for
free, and they stay on one worker (`--dist loadfile`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from scalinglaws.claims import stated, verdicts
from scalinglaws.notebooks import files as notebooks
from scalinglaws.notebooks import mutate, null, solutions
from scalinglaws.notebooks.formats import nbformat

BUDGET = 60.0  # seconds a notebook may take at CI scale; tests report above it, fail at six times
MEAN = 12.0  # seconds that the average run may take


class NotebookFile(IPyNbFile):
    """A notebook that nbval runs on nudged tables, and in the same kernel its solutions and its mutated run."""

    def setup(self) -> None:
        super().setup()
        self.run(mutate.NUDGED.format(draw=mutate.DRAWS[0]).strip())

    def collect(self) -> Iterator[pytest.Item]:
        self.cells = [*super().collect()]
        yield from self.cells
        if solutions.solutions(self.nb):
            yield Solved.from_parent(self, name="solved")
        if not notebooks.without_claims(self.path.stem):
            yield MutatedRun.from_parent(self, name="mutated")

    def run(self, source: str) -> list[NotebookNode]:
        """Run a cell that is not the notebook's own, and give its outputs; raises what nbval raises."""
        cell = nbformat.v4.new_code_cell(source)
        item = IPyNbCell.from_parent(self, name="broken", cell_num=-1, cell=cell, options=defaultdict(bool))
        item.runtest()
        return item.test_outputs

    def whole(self) -> list[NotebookNode]:
        """The notebook's code cells with what they showed; those that were not asked for run now."""
        for item in self.cells:
            if item.test_outputs is None:
                item.runtest()
        return [nbformat.v4.new_code_cell(item.cell.source, outputs=item.test_outputs) for item in self.cells]


class AfterTheCells(pytest.Item):
    """Something that follows in the kernel once the notebook has run to its end."""

    def unbroken(self) -> list[NotebookNode]:
        """The notebook's code cells with what they showed; fails if one raised, or took too long."""
        cells = self.parent.whole()
        if self.parent.timed_out or any(o.output_type == "error" for cell in cells for o in cell.outputs):
            pytest.fail(f"the notebook did not run to its end, and so was not {self.name}", pytrace=False)
        return cells

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, NbCellError):
            error = excinfo.value
            return f"{self.path.stem} {self.name}: {error}\n{error.source}\n{error.inner_traceback}"
        if isinstance(excinfo.value, (null.NoNull, notebooks.NotebookError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, f"{self.path.stem} {self.name}"


class Solved(AfterTheCells):
    """Run the folded solutions of the exercises: none may raise."""

    def runtest(self) -> None:
        self.unbroken()
        self.parent.run(solutions.RUN.strip().format(sources=solutions.solutions(self.parent.nb)))


class MutatedRun(AfterTheCells):
    """Break what each claim rests on: the words it names must change, and no other; shuffle a column."""

    def runtest(self) -> None:
        unbroken = self.unbroken()
        name, paper, notebook = self.path.stem, stated(self.path.stem), self.parent.nb
        kept = null.read(name)
        broken = null.repeated(mutate.broken(name, notebook, paper.mutations), notebook, kept)
        for cell in broken.cells:
            cell.outputs = self.parent.run(cell.source)
        broken.cells = unbroken + broken.cells
        text = str([cell.outputs for cell in broken.cells])
        assert all(f"MUTATED: {m.name}" in text for m in paper.mutations)
        records, shuffled = null.parted(notebooks.records(broken))
        survivors = mutate.survivors(paper, verdicts.read(name), records)
        survivors += null.departures(kept, shuffled, verdicts.read(name))
        if survivors:
            pytest.fail("\n".join(survivors), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent):
    found = yield
    return [
        NotebookFile.from_parent(parent, path=file_path) if isinstance(each, IPyNbFile) else each
        for each in found
    ]


def part_of(nodeid: str) -> tuple[str, str]:
    """The part of the suite that a test belongs to, and the notebook or file that it is of."""
    path = Path(nodeid.split("::")[0])
    if path.suffix != ".ipynb":
        return "/".join(path.parent.parts[:2]), path.stem
    item = nodeid.rpartition("::")[2]
    parts = {"solved": "solutions of exercises", "mutated": "notebooks mutated"}
    return parts.get(item, "notebooks as committed"), path.stem


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
    never = sorted(name for name in committed - mutated if not notebooks.without_claims(name))
    if never and not session.config.option.keyword:
        reporter.write_line(f"ran as committed but never mutated: {never}", red=True)
        session.exitstatus = 1

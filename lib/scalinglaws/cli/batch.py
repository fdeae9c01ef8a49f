"""Many notebooks run one after the other or side by side, with progress; a failure is told once, as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from scalinglaws.cli import terminal
from scalinglaws.notebooks import execute
from scalinglaws.text import counted


def run_all(
    tasks: dict[str, Any], jobs: int, timeout: float, variables: Mapping[str, str] | None = None
) -> dict[str, execute.Outcome]:
    """Run the tasks of `execution.outcomes` with a progress bar; report each as it ends."""
    if not tasks:
        return {}
    found = {}
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*parts, console=terminal.complaints()) as progress,
        execute.outcomes(tasks, jobs, timeout, variables) as stream,
    ):
        bar = progress.add_task("notebooks", total=len(tasks))
        for outcome in stream:
            found[outcome.name] = outcome
            progress.advance(bar)
            progress.console.print(ended(outcome))
    return {name: found[name] for name in tasks}


def ended(outcome: execute.Outcome) -> Text:
    """How a notebook ended, in a line."""
    if outcome.error:
        after = f"failed after {outcome.seconds:.0f} s"
        return Text.assemble(outcome.name, ": ", outcome.error, " (", (after, "red"), ")")
    return Text(f"{outcome.name}: done in {outcome.seconds:.0f} s")


def failures(found: Mapping[str, execute.Outcome]) -> list[str]:
    """Which of them failed, in one line, or none; why was told when they did."""
    failed = [name for name, outcome in found.items() if outcome.error]
    return [f"{len(failed)} of {counted(len(found), 'run')} failed: {', '.join(failed)}"] if failed else []

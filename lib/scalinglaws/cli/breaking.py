"""The commands that break what claims rest on: mutations, and the null of shuffled columns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scalinglaws.claims import verdicts
from scalinglaws.cli.options import Everything, Jobs, Names, Output, Timeout, chosen
from scalinglaws.cli.terminal import fail_if
from scalinglaws.notebooks import files


def mutate(
    names: Names = None,
    everything: Everything = False,
    jobs: Jobs = 1,
    timeout: Timeout = 600,
    output: Output = Path("out"),
) -> None:
    """Break what each claim rests on; its verdict must change, and no other.

    A mutation damages data or a step of the analysis, as the claims file
    says. Exit 1 if a verdict survives what should change it.
    """
    picked = chosen(names, everything, claiming=True)
    from scalinglaws.cli import batch
    from scalinglaws.notebooks import mutate as mutation

    broken, papers, problems = mutation.prepared(picked)
    tasks = {name: (book, output / "mutated" / f"{name}.ipynb", {}) for name, book in broken.items()}
    found = batch.run_all(tasks, jobs, timeout)
    problems += batch.failures(found)
    for name in (name for name, outcome in found.items() if not outcome.error):
        try:
            kept = verdicts.read(name)
        except verdicts.VerdictError as error:
            problems.append(f"{name}: {error}")
            continue
        records = files.records(found[name].notebook)
        problems += [f"{name}: {line}" for line in mutation.survivors(papers[name], kept, records)]
    fail_if(problems)
    typer.echo("every mutation changes the verdicts it names, and no other")


def null(
    names: Names = None,
    everything: Everything = False,
    jobs: Jobs = 1,
    timeout: Timeout = 600,
    seconds: Annotated[
        float, typer.Option(min=1, help="Seconds for the shuffled runs of one notebook.")
    ] = 60,
    write: Annotated[bool, typer.Option("--write", help="Keep what is found in data/verdicts/null.")] = False,
) -> None:
    """Shuffle the columns of the tables, one by one; each claim must move.

    A claim that moves under none does not rest on the data. Exit 1 if there
    is one.
    """
    picked = chosen(names, everything, claiming=True)
    from scalinglaws.cli import writing
    from scalinglaws.notebooks import null as kept_null

    found, problems = writing.nulls(picked, jobs, timeout, seconds)
    for name, record in found.items():
        typer.echo(kept_null.told(name, record))
        wrong = kept_null.problems(name, record)
        if write and not wrong:
            kept_null.keep(name, record)
        problems += wrong
    fail_if(problems)

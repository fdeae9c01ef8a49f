"""The commands for a person's own runs: `fit` writes a report on a table, `laws` lists what can be fitted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalinglaws import repository
from scalinglaws.cli import terminal
from scalinglaws.cli.terminal import fail
from scalinglaws.text import counted, instead

if TYPE_CHECKING:
    from scalinglaws.fitting import Loss
    from scalinglaws.fitting.law import Law
    from scalinglaws.report.preparing import Prepared

#: So many bad rows are named in the terminal; the report names all.
NAMED = 10


def completed(incomplete: str) -> list[str]:
    """The laws that a word on the command line may become."""
    return [name for name in ready() if name.startswith(incomplete)]


def ready() -> dict[str, Law]:
    """The ready laws by their names."""
    from scalinglaws import laws
    from scalinglaws.fitting.law import Law

    known = {name: getattr(laws, name) for name in sorted(laws.__all__)}
    return {name: law for name, law in known.items() if isinstance(law, Law)}


def law_named(name: str) -> Law:
    """A ready law."""
    known = ready()
    if name not in known:
        fail(f"no law {name!r}; {instead(name, {each: each for each in known})}", 2)
    return known[name]


def loss_named(text: str) -> Loss:
    """A loss as typed: `squared`, `absolute`, `huber:1e-3`, `soft_l1:1e-2`, `quantile:0.5`."""
    from scalinglaws import fitting

    name, _, number = text.partition(":")
    try:
        if name in ("squared", "absolute") and not number:
            return getattr(fitting, name)()
        if name in ("huber", "soft_l1", "quantile"):
            return getattr(fitting, name)(float(number))
    except ValueError as error:
        fail(f"--loss {text}: {error if number else 'give its size, as in huber:1e-3'}", 2)
    fail(f"--loss is squared, absolute, huber:DELTA, soft_l1:DELTA or quantile:Q, not {text!r}", 2)


def laws() -> None:
    """List the laws that `scalinglaws fit` knows, with their formulas and the columns that they take."""
    from scalinglaws.cli.terminal import plain, show
    from scalinglaws.fitting.typeset import as_text

    table = plain("law", "columns", "parameters", "formula")
    for name, law in ready().items():
        table.add_row(name, ", ".join(law.columns), ", ".join(law.parameters), as_text(law))
    show(table)
    typer.echo("Give columns of other names with --columns, e.g. --law power_law --columns x=flops.")


def fit(
    context: typer.Context,
    runs: Annotated[Path, typer.Argument(help="Table with one row a run: .csv, .tsv, .parquet or .jsonl.")],
    law: Annotated[
        str, typer.Option(help="A ready law; 'scalinglaws laws' lists them.", autocompletion=completed)
    ] = "chinchilla",
    columns: Annotated[
        list[str] | None,
        typer.Option(help="NAME=ARITHMETIC,... on the table's columns: n_params=millions*1e6,loss=val_loss."),
    ] = None,
    y: Annotated[str, typer.Option("--y", help="Column that the law predicts.")] = "loss",
    loss: Annotated[
        str, typer.Option(help="squared, absolute, huber:DELTA, soft_l1:DELTA or quantile:Q.")
    ] = "squared",
    raw: Annotated[bool, typer.Option("--raw", help="Residuals of y itself, not of its logarithm.")] = False,
    where: Annotated[
        str, typer.Option(help="Rows to keep: 'loss < 4 and n_params > 1e7', 'data == \"c4\"'.")
    ] = "",
    best: Annotated[
        bool, typer.Option("--best", help="Of rows that agree in the law's columns keep the lowest.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(help="Column of groups that are not independent: run, for checkpoints.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(help="FLOP to split between parameters and tokens; the largest run's by default."),
    ] = None,
    holdout: Annotated[
        float,
        typer.Option(min=0, max=0.9, help="Share of the largest runs to predict from the others; 0: none."),
    ] = 0.2,
    compare: Annotated[str, typer.Option(help="Other laws for the same runs: kaplan,power_law.")] = "",
    resamples: Annotated[
        int, typer.Option(min=40, help="Resamples of the bootstrap, where it is needed.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of report.html and fit.json.")] = Path("report"),
) -> None:
    """Fit a law to a table of your own runs; write a report with intervals, figures and warnings.

    Nothing is dropped in silence: each row that is no run is named with its
    line and the reason. The report is one file that holds all it shows;
    fit.json beside it is for `scalinglaws.Fit.load`. Exit 1 if the law cannot
    be fitted.
    """
    import matplotlib

    matplotlib.use("agg")  # Figures go to a file: no window is needed, or may be asked for.
    from scalinglaws.fitting import FitError
    from scalinglaws.report import concerns, page
    from scalinglaws.report.analysis import Asked, analysed
    from scalinglaws.report.expressions import assignments
    from scalinglaws.report.preparing import prepared
    from scalinglaws.report.reading import read
    from scalinglaws.report.sentences import sentences

    asked = Asked(
        law_named(law),
        y,
        loss_named(loss),
        "raw" if raw else "log",
        by,
        budget,
        holdout,
        tuple(law_named(name.strip()) for name in compare.split(",") if name.strip()),
        resamples,
        seed,
    )
    if budget is not None and not budget > 0:
        fail(f"--budget is compute in FLOP, not {budget:g}", 2)
    table = read(runs)
    ready = prepared(
        table,
        asked.needed,
        y,
        assigned=assignments(",".join(columns)) if columns else None,
        where=where,
        by=by,
        best=best,
        logarithm=not raw,
    )
    tell_of_rows(ready)
    try:
        with Progressing(resamples) as told:
            found = analysed(ready, asked, told, concerns.of_table(table))
            text = page.page(found, as_typed(context))
    except FitError as error:
        fail(str(error))
    repository.write_atomically(out / "report.html", text)
    found.fit.save(out / "fit.json")
    for sentence in found.concerns:
        typer.echo(f"warning: {sentence}", err=True)
    typer.echo("\n".join(sentences(found)))
    typer.echo(f"Look at {out / 'report.html'} in a browser; scalinglaws.Fit.load reads {out / 'fit.json'}.")


def tell_of_rows(ready: Prepared) -> None:
    """Say what each column is, and which rows are no runs."""
    for name, origin in ready.origins.items():
        typer.echo(f"{name} = {origin}", err=True)
    for place, reason in ready.bad[:NAMED]:
        typer.echo(f"not used: {place}: {reason}", err=True)
    if len(ready.bad) > NAMED:
        typer.echo(f"not used: {counted(len(ready.bad) - NAMED, 'more row')}; the report names all", err=True)
    for reason, places in ready.left_out.items():
        typer.echo(f"left out on request: {counted(len(places), 'row')}, {reason}", err=True)


class Progressing:
    """A progress bar of the steps of an analysis, on a terminal only; resamples are counted one by one."""

    def __init__(self, resamples: int) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        parts = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self.bar = Progress(*parts, console=terminal.complaints(), transient=True)
        self.task: Any = None
        self.resamples = resamples

    def __enter__(self) -> Any:
        self.bar.start()
        self.task = self.bar.add_task("fit", total=None)
        return self.tell

    def __exit__(self, *error: Any) -> None:
        self.bar.stop()

    def tell(self, step: str, done: int) -> None:
        """Show a step, or how far the resamples have come."""
        self.bar.update(self.task, description=step, completed=done, total=self.resamples if done else None)


def as_typed(context: typer.Context) -> str:
    """The command that was given, without the folders of its files."""
    words = ["scalinglaws", "fit"]
    for parameter in context.command.params:
        value = context.params.get(parameter.name)
        if context.get_parameter_source(parameter.name).name != "COMMANDLINE":
            continue
        values = value if isinstance(value, (list, tuple)) else [value]
        for each in values:
            told = (
                each.name
                if isinstance(each, Path)
                else f"{each:g}".replace("e+", "e")
                if isinstance(each, float)
                else str(each)
            )
            option = [parameter.opts[0]] if parameter.param_type_name == "option" else []
            words += option if each is True else [*option, told]
    return shlex.join(words)

"""The command line: list, scoreboard, run, check, new, lint, tidy; others in `opening`, `breaking`, `own`, `data`.

What a command needs is imported when it is called, so that those which only read are quick.
"""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from scalinglaws import repository
from scalinglaws.claims import ClaimError, verdicts
from scalinglaws.cli import opening, own, terminal
from scalinglaws.cli.breaking import mutate, null
from scalinglaws.cli.data import data
from scalinglaws.cli.options import Everything, Jobs, Json, Names, Output, Timeout, chosen, scales
from scalinglaws.cli.terminal import fail, fail_if, print_json
from scalinglaws.errors import UserError, lacking
from scalinglaws.notebooks import cost, files, overview
from scalinglaws.text import counted

#: What commands are for, as the help groups them.
READ, RERUN, OWN, WRITE = "Read", "Rerun and doubt", "Your own runs", "Write a replication"

app = typer.Typer(no_args_is_help=True, epilog=terminal.exits_in_words())
app.command("open", rich_help_panel=READ)(opening.open_)

EXPECTED = (UserError, ClaimError, OSError)


def literal(text: str) -> Any:
    """A parameter value as typed: a Python literal, otherwise text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from scalinglaws.machine import version

        typer.echo(f"scalinglaws {version('scalinglaws') or 'of a checkout that is not installed'}")
        raise typer.Exit


@app.callback()
def every(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Scaling Laws, Replicated: each notebook tests the claims of a paper.

    A notebook is named by its number (10), its name, or a part of it
    (chinchilla). 'scalinglaws COMMAND --help' says more of a command.
    """


@app.command("list", rich_help_panel=READ)
def list_(as_json: Json = False) -> None:
    """List the notebooks with their claims and costs; exit 1 if one cannot be read.

    JSON: `notebooks`, each with `name`, `title`, `claims`, `words` (how
    many claims have each verdict word), `ci_seconds`, `full_seconds` and
    `problems`; then `claims` and `words` of all.
    """
    found = [overview.entry(name) for name in files.names()]
    if as_json:
        print_json(overview.listing(found))
    else:
        terminal.show(terminal.listed(found))
        typer.echo(overview.tally(found))
    fail_if(overview.problems(found))


@app.command(rich_help_panel=RERUN)
def run(
    names: Names = None,
    everything: Everything = False,
    scale: Annotated[
        str,
        typer.Option(
            help="ci: minutes, on any machine; full: all of it live, for some hours or on a GPU.",
            autocompletion=scales,
        ),
    ] = "ci",
    seed: Annotated[
        int, typer.Option(help="Seed of every random draw; 0 is compared with what is kept.")
    ] = 0,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="NAME=VALUE of another parameter of the notebook."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time; 0: with --write one a core, else 1.")] = 0,
    timeout: Timeout = 600,
    output: Output = Path("out"),
    html: Annotated[bool, typer.Option(help="Write pages to read in a browser, too.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Refresh the committed outputs, verdicts and costs.")
    ] = False,
    moved: Annotated[
        str, typer.Option(help="Why kept numbers or words move; with --write, kept in their history.")
    ] = "",
) -> None:
    """Run notebooks; exit 1 if one fails or a verdict differs from the one kept.

    Executed copies and their verdicts go into the output folder alone.

    With --write the CI-scale run of seeds 0 to 4 replaces what is committed
    (if one fails, the next --write takes up those that had finished);
    a kept word, or a kept number beyond drift, moves only if --moved says
    why; the notebook that counts all verdicts (90) is then run too. At full
    scale --write records the cost only.
    """
    moved = " ".join(moved.split())
    if moved and not (write and scale == "ci"):
        fail("--moved says why --write replaces kept verdicts: it goes with --write at CI scale", 2)
    jobs = jobs or (os.cpu_count() or 1 if write and scale == "ci" else 1)
    wanted = {"scale": scale, "seed": seed}
    for item in parameter or []:
        name, equals, value = item.partition("=")
        if not equals:
            fail(f"write a parameter as NAME=VALUE, got {item!r}", 2)
        wanted[name] = literal(value)
    picked = chosen(names, everything)
    if write and scale == "ci" and wanted != {"scale": "ci", "seed": 0}:
        fail("--write takes the default parameters", 2)
    if write and scale == "ci" and not all(map(files.without_claims, picked)):
        picked = sorted({*picked, *filter(files.counts_verdicts, files.names())})
    tasks, problems = {}, []
    for name in picked:
        try:
            notebook = files.read(files.locate(name))
            tasks[name] = (notebook, output / f"{name}.ipynb", files.given(notebook, wanted))
        except files.ParameterError as error:
            fail(f"{name}: {error}", 2)
        except files.NotebookError as error:
            problems.append(f"{name}: {error}")

    from scalinglaws.claims import drift
    from scalinglaws.cli import batch, writing
    from scalinglaws.notebooks import index_page

    # Last of all, since they count the verdicts that are kept until then.
    last = {name: tasks.pop(name) for name in [*tasks] if files.counts_verdicts(name)}
    found = batch.run_all(tasks, jobs, timeout)
    problems += batch.failures(found)
    good, guides = {}, {}
    for name, outcome in found.items():
        if files.without_claims(name):
            guides |= {} if outcome.error else {name: outcome}
        elif not outcome.error and len(files.records(outcome.notebook)) != 1:
            problems.append(f"{name}: ended without its verdict record")
        elif not outcome.error:
            good[name] = outcome
    differ: dict[str, list[drift.Difference]] = {}
    for name, outcome in good.items():
        repository.write_atomically(output / "verdicts" / f"{name}.json", verdicts.dumps(outcome.record))
        if write and scale == "full":
            cost.keep(name, scale, outcome.cpu_seconds)
        elif not write:
            differ[name] = writing.compared(name, outcome.record)
        elif not moved:
            differ[name] = [each for each in writing.compared(name, outcome.record) if each.claim]
        else:
            differ[name] = [each for each in writing.compared(name, outcome.record) if each.stated]
    problems += writing.told(differ)
    if write and scale == "ci" and not problems:
        problems += writing.write_back(good, jobs, timeout, output, moved)
    if last and not (write and problems):
        counted = batch.run_all(last, jobs, timeout)
        problems += batch.failures(counted)
        found |= counted
        guides |= {name: outcome for name, outcome in counted.items() if not outcome.error}
    for name, outcome in guides.items() if write else ():
        writing.keep_guide(name, outcome, scale)
    if good:
        judged = [overview.entry(name, output / "verdicts") for name in good]
        terminal.show(terminal.scoreboard(judged))
    if html:
        failed = {name: outcome.error for name, outcome in found.items() if outcome.error}
        pages = {name: outcome.notebook for name, outcome in sorted((guides | good).items())}
        index = index_page.export(pages, output, failed)
        typer.echo(index_page.where_to_look(index))
    if good:
        typer.echo(overview.tally(judged))
    fail_if(problems)


@app.command(rich_help_panel=RERUN)
def check(
    names: Names = None,
    everything: Everything = False,
    output: Output = Path("out"),
    other_kernels: Annotated[
        bool, typer.Option("--kernels", help="Run them under the kernels of other processors instead.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="With --kernels: only settings that contain this, e.g. Haswell.")
    ] = None,
    jobs: Jobs = 1,
    timeout: Timeout = 600,
    as_json: Json = False,
) -> None:
    """Compare the verdicts of your last run with those in data/verdicts; exit 1 if they differ.

    With --kernels the notebooks (all, if none is named) are run anew, as
    other processors would run them: under each choice of arithmetic kernels
    that this one supports and that is shown to round otherwise.

    JSON: `same`; `differences`, each with `notebook`, `text`, `claim` and
    `verdict` (whether a word moved); `problems`; `advice`. With --kernels:
    `same`; `kernels`, each with `name`, `moved`, `why_not`, `of`, `failed`
    and `differences`; `problems`.
    """
    if other_kernels:
        check_kernels(
            chosen(names, everything or not names, claiming=True), only or [], jobs, timeout, output, as_json
        )
        return
    from scalinglaws.cli import writing

    differ, problems = {}, []
    for name in chosen(names, everything, claiming=True):
        try:
            differ[name] = writing.compared(name, verdicts.read(name, output / "verdicts"))
        except verdicts.VerdictError as error:
            problems.append(f"{name}: {error}")
    if as_json:
        differences = writing.as_json(differ)
        same = not differences and not problems
        print_json(
            {
                "same": same,
                "differences": differences,
                "problems": problems,
                "advice": writing.advice(differ),
            }
        )
    fail_if(problems + writing.told(differ))
    if not as_json:
        typer.echo("the fresh verdicts are those kept in data/verdicts")


def check_kernels(
    picked: list[str], only: list[str], jobs: int, timeout: float, output: Path, as_json: bool
) -> None:
    """Run notebooks under every setting of the kernels that moves bits; show which words move with them."""
    from scalinglaws.cli import other_kernels

    try:
        settings = other_kernels.chosen(only)
    except other_kernels.NoSuchKernels as error:
        fail(str(error), 2)
    found = other_kernels.tried(picked, settings, jobs, timeout, output / "kernels")
    problems = other_kernels.problems(found)
    if as_json:
        print_json({"same": not problems, "kernels": found, "problems": problems})
    else:
        terminal.show(other_kernels.table(found))
    fail_if(problems)
    if not as_json:
        shown = counted(sum(bool(result["of"]) for result in found), "other choice")
        typer.echo(f"under {shown} of kernels, shown to move bits, every word is the one kept")


@app.command(rich_help_panel=WRITE)
def lint(names: Names = None, everything: Everything = False) -> None:
    """Check that notebooks have all their parts; no cell is run.

    Parts and their order, stored outputs, and that numbers in the prose
    stand in an output or in the claims file. Exit 1 if something is missing,
    with a line for each thing.
    """
    picked = chosen(names, everything)
    from scalinglaws.notebooks import anatomy

    problems = []
    for name in picked:
        try:
            problems += [f"{name}: {line}" for line in anatomy.problems(name)]
        except EXPECTED as error:
            problems.append(f"{name}: {error}")
    fail_if(problems)
    typer.echo("every notebook has the anatomy")


@app.command(rich_help_panel=WRITE)
def tidy(
    names: Names = None,
    everything: Everything = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if a notebook would be changed.")
    ] = False,
) -> None:
    """Put notebooks that an editor has saved back into the form in which they are kept.

    Sources and outputs stay; what the editor added (timings, versions,
    identities, hidden cells) goes. Exit 1 if one cannot be read; it is left
    as it is.
    """
    picked = chosen(names, everything)
    from scalinglaws.notebooks.tidy import tidy as put_right

    changed, problems = [], []
    for name in picked:
        try:
            changed += [name] * put_right(files.locate(name), check)
        except files.NotebookError as error:
            problems.append(f"{name}: {error}; it is left as it is")
    if check:
        problems += [
            f"{name}: not as it is kept; 'scalinglaws tidy {name}' puts it right" for name in changed
        ]
    for name in changed if not check else ():
        typer.echo(f"{name}: tidied")
    fail_if(problems)
    typer.echo(f"{counted(len(picked), 'notebook is as it is kept', 'notebooks are as they are kept')}")


@app.command(rich_help_panel=READ)
def scoreboard(
    write: Annotated[
        bool, typer.Option("--write", help="Put it into README.md and data/verdicts/README.md.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show every claim with the paper's number, ours, and the verdict that is kept.

    Notebooks that have no verdicts yet are named, and left out of the README.
    Exit 1 if there is one.

    JSON: `notebooks`, each with `name`, `title`, `problems` and `verdicts`,
    each with `id`, `role`, `statement`, `paper`, `printed`, `measured`,
    `low`, `high`, `word` and `unproved`; then `claims` and `words` (how many
    have each) of all.
    """
    found = [overview.entry(name, need=True) for name in files.replications()]
    if write:
        from scalinglaws.notebooks.scoreboard import write as bring_up_to_date

        bring_up_to_date()
    if as_json:
        print_json(overview.scores(found))
    elif not write:
        terminal.show(terminal.scoreboard(found))
        typer.echo(overview.tally(found))
    fail_if(overview.problems(found))


@app.command(rich_help_panel=WRITE)
def new(
    name: Annotated[
        str, typer.Argument(help="Number and stem: 34_my_finding. The tens digit is the chapter (README).")
    ],
) -> None:
    """Begin a replication: write its claims file and its notebook, to be filled in.

    Both hold FILL IN wherever something is to be written, and are refused
    while one is left; 'scalinglaws lint' says what is missing.
    """
    from scalinglaws.notebooks import anatomy

    typer.echo(f"wrote {anatomy.start(name)}; 'scalinglaws lint {name}' says what is missing")


app.command(rich_help_panel=RERUN)(mutate)
app.command(rich_help_panel=RERUN)(null)
app.command(rich_help_panel=OWN)(own.fit)
app.command(rich_help_panel=OWN)(own.laws)
app.add_typer(data, name="data", rich_help_panel=WRITE)


def main() -> None:
    """The `scalinglaws` command: what a user can mend is one line, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding shows a question mark for what it does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="scalinglaws")
    except EXPECTED as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if not (said := lacking(error)):
            raise
        typer.echo(f"error: {said}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

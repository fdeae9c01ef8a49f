"""The command line: list, run, check, mutate, scoreboard, data, new."""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from scalinglaws import anatomy, drift, execution, kernels, mutation, notebooks, pages, tables, verdicts
from scalinglaws.claims import ClaimError, stated

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Scaling Laws, Replicated.")
data = typer.Typer(no_args_is_help=True, help="The tables in data/.")
app.add_typer(data, name="data")
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

SEEDS = (0, 1, 2, 3, 4)
EXPECTED = (
    notebooks.NotebookError,
    verdicts.VerdictError,
    tables.TableError,
    ClaimError,
    execution.ExecutionError,
    kernels.KernelError,
    OSError,
)
Names = Annotated[list[str] | None, typer.Argument(help="Names or numbers of notebooks.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Every notebook.")]
Jobs = Annotated[int, typer.Option(min=1, help="How many notebooks at a time.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that one cell may take.")]
Output = Annotated[Path, typer.Option(help="Folder for executed copies, HTML and verdicts.")]


def fail(message: str, status: int = 1) -> None:
    """Say what went wrong, in one line, and stop."""
    complaints.print(f"error: {message}", markup=False)
    raise typer.Exit(status)


def chosen(names: list[str] | None, everything: bool) -> list[str]:
    """The notebooks meant by the command line, in reading order."""
    if everything == bool(names):
        fail("name notebooks, or say --all", 2)
    try:
        return sorted({notebooks.locate(name).stem for name in names or notebooks.names()})
    except notebooks.NotebookError as error:
        fail(str(error), 2)


def literal(text: str) -> Any:
    """A parameter value as typed: a Python literal, otherwise text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def run_all(
    tasks: dict[str, Any], jobs: int, timeout: float, variables: Mapping[str, str] | None = None
) -> dict[str, execution.Outcome]:
    """Run the tasks with a progress bar; report failures as they come."""
    found = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=complaints) as progress,
        execution.outcomes(tasks, jobs, timeout, variables) as stream,
    ):
        bar = progress.add_task("notebooks", total=len(tasks))
        for outcome in stream:
            found[outcome.name] = outcome
            progress.advance(bar)
            state = ("failed", "red") if outcome.error else "done"
            progress.console.print(Text.assemble(outcome.name, "  ", state, f"  {outcome.seconds:.0f} s"))
            if outcome.error:
                progress.console.print(f"  {outcome.error}", markup=False)
    return {name: found[name] for name in tasks}


def scoreboard_table(place: Path, names: list[str]) -> tuple[Table, list[str]]:
    """The scoreboard for a terminal, and a line for each that has no proper claims or verdicts."""
    table = Table("finding", "paper", "ours [95 % interval]", "verdict", title="Scoreboard")
    problems = []
    for name in names:
        table.add_section()
        table.add_row(Text(name, style="bold"))
        try:
            stated(name)
            for row in verdicts.rows(name, place):
                table.add_row(*map(Text, row))
        except ClaimError as error:
            table.add_row(Text("no claims", style="italic"))
            problems.append(f"{name}: {error}")
        except verdicts.VerdictError as error:
            table.add_row(Text("no verdicts", style="italic"))
            problems.append(f"{name}: {error}")
    return table, problems


def unsteady(name: str, records: list[dict[str, Any]]) -> list[str]:
    """Claims whose word depends on the seed, and are not declared so."""
    words: dict[str, dict[int, str]] = {}
    for record in records:
        for verdict in record["verdicts"]:
            words.setdefault(verdict["id"], {})[record["seed"]] = verdict["word"]
    return [
        f"{name}: the word of {claim!r} depends on the seed: {found}; set unstable="
        for claim, found in words.items()
        if len(set(found.values())) > 1
    ]


@app.command("list")
def list_() -> None:
    """List the notebooks with their claims and costs; exit 1 if one cannot be read."""
    table = Table("notebook", "title", "claims", "cost")
    problems = []
    for name in notebooks.names():
        title = "–"
        try:
            title = notebooks.title(notebooks.read(notebooks.locate(name)))
            stated(name)
        except notebooks.NotebookError as error:
            title = f"({error})"
            problems.append(f"{name}: {error}")
        except ClaimError as error:
            problems.append(f"{name}: {error}")
        table.add_row(*map(Text, (name, title, verdicts.count(name), verdicts.cost_of(name))))
    console.print(table)
    if problems:
        fail("\n".join(problems))


@app.command()
def run(
    names: Names = None,
    everything: Everything = False,
    scale: Annotated[str, typer.Option(help="ci or full.")] = "ci",
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 0,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE of another parameter.")
    ] = None,
    jobs: Jobs = 1,
    timeout: Timeout = 600,
    output: Output = Path("out"),
    html: Annotated[bool, typer.Option(help="Write HTML pages too.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Refresh the committed outputs, verdicts and costs.")
    ] = False,
    moved: Annotated[
        str, typer.Option(help="Why kept numbers or words move; with --write, kept in their history.")
    ] = "",
) -> None:
    """Run notebooks headlessly; exit 1 if one fails or a verdict differs from the one kept.

    With --write the CI-scale run of seeds 0 to 4 replaces what is committed; a kept word, or
    a kept number beyond drift, moves only if --moved says why. At full scale --write records
    the cost only.
    """
    moved = " ".join(moved.split())
    if moved and not (write and scale == "ci"):
        fail("--moved says why --write replaces kept verdicts: it goes with --write at CI scale", 2)
    wanted = {"scale": scale, "seed": seed}
    for item in parameter or []:
        name, equals, value = item.partition("=")
        if not equals:
            fail(f"write a parameter as NAME=VALUE, got {item!r}", 2)
        wanted[name] = literal(value)
    picked = chosen(names, everything)
    if write and scale == "ci" and wanted != {"scale": "ci", "seed": 0}:
        fail("--write takes the default parameters", 2)
    tasks, problems = {}, []
    for name in picked:
        try:
            notebook = notebooks.read(notebooks.locate(name))
            tasks[name] = (notebook, output / f"{name}.ipynb", notebooks.given(notebook, wanted))
        except notebooks.ParameterError as error:
            fail(f"{name}: {error}", 2)
        except notebooks.NotebookError as error:
            problems.append(f"{name}: {error}")
    found = run_all(tasks, jobs, timeout)
    for name, outcome in found.items():
        if not outcome.error and len(notebooks.records(outcome.notebook)) != 1:
            found[name] = execution.Outcome(name, outcome.seconds, error="ended without its verdict record")
    good = {name: outcome for name, outcome in found.items() if not outcome.error}
    problems += [f"{name}: {outcome.error}" for name, outcome in found.items() if outcome.error]
    differ: dict[str, list[drift.Difference]] = {}
    for name, outcome in good.items():
        tables.write_atomically(output / "verdicts" / f"{name}.json", verdicts.dumps(outcome.record))
        if write and scale == "full":
            verdicts.add_cost(name, full_seconds=round(outcome.seconds, 1))
        elif not write:
            differ[name] = compared(name, outcome.record)
        elif not moved:
            differ[name] = [difference for difference in compared(name, outcome.record) if difference.claim]
        else:
            differ[name] = [difference for difference in compared(name, outcome.record) if difference.stated]
    problems += told(differ)
    if write and scale == "ci" and not problems:
        problems += write_back(good, jobs, timeout, moved)
    if html:
        pages.export({name: outcome.notebook for name, outcome in good.items()}, output)
    if good:
        console.print(scoreboard_table(output / "verdicts", list(good))[0])
    if problems:
        fail("\n".join(problems))


def compared(name: str, record: dict[str, Any]) -> list[drift.Difference]:
    """Differences from the verdicts kept; at full scale and with other seeds, of words only."""
    if name not in verdicts.kept():
        text = "no verdicts are kept; 'scalinglaws run NAME --write' keeps them"
        return [drift.Difference(text, True)]
    as_kept = (record["scale"], record["seed"]) == ("ci", SEEDS[0])
    return drift.differences(record, verdicts.read(name), numbers=as_kept)


def told(differ: dict[str, list[drift.Difference]]) -> list[str]:
    """One line a difference, and at the end what to do about them."""
    lines = [f"{name}: {difference}" for name, found in differ.items() for difference in found]
    concerned = [name for name, found in differ.items() if any(d.claim for d in found)]
    moved = [difference for found in differ.values() for difference in found if difference.claim]
    return lines + ([drift.advice(moved, " ".join(concerned))] if moved else [])


def write_back(good: dict[str, execution.Outcome], jobs: int, timeout: float, why: str = "") -> list[str]:
    """Replace the committed outputs, verdicts and costs, if the words hold over the seeds."""
    marked = [name for name, outcome in good.items() if outcome.record["mutated"]]
    problems = [f"{name}: a mutated run is never written back" for name in marked]
    steady = [name for name in good if name not in marked]
    refused: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        tasks = {}
        for name in steady:
            notebook = notebooks.read(notebooks.locate(name))
            try:
                seeded = notebooks.uses(notebook, "seed")
            except notebooks.NotebookError as error:
                refused[name] = f"{name}: {error}"
                continue
            for seed in SEEDS[1:] if seeded else ():
                keep_at = Path(scratch) / f"{name}-{seed}.ipynb"
                tasks[f"{name} seed {seed}"] = (notebook, keep_at, {"seed": seed})
        others = run_all(tasks, jobs, timeout) if tasks else {}
    problems += refused.values()
    for name in [name for name in steady if name not in refused]:
        mine = [others[f"{name} seed {seed}"] for seed in SEEDS[1:] if f"{name} seed {seed}" in others]
        wrong = [f"{other.name}: {other.error}" for other in mine if other.error]
        if not wrong:
            wrong = unsteady(name, [good[name].record, *(other.record for other in mine)])
        if not wrong:
            keep(name, good[name], why)
        problems += wrong
    return problems


def keep(name: str, outcome: execution.Outcome, why: str = "") -> None:
    """Make a run the committed one: outputs, verdicts with their history, cost."""
    before = verdicts.read(name) if name in verdicts.kept() else None
    record = drift.succeeded(outcome.record, before, why)
    record = {key: value for key, value in record.items() if key not in ("mutated", "seed")}
    notebooks.save(notebooks.normalise(outcome.notebook), notebooks.locate(name))
    path = verdicts.folder() / f"{name}.json"
    tables.write_atomically(path, verdicts.dumps(record | {"seeds": list(SEEDS)}))
    verdicts.add_cost(name, ci_seconds=round(outcome.seconds, 1), device=f"{os.cpu_count()} CPU cores")


@app.command()
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
) -> None:
    """Compare the fresh verdicts of a run with those in data/verdicts; exit 1 if they differ.

    With --kernels the notebooks (all, if none is named) are run anew under each choice of
    kernels that this processor supports and that is shown to round otherwise.
    """
    if other_kernels:
        check_kernels(chosen(names, everything or not names), only or [], jobs, timeout, output / "kernels")
        return
    differ = {}
    for name in chosen(names, everything):
        differ[name] = compared(name, verdicts.read(name, output / "verdicts"))
    if problems := told(differ):
        fail("\n".join(problems))
    console.print("the fresh verdicts are those kept in data/verdicts")


def check_kernels(picked: list[str], only: list[str], jobs: int, timeout: float, output: Path) -> None:
    """Run notebooks under every setting of the kernels that moves bits; show which words move with them."""
    tried = [
        s for s in kernels.settings() if not only or any(word.lower() in s.name.lower() for word in only)
    ]
    if not tried:
        fail(
            f"no such kernels: {', '.join(only)}; there are {', '.join(s.name for s in kernels.settings())}",
            2,
        )
    table = Table("kernels", "other bits in", "words", "numbers")
    problems, shown = [], 0
    for found in kernels.evidence(tried):
        setting, where = found.setting, ", ".join(found.moved) or "–"
        if found.why_not:
            table.add_row(setting.name, where, found.why_not, "–")
            continue
        complaints.print(f"{setting.name}: other bits in {where}")
        place = output / setting.name.replace(" ", "-")
        tasks = {n: (notebooks.read(notebooks.locate(n)), place / f"{n}.ipynb", {}) for n in picked}
        outcomes = run_all(tasks, jobs, timeout, setting.variables)
        failed = [f"{name}: {outcome.error}" for name, outcome in outcomes.items() if outcome.error]
        differ = {n: compared(n, outcome.record) for n, outcome in outcomes.items() if not outcome.error}
        failed += [f"{name}: {difference}" for name, lines in differ.items() for difference in lines]
        problems += [f"{setting.name}: {line}" for line in failed]
        words = sum(difference.verdict for lines in differ.values() for difference in lines)
        numbers = sum(not difference.verdict for lines in differ.values() for difference in lines)
        ran = f"{len(differ)} of {len(picked)} notebooks ran; " if len(differ) < len(picked) else ""
        table.add_row(
            setting.name,
            where,
            f"{ran}{words or 'none'} moved",
            f"{numbers or 'none'} beyond drift",
        )
        shown += 1
    console.print(table)
    if problems:
        fail("\n".join(problems))
    if not shown:
        fail("no setting gives other bits on this processor, so nothing was shown; try another machine")
    console.print(
        f"under {shown} other choices of kernels, each shown to move bits, every word is the one kept"
    )


@app.command()
def mutate(
    names: Names = None,
    everything: Everything = False,
    jobs: Jobs = 1,
    timeout: Timeout = 600,
    output: Output = Path("out"),
) -> None:
    """Break what each claim rests on and see that its verdict changes, and no other."""
    broken, papers, problems = mutation.prepared(chosen(names, everything))
    tasks = {name: (book, output / "mutated" / f"{name}.ipynb", {}) for name, book in broken.items()}
    for name, outcome in run_all(tasks, jobs, timeout).items():
        if outcome.error:
            problems.append(f"{name}: {outcome.error}")
            continue
        records = notebooks.records(outcome.notebook)
        try:
            kept = verdicts.read(name)
        except verdicts.VerdictError as error:
            problems.append(f"{name}: {error}")
            continue
        problems += [f"{name}: {line}" for line in mutation.survivors(papers[name], kept, records)]
    if problems:
        fail("\n".join(problems))
    console.print("every mutation changes the verdicts it names, and no other")


@app.command()
def lint(names: Names = None, everything: Everything = False) -> None:
    """Check the anatomy of notebooks as text; no cell is run."""
    problems = []
    for name in chosen(names, everything):
        try:
            problems += [f"{name}: {line}" for line in anatomy.problems(name)]
        except EXPECTED as error:
            problems.append(f"{name}: {error}")
    if problems:
        fail("\n".join(problems))
    console.print("every notebook has the anatomy")


@app.command()
def scoreboard(
    write: Annotated[bool, typer.Option("--write", help="Put it into README.md.")] = False,
) -> None:
    """Show the scoreboard of the verdicts kept, or put it into the README, with its figure.

    Notebooks that have no verdicts yet are named, and left out of the README.
    """
    readme = tables.data_folder().parent / "README.md"
    table, problems = scoreboard_table(verdicts.folder(), notebooks.names())
    if write:
        tables.write_atomically(readme, verdicts.placed(readme.read_text(encoding="utf-8")))
        (readme.parent / ".github" / "figure.png").write_bytes(verdicts.cover()[0])
    else:
        console.print(table)
    if problems:
        fail("\n".join(problems))


@app.command()
def new(name: Annotated[str, typer.Argument(help="NN_short_finding")]) -> None:
    """Write a notebook that has the anatomy, and fails until it is filled."""
    console.print(f"wrote {anatomy.start(name)}; 'scalinglaws lint {name}' says what is missing")


@data.command()
def verify(
    slugs: Annotated[list[str] | None, typer.Argument(help="Tables; all if none.")] = None,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Also make published tables again from their upstream files.")
    ] = False,
) -> None:
    """Check hash, types, columns and ranges of every table, and that data/README.md describes them.

    A hash says that nothing was changed by accident. That the numbers are the published ones is
    proved by --upstream, which makes every published table again from the authors' files: read in
    the folder that SCALINGLAWS_MIRROR names, or fetched. Exit 1 if a table differs, or if none
    could be made again.
    """
    picked = slugs or list(tables.folders())
    problems = found_wrong(picked, tables.verify)
    published = [s for s in picked if is_published(s)] if upstream and not problems else []
    absent: list[str] = []
    problems += found_wrong(published, tables.rebuilt, absent)
    for line in absent:
        complaints.print(f"not made again: {line}", markup=False)
    if published and len(absent) == len(published):
        problems.append("no table could be made again from its upstream files")
    if not slugs and not problems and not tables.is_described():
        problems.append("data/README.md is stale: run 'scalinglaws data rebuild'")
    if problems:
        fail("\n".join(problems))
    console.print(f"{len(picked)} tables are what their SOURCE.json says")
    if upstream:
        console.print(
            f"{len(published) - len(absent)} of {len(published)} published ones come out of upstream again"
        )


def is_published(slug: str) -> bool:
    """Whether a table's figures were carried over from a publication."""
    return tables.folder_of(slug).parent.name == "published"


def found_wrong(slugs: list[str], examine: Any, absent: list[str] | None = None) -> list[str]:
    """What is wrong with tables, a line each; where a file cannot be had, the line goes to `absent`."""
    problems = []
    for slug in slugs:
        try:
            examine(slug)
        except tables.TableError as error:
            is_absent = absent is not None and isinstance(error, tables.Unavailable)
            (absent if is_absent else problems).append(str(error))
    return problems


@data.command()
def rebuild(
    slugs: Annotated[list[str] | None, typer.Argument(help="Tables; all published ones if none.")] = None,
) -> None:
    """Make published tables again from their upstream files, and data/README.md with them."""
    for slug in slugs or tables.converters():
        console.print(f"{tables.rebuild(slug).name}: {tables.source(slug)['rows']} rows")
    tables.write_atomically(tables.data_folder() / "README.md", tables.describe())


@data.command()
def seal(slugs: Annotated[list[str], typer.Argument(help="Tables.")]) -> None:
    """Write SHA256SUMS of tables anew, after an edit of their files that is meant to stay."""
    for slug in slugs:
        tables.seal(tables.folder_of(slug))
        tables.verify(slug)
    tables.write_atomically(tables.data_folder() / "README.md", tables.describe())


def main() -> None:
    """The `scalinglaws` command: what a user can mend is one line, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding shows a question mark for what it does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except EXPECTED as error:
        complaints.print(f"error: {error}", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The command line of the tables in data/: list, verify, new, rebuild, seal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from scalinglaws import repository
from scalinglaws.cli import terminal
from scalinglaws.errors import UserError
from scalinglaws.text import counted

data = typer.Typer(no_args_is_help=True, help="The tables in data/: list, check, make them again.")


def completed(incomplete: str) -> Iterator[str]:
    """The tables that a word on the command line may become."""
    with contextlib.suppress(UserError):
        known = repository.data_folder().glob("*/*/SOURCE.json")
        yield from sorted(path.parent.name for path in known if path.parent.name.startswith(incomplete))


def tables_argument(help: str) -> typer.models.ArgumentInfo:
    """Tables on the command line."""
    return typer.Argument(help=help, show_default=False, autocompletion=completed)


@data.command("list")
def list_() -> None:
    """List the tables, with where they are from and how many rows they have; exit 1 if one is damaged."""
    from scalinglaws.tables import loading, schema

    rows, problems = [], []
    for slug, folder in loading.folders().items():
        try:
            about = loading.source(slug)
            rows.append((slug, folder.parent.name, f"{about['rows']:,}", about["title"]))
        except schema.TableError as error:
            rows.append((slug, folder.parent.name, "–", "–"))
            problems.append(str(error))
    terminal.show(terminal.tables_listed(rows))
    typer.echo(counted(len(rows), "table"))
    terminal.fail_if(problems)


@data.command()
def verify(
    slugs: Annotated[list[str] | None, tables_argument("Tables; all if none.")] = None,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="Also make published tables again from their upstream files.")
    ] = False,
) -> None:
    """Check hash, types, columns and ranges of every table, and that its README describes it.

    A hash says that nothing was changed by accident. That the numbers are
    the published ones is proved by --upstream, which makes every published
    table again from the authors' files: read in the folder that
    SCALINGLAWS_MIRROR names, or fetched. Exit 1 if a table differs, or if
    none could be made again.
    """
    from scalinglaws.tables import description, loading
    from scalinglaws.tables.upstream import rebuilt

    picked = slugs or list(loading.folders())
    problems = found_wrong(picked, loading.verify)
    published = [s for s in picked if is_published(s)] if upstream and not problems else []
    absent: list[str] = []
    problems += found_wrong(published, rebuilt, absent)
    for line in absent:
        typer.echo(f"not made again: {line}", err=True)
    if published and len(absent) == len(published):
        problems.append("no table could be made again from its upstream files")
    if not slugs and not problems and (stale := description.stale()):
        problems.append(f"stale: {', '.join(stale)}; run 'scalinglaws data rebuild'")
    terminal.fail_if(problems)
    are = "is what its" if len(picked) == 1 else "are what their"
    typer.echo(f"{counted(len(picked), 'table')} {are} SOURCE.json says")
    if upstream:
        made, come = len(published) - len(absent), "comes" if len(published) == 1 else "come"
        typer.echo(f"{made} of {counted(len(published), 'published one')} {come} out of upstream again")


def is_published(slug: str) -> bool:
    """Whether a table's figures were carried over from a publication."""
    from scalinglaws.tables import loading

    return loading.folder_of(slug).parent.name == "published"


def found_wrong(
    slugs: list[str], examine: Callable[[str], None], absent: list[str] | None = None
) -> list[str]:
    """What is wrong with tables, a line each; where a file cannot be had, the line goes to `absent`."""
    from scalinglaws.tables import schema, upstream

    problems = []
    for slug in slugs:
        try:
            examine(slug)
        except schema.TableError as error:
            is_absent = absent is not None and isinstance(error, upstream.Unavailable)
            (absent if is_absent else problems).append(str(error))
    return problems


@data.command()
def new(slug: Annotated[str, typer.Argument(help="Name of the table: paper_what.")]) -> None:
    """Write a converter, which carries a published table over; it is refused until it is filled in."""
    from scalinglaws.tables import new_converter

    path = new_converter.start(slug).relative_to(repository.data_folder().parent)
    typer.echo(
        f"wrote {path}: fill in where the file lies and its hash, the columns with units and ranges, and "
        f"convert(), which makes the table; then 'scalinglaws data rebuild {slug}'"
    )


@data.command()
def rebuild(
    slugs: Annotated[list[str] | None, tables_argument("Tables; all published ones if none.")] = None,
) -> None:
    """Make published tables again from their upstream files, and the READMEs of data/ with them."""
    from scalinglaws.tables import description, loading, upstream

    for slug in slugs or upstream.converters():
        typer.echo(f"{upstream.rebuild(slug).name}: {counted(loading.source(slug)['rows'], 'row')}")
    description.write()


@data.command()
def seal(slugs: Annotated[list[str], tables_argument("Tables.")]) -> None:
    """Write SHA256SUMS of tables anew, after an edit of their files that is meant to stay."""
    from scalinglaws.tables import description, loading, sealing

    for slug in slugs:
        sealing.seal(loading.folder_of(slug))
        loading.verify(slug)
    description.write()

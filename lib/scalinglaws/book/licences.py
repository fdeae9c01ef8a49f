"""Where every table comes from and under which licence."""

from __future__ import annotations

from scalinglaws.book.markup import plain, table
from scalinglaws.book.suite import Finding
from scalinglaws.tables import description, loading
from scalinglaws.text import command_of


def overview() -> str:
    """A row a table: what it holds, how many rows, and its licence or the command that makes it."""
    rows = []
    for slug in loading.folders():
        about = loading.source(slug)
        known = (
            plain(about["licence"])
            if "repository" in about
            else f"own runs, MIT: `{command_of(about['module'], about['scale'])}`"
        )
        rows.append([f"[`{slug}`](#{anchor(slug)})", plain(about["title"]), f"{about['rows']:,}", known])
    return table(["table", "what", "rows", "licence"], rows)


def sections(findings: list[Finding]) -> str:
    """For each table its origin, its columns, the notebooks that read it, and the file itself."""
    return "\n\n".join(
        section(slug, [one for one in findings if slug in one.tables]) for slug in loading.folders()
    )


def section(slug: str, readers: list[Finding]) -> str:
    """What is known of one table."""
    about = loading.source(slug)
    read = ", ".join(f"[{one.digits}](../notebooks/{one.name}.ipynb)" for one in readers)
    lines = [f"({anchor(slug)})=", f"## {plain(slug)}", "", plain(about["title"]), ""]
    lines += description.origin(about) if "repository" in about else description.making(about)
    lines += [f"- rows: {about['rows']:,}; sha256: `{about['sha256']}`"]
    lines += [f"- read by: {read}"] if read else []
    lines += [f"- file: {{download}}`{about['table']} <../originals/{slug}/{about['table']}>`", ""]
    columns = [
        [f"`{name}`", plain(column["unit"]), plain(column["about"])]
        for name, column in about["columns"].items()
    ]
    return "\n".join([*lines, table(["column", "unit", "what"], columns)])


def anchor(slug: str) -> str:
    """The address of a table on the page."""
    return f"table-{slug.replace('_', '-')}"

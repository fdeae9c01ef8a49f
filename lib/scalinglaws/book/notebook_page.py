"""A notebook as a page of the book: a box below its title, machinery folded, alt text and downloads."""

from __future__ import annotations

from copy import deepcopy

from scalinglaws import repository
from scalinglaws.book import address
from scalinglaws.book.answers import Answer
from scalinglaws.book.markup import badge, plain
from scalinglaws.book.suite import CITATION, BookError, Finding
from scalinglaws.claims import verdicts
from scalinglaws.notebooks import files, pages, scoreboard, whereabouts
from scalinglaws.notebooks.formats import NotebookNode
from scalinglaws.tables import loading
from scalinglaws.text import counted

#: Code that is shown when it is asked for: the claims, drawing, mutations.
FOLDED = {files.TAG_CLAIMS, files.TAG_FIGURE, files.TAG_MUTATIONS}
#: A call whose code is a form filled in.
CHECKLIST = "checklist("


def staged(finding: Finding, answers: list[Answer]) -> NotebookNode:
    """The notebook as the book shows it; the committed one is left as it is.

    Raises
    ------
    BookError
        If one cell shows figures of different alt text, of which a page can keep only one.
    """
    notebook = deepcopy(finding.notebook)
    pages.tabulate(notebook)
    heading, _, rest = notebook.cells[0].source.partition("\n")
    # The paper and the cost are in the box, where they come from what is kept.
    rest = CITATION.sub("", rest)
    notebook.cells[0].source = f"{heading}\n\n{box(finding, answers)}\n\n{rest.strip()}"
    for cell in files.code(notebook):
        dress(cell, finding.name)
    return notebook


def dress(cell: NotebookNode, name: str) -> None:
    """Fold the machinery of a code cell, and make its outputs such as may stand in a page."""
    tags = files.tags(cell)
    if FOLDED & {*tags} or cell.source.lstrip().startswith(CHECKLIST):
        cell.metadata["tags"] = [*tags, "hide-input"]
    if cell.source.strip() == files.VERDICT[0]:
        # Words alone, for the comparison of runs; the table that follows has them beside the numbers.
        cell.metadata["tags"] = [*tags, "hide-cell"]
    # The record is for programs; the box has it as a download.
    cell.outputs = [output for output in cell.outputs if "application/json" not in output.get("data", {})]
    if not cell.outputs and cell.source.strip() == files.VERDICT[2]:
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-cell"]
    for output in cell.outputs:
        if html := output.get("data", {}).get("text/html"):
            output.data["text/html"] = pages.sanitised(pages.labelled(html))
    alts = {
        output.metadata.get("image/png", {}).get("alt", "")
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    }
    if len(alts) > 1:
        raise BookError(f"{name}: a cell shows figures of {len(alts)} alt texts; show one figure a cell")
    if alts:
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(alts.pop().split())}}


def box(finding: Finding, answers: list[Answer]) -> str:
    """What stands below the title: finding, paper, headline, claims by role, cost, licences, downloads."""
    entries = guiding(finding) if finding.stated is None else judged(finding, finding.stated.sentence)
    entries |= {
        "Cost": plain(verdicts.cost_in_words(finding.cost))
        + f" on {plain(finding.cost.get('device', 'a CPU'))}",
        "Data": "; ".join(map(licence, finding.tables)),
        "In the repository": in_the_repository(finding),
        "Did not replicate": failed(finding),
        "Answers of authors": answered(finding, answers),
        "Download": downloads(finding),
    }
    items = "\n".join(f"- **{name}.** {text}" for name, text in entries.items() if text)
    return f"::::{{container}} finding-box\n{items}\n::::"


def guiding(finding: Finding) -> dict[str, str]:
    """What a notebook is that replicates nothing."""
    kind, does = ("A guide", "shows how something is done")
    if files.counts_verdicts(finding.name):
        kind, does = ("About the suite", "counts what the other notebooks concluded")
    return {kind: f"it {does}, replicates nothing and states no claims", "Literature": finding.citation}


def judged(finding: Finding, sentence: str) -> dict[str, str]:
    """What became of the finding and its claims."""
    return {
        "Finding tested": plain(sentence),
        "Paper": finding.citation,
        "Headline": badge(scoreboard.headline(finding.name, finding.verdicts)),
        "Claims that hold": plain(scoreboard.held_by_role(finding.verdicts)),
    }


def licence(slug: str) -> str:
    """A table, linked to what is said of it, with its licence."""
    about = loading.source(slug)
    under = about["licence"].partition(",")[0] if "repository" in about else "own runs, MIT"
    return f"[`{slug}`](../learn/data.md#table-{slug.replace('_', '-')}) ({plain(under)})"


def in_the_repository(finding: Finding) -> str:
    """Where its code and the oracle of its numbers lie, linked where the repository has an address."""
    if finding.stated is None:
        return ""
    root, home = repository.data_folder().parent, address.of_repository()
    said = []
    for what, place in whereabouts.places(finding.name).items():
        path = place.relative_to(root).as_posix()
        if what in ("code", "oracle"):
            said.append(f"{what} [`{path}`]({home}/tree/HEAD/{path})" if home else f"{what} `{path}`")
    return " · ".join(said)


def failed(finding: Finding) -> str:
    """The claims that did not replicate, with a link to the reasons."""
    ids = scoreboard.failures(finding.verdicts)
    if not ids:
        return ""
    named = ", ".join(f"`{id}`" for id in ids)
    return f"{named}: [why, and what would change our mind](../learn/failures.md#failed-{finding.digits})"


def answered(finding: Finding, answers: list[Answer]) -> str:
    """How many answers of authors there are, with a link to them."""
    mine = [answer for answer in answers if answer.notebook == finding.name]
    if not mine:
        return ""
    return f"[{counted(len(mine), 'answer')}](../learn/failures.md#failed-{finding.digits})"


def downloads(finding: Finding) -> str:
    """Links to the notebook as it is committed, to its claims file, and to its verdicts."""
    name = finding.name
    kept = {"notebook": f"{name}.ipynb"}
    if finding.stated is not None:
        kept |= {"claims": f"{name}.toml", "verdicts": f"{name}.json"}
    offered = [f"{{download}}`{what} <../originals/{file}>`" for what, file in kept.items()]
    if opened := address.binder(address.of_repository(), f"notebooks/{name}.ipynb"):
        offered.append(f"[run it on Binder]({opened})")
    return " · ".join(offered)

"""The scoreboard as people read it on the web: one row a paper in the README, every claim in data/verdicts."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims import INCONCLUSIVE, NOT_REPLICATED, PARTLY, REPLICATED, UNTESTABLE, WIDER, verdicts
from scalinglaws.claims.claim import ROLES
from scalinglaws.claims.stated import stated
from scalinglaws.notebooks import files

#: The notebook whose last figure stands at the top of the README.
COVER = "10_chinchilla_third_approach"
#: Its place in the README, before and after the alternative text.
FIGURE = re.compile(r'(<img src="\.github/figure\.png"[^>]* alt=")[^"]*(")')
BEGIN, END = "<!-- scoreboard:begin -->", "<!-- scoreboard:end -->"
#: From the weakest: a finding is as good as its weakest part.
WEAKEST = (NOT_REPLICATED, UNTESTABLE, INCONCLUSIVE, PARTLY, WIDER, REPLICATED)
HELD = (REPLICATED, WIDER)
#: What tests a finding; what is recomputed reproduces printed numbers, and arithmetic follows from the rest.
TESTING = ("re-analysed", "independent", "live")
#: Roles of which it is counted how many claims hold, each by itself; arithmetic follows from the others.
TALLIED = ("recomputed", *TESTING)
INTRODUCTION = """\
# All verdicts

Every claim of every replication, as `data/verdicts/*.json` keeps it; written by `scalinglaws scoreboard --write`.
Claims of one group state parts of one thing and are folded together; what failed stands first, unfolded. Roles are
never pooled: *recomputed* reproduces a printed number from the authors' data by their recipe; *re-analysed* asks a
question of ours of their data; *independent* rests on other data, own training or theory; *live* is trained or
simulated in the notebook; *arithmetic* follows from other claims or from counting. Power is the chance that an
interval as wide as ours, centred on the paper's value, would have excluded the rival. *Fragile* is a word that
another choice, as reasonable as the one made, turns into another. *Moves with* names the tables that moved a claim
when one of their columns was shuffled; once every claim had moved, no more columns were tried.

The line below each finding leads to what the paper says (claims), what was kept (verdicts), the code that this
finding alone needs, an independent computation of its numbers (oracle), and the stored tables that it loads.
"""


def weakest(words: Iterable[str]) -> str:
    """The word of a conjunction: that of its weakest part."""
    return min(words, key=WEAKEST.index)


def held(found: Iterable[dict[str, Any]]) -> str:
    """How many of some verdicts hold, as "3 of 5"; a dash where there are none."""
    words = [verdict["word"] for verdict in found if verdict["word"] != UNTESTABLE]
    return f"{sum(word in HELD for word in words)} of {len(words)}" if words else "–"


def of_role(found: Iterable[dict[str, Any]], *roles: str) -> list[dict[str, Any]]:
    """The verdicts whose claim has one of these roles."""
    return [verdict for verdict in found if verdict["role"] in roles]


def held_by_role(found: list[dict[str, Any]], roles: Iterable[str] = TALLIED) -> str:
    """How many claims of each role hold, of those that could be tested: "recomputed 5 of 6, live 1 of 1"."""
    return ", ".join(
        # A dash stands where none of them can be tested.
        f"{role} {held(mine).replace('–', '(untestable here)')}"
        for role in roles
        if (mine := of_role(found, role))
    )


def headline(name: str, found: list[dict[str, Any]]) -> str:
    """The word for a finding: that of the weakest claim that it names and that could be tested."""
    cited = stated(name).cited
    words = [verdict["word"] for verdict in found if verdict["id"] in cited]
    tested = [word for word in words if word != UNTESTABLE]
    if not tested:
        return UNTESTABLE
    return weakest(tested) + (f"; in part {UNTESTABLE}" if len(tested) < len(words) else "")


def title(name: str) -> str:
    """A notebook's title, as it may stand in a table."""
    return cell(files.title(files.glance(files.locate(name))))


def heading(name: str, above: str) -> str:
    """A notebook's title as a link, from a folder that lies so far below the root."""
    return f"[{title(name)}]({above}notebooks/{name}.ipynb)"


def standing(name: str, found: list[dict[str, Any]]) -> dict[str, str]:
    """What is said of a paper in one row: heading of a column -> text."""
    return {
        "headline": headline(name, found),
        "printed numbers": held(of_role(found, "recomputed")),
        "finding tested": held_by_role(found, TESTING) or "–",
        "evidence": ", ".join(dict.fromkeys(verdict["evidence"] for verdict in found)),
        "CPU time": verdicts.cost_in_words(verdicts.costs().get(name, {})),
    }


def failures(found: Iterable[dict[str, Any]]) -> list[str]:
    """The claims that did not replicate, by their ids."""
    return [verdict["id"] for verdict in found if verdict["word"] == NOT_REPLICATED]


def papers() -> str:
    """One row a paper, and then what failed, by name."""
    lines = ["| finding | headline | printed numbers | finding tested | evidence | CPU time |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    failed = []
    for name in filter(verdicts.kept().__contains__, files.names()):
        found = verdicts.read(name)["verdicts"]
        lines.append(f"| {' | '.join([heading(name, ''), *standing(name, found).values()])} |")
        if ids := [
            f"[`{id}`](data/verdicts/README.md#{verdicts.anchor(name, id)})" for id in failures(found)
        ]:
            failed.append(f"{name[:2]}: {', '.join(ids)}")
    return "\n".join([*lines, "", f"**What did not replicate**, by the claim's name: {' · '.join(failed)}"])


def contents(names: Iterable[str]) -> list[str]:
    """A line a notebook, which leads to its claims and says what became of its finding."""
    return [
        f"- [{name[:2]} {title(name)}](#{chapter(name)}): {headline(name, verdicts.read(name)['verdicts'])}"
        for name in names
    ]


def claims(name: str) -> list[str]:
    """Every claim of a notebook, role by role, its groups folded, failures first."""
    # It needs pandas, without which the commands that only list what is kept begin at once.
    from scalinglaws.notebooks import whereabouts

    found, tables = verdicts.read(name)["verdicts"], whereabouts.moved_with(name)
    moving = {verdict["id"]: ", ".join(tables.get(verdict["id"], [])) or "–" for verdict in found}
    lines = [f'<a id="{chapter(name)}"></a>', ""]
    lines += [f"## {name[:2]} {heading(name, '../../')}", "", stated(name).sentence, "", doors(name), ""]
    for role in ROLES:
        mine = of_role(found, role)
        groups = {
            group: [v for v in mine if v["group"] == group]
            for group in dict.fromkeys(v["group"] for v in mine)
        }
        if groups:
            lines += [f"### {role}", ""]
        for group in sorted(groups, key=lambda g: WEAKEST.index(weakest(v["word"] for v in groups[g]))):
            lines += folded(name, group, groups[group], moving)
    return lines


def chapter(name: str) -> str:
    """The fragment under which the page of all claims shows a finding."""
    return f"finding-{name[:2]}"


def doors(name: str) -> str:
    """A line of links to everything of a finding, from the folder of the verdicts."""
    from scalinglaws.notebooks import whereabouts
    from scalinglaws.tables import loading

    def link(what: str, place: Path) -> str:
        return f"[{what}]({Path(os.path.relpath(place, verdicts.folder())).as_posix()})"

    folders, slugs = loading.folders(), whereabouts.tables(name, files.read(files.locate(name)))
    tables = ", ".join(link(f"`{slug}`", folders[slug]) for slug in slugs)
    links = [link(what, place) for what, place in whereabouts.places(name).items()]
    return " · ".join([*links, *([f"tables: {tables}"] if tables else [])])


def folded(name: str, group: str, found: list[dict[str, Any]], moving: dict[str, str]) -> list[str]:
    """One group: a line that says how it went, and its claims as a table that unfolds.

    Where a claim did not replicate, the table is unfolded: links lead to it.
    """
    words = [verdict["word"] for verdict in found]
    counts = ", ".join(f"{words.count(word)} {word}" for word in WEAKEST if word in words)
    table = [
        "| claim | statement | paper | ours [95 % interval] | power | verdict | moves with |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for verdict in sorted(found, key=lambda v: WEAKEST.index(v["word"])):
        statement, paper, ours, word = verdicts.row(verdict)
        power = "–" if verdict.get("power") is None else f"{verdict['power']:.2f}"
        said = f"{word} ({'; '.join(notes)})" if (notes := verdicts.notes(verdict)) else word
        texts = map(cell, (verdict["id"], statement, paper, ours, power, said, moving[verdict["id"]]))
        table.append(f'| <a id="{verdicts.anchor(name, verdict["id"])}"></a>{" | ".join(texts)} |')
    unfolded = " open" if NOT_REPLICATED in words else ""
    summary = f"<details{unfolded}><summary>{cell(group)}: {counts}</summary>"
    return [summary, "", *table, "", "</details>", ""]


def every_claim() -> str:
    """What stands in data/verdicts/README.md."""
    names = verdicts.kept()
    lines = [INTRODUCTION, *contents(names), "", *(line for name in names for line in claims(name))]
    return "\n".join(lines).rstrip() + "\n"


def cell(text: str) -> str:
    """Text as it stands in a cell of a markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def cover() -> tuple[bytes, str]:
    """The README's figure and its alt text, as the notebook stores them."""
    notebook = files.read(files.locate(COVER))
    outputs = [output for cell in files.code(notebook) for output in cell.outputs]
    last = [output for output in outputs if "image/png" in output.get("data", {})][-1]
    return base64.b64decode(last.data["image/png"]), last.metadata["image/png"]["alt"]


def placed(readme: str) -> str:
    """The README's text with a fresh scoreboard between its markers, and its figure's text.

    Raises
    ------
    VerdictError
        If the markers or the figure are missing.
    """
    alt = cover()[1].replace('"', "&quot;")
    readme, found = FIGURE.subn(lambda image: image[1] + alt + image[2], readme)
    if not found:
        raise verdicts.VerdictError("README.md lacks the figure .github/figure.png with its alt text")
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise verdicts.VerdictError(f"README.md lacks the markers {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{papers()}\n{END}{tail}"


def write() -> None:
    """Bring the README, its figure and data/verdicts/README.md up to date."""
    readme = repository.data_folder().parent / "README.md"
    repository.write_atomically(readme, placed(readme.read_text(encoding="utf-8")))
    repository.write_atomically(verdicts.folder() / "README.md", every_claim())
    (readme.parent / ".github" / "figure.png").write_bytes(cover()[0])

"""README and CONTRIBUTING: short enough to be read, and every link, command and option in them is there."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from scalinglaws.claims import verdicts
from scalinglaws.cli.main import app
from scalinglaws.notebooks import scoreboard, whereabouts

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@pytest.fixture(params=["README.md", "CONTRIBUTING.md"])
def document(request, repository) -> str:
    return (repository / request.param).read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The words of every call of a program in blocks and spans of code."""
    blocks = BLOCK.findall(text)
    lines = [line for block in blocks for line in block.splitlines()] + SPAN.findall(BLOCK.sub("", text))
    parts = [part for line in lines for part in line.partition("#")[0].split("&&")]
    # In prose three dots stand for the rest of a call.
    return [shlex.split(part) for part in parts if re.match(r"\s*(?:scalinglaws|make) [^.…]", part)]


#: The README's lines beside those of its papers.
MOST = 104


def test_the_readme_fits_a_screen_or_two_and_has_one_line_a_paper(repository):
    lines = (repository / "README.md").read_text(encoding="utf-8").splitlines()
    papers = [line for line in lines if re.match(r"\| \[.*\]\(notebooks/\d\d_\w+\.ipynb\) \|", line)]
    assert len(papers) == len(verdicts.kept())
    assert len(lines) <= MOST + len(papers), "move what is not for everybody to CONTRIBUTING.md"
    doors = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert doors == [
        "Scoreboard",
        "Read one",
        "Rerun one, also at full scale",
        "Use the library on your own runs",
        "Add a replication",
        "FAQ",
    ]


def test_links_lead_somewhere(document, repository):
    targets = re.findall(r"\]\(([^)#\s]+)", document)
    inside = [target for target in targets if not target.startswith("http")]
    assert inside
    # The list of all verdicts is written with the verdicts; that it is there is tested elsewhere.
    for target in {*inside} - {"data/verdicts/README.md"}:
        assert (repository / target).exists(), target


def anchors(page: str) -> set[str]:
    """The fragments that a page of Markdown has, by anchors of its own or by its headings."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    own = re.findall(r'<a id="([^"]+)"></a>', page)
    assert len(own) == len({*own}), "an anchor that is there twice"
    return {*own} | {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_fragments_are_there(document, repository):
    for target, fragment in re.findall(r"\]\(([^)#\s]+\.md)#([^)\s]+)\)", document):
        assert fragment in anchors((repository / target).read_text(encoding="utf-8")), fragment


def test_every_claim_that_did_not_replicate_is_named_and_linked_in_the_readme(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    for name in verdicts.kept():
        for id in scoreboard.failures(verdicts.read(name)["verdicts"]):
            assert f"[`{id}`](data/verdicts/README.md#{verdicts.anchor(name, id)})" in readme, (name, id)


def test_each_finding_on_the_page_of_all_claims_leads_to_all_that_belongs_to_it():
    page = (verdicts.folder() / "README.md").read_text(encoding="utf-8")
    known = anchors(page)
    for name in verdicts.kept():
        stem, section = name[3:], page.partition(f'<a id="finding-{name[:2]}"></a>')[2]
        doors = next(line for line in section.splitlines() if line.startswith("[claims]"))
        links = dict(re.findall(r"\[(.*?)\]\((.*?)\)", doors))
        assert {what: links.pop(what) for what in ("claims", "verdicts", "code", "oracle")} == {
            "claims": f"../claims/{name}.toml",
            "verdicts": f"{name}.json",
            "code": f"../../lib/replications/{stem}",
            "oracle": f"../../tests/replications/test_{stem}.py",
        }
        # What a finding has trained itself, it loads.
        runs = {path.name for path in (verdicts.folder().parent / "runs").glob(f"{stem}*")}
        shown = {slug.strip("`") for slug in links}
        assert not runs or runs & shown, name
        for slug, where in links.items():
            assert (verdicts.folder() / where / "SOURCE.json").is_file(), (name, slug)
        assert f"](#finding-{name[:2]}): " in page.partition("<a id")[0], name
        assert {verdicts.anchor(name, v["id"]) for v in verdicts.read(name)["verdicts"]} <= known, name


def test_the_page_of_all_claims_says_why_a_claim_is_untestable_and_what_moves_the_others():
    page = (verdicts.folder() / "README.md").read_text(encoding="utf-8")
    rows = {
        re.search(r'id="([^"]+)"', line)[1]: line for line in page.splitlines() if line.startswith("| <a")
    }
    count = 0
    for name in verdicts.kept():
        moved = whereabouts.moved_with(name)
        for verdict in verdicts.read(name)["verdicts"]:
            row = rows[verdicts.anchor(name, verdict["id"])]
            count += bool(verdict["untestable"])
            assert scoreboard.cell(verdict["untestable"]) in row
            assert row.endswith(f" | {', '.join(moved.get(verdict['id'], [])) or '–'} |")
    assert count > 10


def test_the_page_of_all_claims_is_not_too_long_to_be_shown():
    # GitHub shows a file of Markdown as text without links beyond this.
    assert (verdicts.folder() / "README.md").stat().st_size < 512_000


def test_commands_and_their_options_are_there(document, repository):
    targets = re.findall(r"^(\w+):", (repository / "Makefile").read_text(), re.MULTILINE)
    known = typer.main.get_command(app)
    found = commands(document)
    assert len(found) >= 5
    for program, *words in found:
        if program == "make":
            assert words[0] in targets or "=" in words[0], words
            continue
        command = known
        while words and (inside := getattr(command, "commands", {}).get(words[0])):
            command, words = inside, words[1:]
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert not getattr(command, "commands", {}) or all(w.startswith("--") for w in words), words
        assert {word for word in words if word.startswith("--")} <= options, words


def test_a_call_that_is_not_there_is_seen():
    assert commands("`scalinglaws nonesuch 10 --x` and ```sh\nmake") == [
        ["scalinglaws", "nonesuch", "10", "--x"]
    ]
    assert commands("```sh\nmake setup && . x  # and more\nls\n```\n") == [["make", "setup"]]


def test_the_scoreboard_brings_the_figures_text_along(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    stale = re.sub(r'alt="[^"]*"', 'alt="an earlier figure"', readme)
    assert stale != readme and scoreboard.placed(stale) == scoreboard.placed(readme)
    for lacking in (readme.replace(scoreboard.END, ""), readme.replace(".github/figure.png", "figure.png")):
        with pytest.raises(verdicts.VerdictError, match=r"README\.md lacks the"):
            scoreboard.placed(lacking)

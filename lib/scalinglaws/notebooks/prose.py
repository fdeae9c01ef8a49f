"""Numbers in a notebook's prose must stand in what the notebook shows: no number is there by hand.

*Which numbers.* Decimals, percentages, and whole numbers in bold. Not code spans and links; not
the names of models and versions (`1.4B`, `Qwen1.5`, `3.11.7`); not the level of an interval or of a
test ("95 % interval", "p < 0.05"); not the place of something ("Table 3", "theorem 3.2"); not the
list of references, and not an exercise, which asks, unless its folded solution answers without the code
that computes it; and not a sentence that says where its numbers were read: a year in brackets, a
numbered table, figure or cell, another notebook, or a table or a module of ours (`data/runs/...`).

*Where they must stand.* In the outputs and constants of the code of the same section, from one `##`
heading to the next, or in what the claims file says of a claim that this section names, in prose or
code; a section without code may also quote the code cells next to it. Prose that names a claim may
quote its row of the verdict's table, and what stands before the first results and from the verdict on
sums up, and may quote the whole table and all claims. A sentence that speaks of the paper or its
authors, or of what was asked, may quote all claims as well. A sentence that points elsewhere in the
notebook ("as printed above", "(below)") may quote any output. Constants of a cell that draws are
sizes of a figure and support nothing.

*What counts as the same.* The sign does not matter. A number may be rounded if at least two
significant digits are left; a single digit must be printed as it is, since some number of a table
always rounds to it. 0.48 % is 0.0048, or 0.48 where the output says per cent, in its line or at the
head of its column, or where the code multiplies by 100. 1.5 billion is 1.5e9 or 1.5B, and
$10^{22.5}$ is 22.5 or its power of ten.
"""

from __future__ import annotations

import ast
import html
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from scalinglaws.claims.stated import Stated
from scalinglaws.notebooks import files
from scalinglaws.notebooks.formats import NotebookNode

SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
LETTERS = {"K": 3, "M": 6, "B": 9, "T": 12}
PERCENT = re.compile(r"%|\bper ?cent\b")
HUNDREDFOLD = re.compile(r"\b100 \*|[*/] 100\b")
PRINTED = re.compile(
    r"(?<![\w.])(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?:[eE](?P<power>[+-]?\d+)|(?P<letter>[KMBT])\b)?"
)
WRITTEN = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)(?P<base>10\^\{[-−]?)?(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    r"(?:e(?P<power>[+-]?\d+)|\s*\\(?:cdot|times)\s*10\^\{?(?P<ten>[-−]?\d+)\}?)?(?!\.?\w)"
    r"(?:[\s$]*(?P<percent>%|per ?cent\b)|[\s$-]*(?P<scale>thousand|million|billion|trillion)\b)?"
)
#: Between two numbers that share the unit behind the second: "2 to 82 %", "9.6 and 5.6 %".
SHARED = re.compile(r"\$?\s*(?:,|–|,?\s*(?:to|and|or))\s*\$?[-−]?")
PLACES = (
    r"(?:[Tt]ables?|[Ff]igures?|[Ff]igs?\.|[Ss]ections?|[Aa]ppendix|[Tt]heorems?|[Dd]efinitions?|[Pp]art|"
    r"[Ee]quations?|[Ee]qs?\.|[Cc]ells?|[Pp]ages?|[Nn]otebooks?|[Vv]ersions?)"
)
#: What unfolds when it is clicked on, as the solution of an exercise does.
FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)
#: What is no number of the notebook, and is passed over; a code span keeps the words around it apart.
PASSED_OVER = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|arXiv:\S+|https?://\S+"
    rf"|\b{PLACES}\s\(?[A-Z]?\.?\d[\d.]*(?:(?:, |\sand\s|\sto\s|–)\d[\d.]*)*"
    r"|\b\d+(?:\.\d+)?\s?\\?%(?=[\s$]*(?:\$t\$\s)?(?:intervals?|bands?|points?|confidence|level)\b)"
    r"|\$?\b[Pp]\$?\s*[<>=]\s*\$?0?\.\d+",
    re.DOTALL,
)
CITED = re.compile(
    rf"\(\d{{4}}[a-z]?[,;)]|, \d{{4}}[a-z]?\)|\b{PLACES}\s\(?[A-Z]?\.?\d|`(?:data/|scalinglaws\.|replications\.)"
)
SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\bal\.)(?<!\beq\.)(?<!\bFig\.)(?<!\bvs\.)(?:[*_)\"”]*)\s+|\n\s*\n|\n(?=\s*[-|\d])"
)
POINTS = re.compile(
    r"\((?:see )?(?:above|below)\)|\b(?:as|seen|said|printed|shown|table|figure) (?:above|below)\b"
)
#: A sentence that tells what somebody else says, or what was asked of a number.
OF_OTHERS = re.compile(
    r"\bet al\.|\b(?:papers?|prints?|printed|authors?|asked|stated|claims?|implies|imply|theirs?)\b"
)
BOLD = re.compile(r"\*\*.+?\*\*", re.DOTALL)
#: What a claims file says of the paper and what would refute it; no reasons, and nothing of our own pilots.
OF_THE_PAPER = ("paper", "rival", "within", "printed", "statement", "quote", "tolerance", "source")


@dataclass(frozen=True)
class Number:
    """A number as text shows it.

    Attributes
    ----------
    digits
        As written, with thousands separators and decimal point, without a sign.
    power
        The power of ten that it is multiplied by.
    percent
        Whether it is, or in an output may be, per cent.
    exponent
        Whether it is the exponent of a power of ten.
    """

    digits: str
    power: int = 0
    percent: bool = False
    exponent: bool = False

    @cached_property
    def value(self) -> float:
        """What it says."""
        # Read as one number, what is beyond all floats is infinite: a commit can look like 8777e566.
        return float(f"{self.digits.replace(',', '')}e{self.power}")

    @cached_property
    def place(self) -> int:
        """The power of ten of its last digit."""
        return self.power - len(self.digits.partition(".")[2])

    @cached_property
    def significant(self) -> int:
        """How many significant digits it has, zeros at the end among them."""
        return len(re.sub(r"[,.]", "", self.digits).lstrip("0"))

    def rounds(self, printed: Number, power: int = 0) -> bool:
        """Whether it is what a printed number, times a power of ten, says or is rounded to."""
        value, place = printed.value * 10.0**power, printed.place + power
        if math.isclose(value, self.value, rel_tol=1e-9, abs_tol=1e-12):
            return True
        near = abs(value - self.value) <= 0.5 * 10.0**self.place * (1 + 1e-6)
        return near and place < self.place and self.significant > 1

    def stands_in(self, printed: Iterable[Number]) -> bool:
        """Whether one of the printed numbers is this one."""
        return any(map(self.is_, printed))

    def is_(self, printed: Number) -> bool:
        """Whether a printed number is this one, in any way in which it may be written."""
        if self.percent:
            return self.rounds(printed, power=2) or (printed.percent and self.rounds(printed))
        if self.exponent and printed.value > 0:
            tens = Number(f"{abs(math.log10(printed.value)):.9f}")
            return self.rounds(printed) or self.rounds(tens)
        return self.rounds(printed)


@dataclass(frozen=True)
class Quoted:
    """A number in the prose.

    Attributes
    ----------
    number
        The number.
    cell
        Which cell of the notebook, counted from 0.
    around
        The words around it.
    printed
        The numbers among which it must stand.
    """

    number: Number
    cell: int
    around: str
    printed: frozenset[Number]

    @property
    def supported(self) -> bool:
        """Whether it stands where it must."""
        return self.number.stands_in(self.printed)


def printed(text: str, percent: bool = False) -> set[Number]:
    """The numbers in printed text; a line that says per cent may mean any of its numbers."""
    return {
        Number(
            found["digits"],
            int(found["power"] or LETTERS.get(found["letter"], 0)),
            percent or bool(PERCENT.search(line)),
        )
        for line in text.splitlines()
        for found in PRINTED.finditer(line)
    }


def in_table(table: str, percent: bool = False) -> set[Number]:
    """The numbers of an HTML table; a column or a row that says per cent may mean any of its numbers."""
    rows = [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell))
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    ]
    heads = rows[0] if "<thead" in table and rows else []
    found = set()
    for row in rows:
        in_row = any(map(PERCENT.search, row))
        # From the right: a label that spans several rows, at the left, is written in the first of them alone.
        for column, cell in enumerate(row, len(heads) - len(row)):
            in_head = 0 <= column < len(heads) and bool(PERCENT.search(heads[column]))
            found |= printed(cell, percent or in_row or in_head)
    return found


def outputs(cell: NotebookNode) -> set[Number]:
    """The numbers that a code cell printed or showed; the record is the verdict's table once more."""
    found, percent = set(), bool(HUNDREDFOLD.search(cell.source))
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        found |= printed(output.get("text", ""), percent)
        if "text/html" in data:
            found |= in_table(data["text/html"], percent)
        elif "application/json" not in data:
            found |= printed(data.get("text/plain", ""), percent)
    return found


def constants(cell: NotebookNode) -> set[Number]:
    """The numbers written in the code of a cell, if it draws nothing."""
    nodes = [*ast.walk(files.python(cell.source, "a code cell"))]
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    if "show" in calls:
        return set()
    return {
        number
        for node in nodes
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        for number in printed(repr(node.value))
    }


def claimed(claims: Stated | None, text: str | None = None) -> set[Number]:
    """The numbers of a claims file that are the paper's, or say what would refute it; none of a guide.

    Parameters
    ----------
    text
        Prose and code of a section: of the claims, those that it names. None for all of them.
    """
    if claims is None:
        return set()
    found = printed(claims.sentence)
    for claim in claims.claims:
        if text is not None and not (names(text, claim.id) or f'"{claim.id}"' in text):
            continue
        for field in OF_THE_PAPER:
            found |= printed(str(getattr(claim, field)), percent="%" in claim.unit)
    return found


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text start and end."""
    start = 0
    for gap in SENTENCE.finditer(text):
        yield start, gap.end()
        start = gap.end()
    yield start, len(text)


def solutions(exercises: str) -> str:
    """The folded solutions among exercises that do not show the code that computes them."""
    return "\n\n".join(text for text in FOLDED.findall(exercises) if "```" not in text)


def written(text: str) -> Iterator[tuple[Number, str, bool, bool]]:
    """The numbers of a piece of prose that must stand somewhere.

    Yields each number, the words around it, whether its sentence points elsewhere in the notebook, and
    whether it speaks of the paper.
    """
    text = re.sub(r"(?ms)^#+ References.*?(?=^#|\Z)", "", text)
    text = re.sub(r"(?ms)^#+ Exercises.*?(?=^#|\Z)", lambda found: solutions(found[0]), text)
    text = (
        text.replace("\\%", "%")
        .replace("\\,", " ")
        .replace("{,}", ",")
        .replace("\u202f", " ")
        .replace("\xa0", " ")
    )
    cited, pointing, others = (
        [(a, b) for a, b in sentences(text) if says.search(text, a, b)] for says in (CITED, POINTS, OF_OTHERS)
    )
    bold = [found.span() for found in BOLD.finditer(text)]
    # Blanked out, not taken out, so that places in the text stay what they are.
    plain = PASSED_OVER.sub(lambda found: "§" * len(found[0]), text)
    percent = scale = None
    after = len(plain)
    numbers = []
    for found in reversed([*WRITTEN.finditer(plain)]):
        if not (found["percent"] or found["scale"]) and SHARED.fullmatch(plain, found.end(), after):
            pass  # it shares the unit of the number behind it
        else:
            percent, scale = found["percent"], found["scale"]
        after = found.start()
        inside = [any(a <= found.start() < b for a, b in spans) for spans in (cited, bold, pointing, others)]
        whole = "." not in found["digits"]
        year = whole and re.fullmatch(r"(?:19|20)\d\d", found["digits"])
        if inside[0] or (whole and not percent and (year or not inside[1])):
            continue
        power = int((found["power"] or found["ten"] or "0").replace("−", "-")) + SCALES.get(scale, 0)
        around = " ".join(text[max(0, found.start() - 40) : found.end() + 20].split())
        numbers.append(
            (Number(found["digits"], power, bool(percent), bool(found["base"])), around, *inside[2:])
        )
    yield from reversed(numbers)


@dataclass(frozen=True)
class Part:
    """A piece of prose within one section, or a code cell.

    Attributes
    ----------
    section
        Which section it is in, counted from 0, the title's.
    cell
        Which cell it is in, counted from 0.
    prose
        The prose, or None for code.
    """

    section: int
    cell: int
    prose: str | None


def parts(notebook: NotebookNode) -> list[Part]:
    """The notebook's code cells, and its prose cut at the headings of sections."""
    found, section = [], 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            found.append(Part(section, index, None))
        elif cell.cell_type == "markdown":
            for piece in re.split(r"(?m)^(?=## )", cell.source):
                section += piece.startswith("## ")
                found.append(Part(section, index, piece))
    return found


def rows_of(cell: NotebookNode) -> dict[str, set[Number]]:
    """The numbers in the rows of the verdict's table, by the id of the claim."""
    table = "".join(output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", []))
    return {row.split("  ")[0]: printed(row.partition("  ")[2]) for row in table.splitlines()}


def names(prose: str, id: str) -> bool:
    """Whether prose names a claim, by its id or by the start of it and an ellipsis, as code."""
    spans = re.findall(r"`([^`]+)`", prose)
    return any(id == span or (span.endswith("…") and id.startswith(span[:-1])) for span in spans)


def quoted(notebook: NotebookNode, claims: Stated | None) -> Iterator[Quoted]:
    """Every number in a notebook's prose that must stand in its outputs or its claims.

    Raises
    ------
    NotebookError
        If there is no verdict cell, or a code cell is no Python.
    """
    cells, pieces = notebook.cells, parts(notebook)
    verdict = cells.index(files.tagged(notebook, files.TAG_VERDICT)) if claims else len(cells)
    code = [part for part in pieces if part.prose is None]
    shown = {part.cell: outputs(cells[part.cell]) | constants(cells[part.cell]) for part in code}
    everything = frozenset().union(*shown.values())
    table = next((part.cell for part in code if part.cell > verdict), verdict)
    rows = rows_of(cells[table]) if claims else {}
    verdicts_section = next((part.section for part in code if part.cell == verdict), len(pieces))
    of_the_paper = claimed(claims)
    said: dict[int, str] = {}
    for part in pieces:
        text = cells[part.cell].source if part.prose is None else part.prose
        said[part.section] = f"{said.get(part.section, '')}\n{text}"
    for part in pieces:
        if part.prose is None:
            continue
        near = [other.cell for other in code if other.section == part.section]
        if not near:
            near = [other.cell for other in code if other.cell < part.cell][-1:]
            near += [other.cell for other in code if other.cell > part.cell][:1]
        sums_up = part.section <= 1 or part.section >= verdicts_section
        if claims and sums_up:
            near.append(table)
        own = of_the_paper if sums_up else claimed(claims, said[part.section])
        named = [row for id, row in rows.items() if names(part.prose, id)]
        stands = frozenset(own.union(*(shown[cell] for cell in near), *named))
        for number, around, points, told in written(part.prose):
            also = (everything if points else frozenset()) | (of_the_paper if told else frozenset())
            yield Quoted(number, part.cell, around, stands | also)


def problems(notebook: NotebookNode, claims: Stated | None) -> list[str]:
    """The numbers in the prose that stand nowhere, one sentence each."""
    return [
        f"{found.number.digits} stands in no output of its section and not in the claims file: "
        f"'{found.around}' (cell-{found.cell:02d})"
        for found in quoted(notebook, claims)
        if not found.supported
    ]

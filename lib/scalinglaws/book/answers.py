"""What authors answered to a verdict on their claim, shown beside it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields

from scalinglaws import repository
from scalinglaws.book.suite import BookError, Finding

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Answer:
    """What an author said of a verdict: an entry `[[answer]]` of `data/answers/<notebook>.toml`.

    Attributes
    ----------
    notebook
        The notebook; it is the name of the file.
    claim
        Id of the claim that is answered.
    author
        Who answers, as they wish to be named.
    date
        When, as YYYY-MM-DD.
    text
        The answer in the author's own words, as Markdown.
    """

    notebook: str
    claim: str
    author: str
    date: str
    text: str


def answers(findings: list[Finding]) -> list[Answer]:
    """All answers that are kept, in the order of their dates.

    Raises
    ------
    BookError
        If one is incomplete, or answers a claim that there is not.
    """
    known = {one.name: {verdict["id"] for verdict in one.verdicts} for one in findings}
    found = []
    for path in sorted((repository.data_folder() / "answers").glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BookError(f"data/answers/{path.name} is no TOML: {error}") from error
        if path.stem not in known:
            raise BookError(f"data/answers/{path.name}: there is no such notebook")
        for table in content.get("answer", []):
            found.append(answer(path.stem, table, known[path.stem]))
    return sorted(found, key=lambda one: one.date)


def answer(notebook: str, table: dict[str, object], ids: set[str]) -> Answer:
    """One answer, checked."""
    where = f"data/answers/{notebook}.toml"
    needed = {field.name for field in fields(Answer)} - {"notebook"}
    if table.keys() != needed or not all(
        isinstance(value, str) and value.strip() for value in table.values()
    ):
        raise BookError(f"{where}: an [[answer]] has {', '.join(sorted(needed))}, each a text, and no more")
    if table["claim"] not in ids:
        raise BookError(f"{where}: {table['claim']!r} is no claim of it")
    if not DATE.fullmatch(table["date"]):
        raise BookError(f"{where}: write the date as YYYY-MM-DD, not {table['date']!r}")
    return Answer(notebook, **table)

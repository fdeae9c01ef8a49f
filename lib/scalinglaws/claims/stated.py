"""Claims files: what a finding's paper says, and how each claim can be made to fail, as data.

`data/claims/<notebook>.toml` is written before any result. Nothing needs to be executed to
know what a notebook claims.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
import typing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims.claim import Claim, ClaimError
from scalinglaws.claims.mutation import Mutation

#: Ids of claims in the text of a finding: `... has other parameters [alpha, beta]`.
CITED = re.compile(r"\[([^\]]*)\]")
#: "printed rounding", or of so many printed numbers that the paper's one is made of.
ROUNDING = re.compile(r"printed rounding(?: of (\d+) numbers)?")


@dataclass(frozen=True)
class Stated:
    """What a claims file states.

    Attributes
    ----------
    finding
        One sentence; behind each clause stand the claims it rests on, in brackets.
    claims
        The claims in the order of the file.
    mutations
        Ways to break what they rest on; together they name every claim that can be tested.
    """

    finding: str
    claims: tuple[Claim, ...]
    mutations: tuple[Mutation, ...]

    def __post_init__(self) -> None:
        ids = [claim.id for claim in self.claims]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ClaimError(f"claims stated twice: {twice}")
        if unknown := sorted(set(self.cited) - set(ids)):
            raise ClaimError(f"the finding names claims that are not stated: {unknown}")
        if ids and not self.cited:
            raise ClaimError("the finding names no claim: put ids in brackets behind each clause")
        # A word that is inconclusive whatever is measured cannot change.
        testable = {c.id for c in self.claims if not (c.untestable or c.unstable)}
        named = {id for mutation in self.mutations for id in mutation.changes}
        if unknown := sorted(named - testable):
            raise ClaimError(f"mutations name no testable claim: {unknown}")
        if missed := sorted(testable - named):
            raise ClaimError(f"no mutation makes these claims fail: {missed}")

    @property
    def cited(self) -> tuple[str, ...]:
        """The claims that the finding names."""
        return tuple(id.strip() for part in CITED.findall(self.finding) for id in part.split(","))

    @property
    def sentence(self) -> str:
        """The finding without the ids."""
        return re.sub(r"\s*\[[^\]]*\]", "", self.finding)


def path_of(name: str) -> Path:
    """Where the claims of a notebook are stated."""
    return repository.data_folder() / "claims" / f"{name}.toml"


def stated(name: str) -> Stated:
    """What the claims file of a notebook states.

    Raises
    ------
    ClaimError
        If there is no such file, it is no TOML, or something in it makes no sense.
    """
    path = path_of(name)
    if not path.is_file():
        raise ClaimError(f"{name} has no claims file; state its claims in data/claims/{path.name} first")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ClaimError(f"data/claims/{path.name} is no text in UTF-8: {error}") from error
    return parsed(text, f"data/claims/{path.name}")


def parsed(text: str, where: str) -> Stated:
    """What the text of a claims file states; errors say `where`."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"{where} is no TOML: {error}") from error
    if unknown := sorted(set(content) - {"finding", "claim", "mutation"}):
        raise ClaimError(f"{where} has unknown keys {unknown}; it has finding, [[claim]] and [[mutation]]")
    try:
        if not isinstance(content.get("finding"), str):
            raise ClaimError("say its finding, as text")
        for name in ("claim", "mutation"):
            if not isinstance(content.get(name, []), list):
                raise ClaimError(f"write each {name} under [[{name}]], with two brackets")
        claims = tuple(read_as(Claim, table) for table in content.get("claim", []))
        mutations = tuple(read_as(Mutation, table) for table in content.get("mutation", []))
        for claim, table in zip(claims, content.get("claim", []), strict=True):
            digits(claim, table)
        return Stated(content["finding"], claims, mutations)
    except ClaimError as error:
        raise ClaimError(f"{where}: {error}") from error


def read_as(kind: type, table: Any) -> Any:
    """A table of a claims file as a `Claim` or a `Mutation`."""
    called = kind.__name__.lower()
    if not isinstance(table, dict):
        raise ClaimError(f"a {called} is {table!r}, not a table; write [[{called}]]")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    which = f"{called} {table.get('id', table.get('name', '?'))!r}"
    if unknown := sorted(set(table) - set(fields)):
        raise ClaimError(f"{which} has unknown fields {unknown}; there are: {', '.join(fields)}")
    required = [n for n, f in fields.items() if f.default is dataclasses.MISSING]
    if missing := [name for name in required if name not in table]:
        raise ClaimError(f"{which} lacks {', '.join(missing)}")
    values = {name: plain(value) for name, value in table.items()}
    for name, value in values.items():
        if not of_type(value, hints_of(kind)[name]):
            raise ClaimError(f"{which}: {name} cannot be {value!r}; write {fields[name].type}")
    return kind(**values)


@functools.cache
def hints_of(kind: type) -> dict[str, Any]:
    """The types of a dataclass's fields; asked once, since it costs more than all else that is read."""
    return typing.get_type_hints(kind)


def of_type(value: Any, hint: Any) -> bool:
    """Whether a value is what a field of a claims file holds: text, a number, or a list of texts."""
    if typing.get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    return isinstance(value, hint)


def plain(value: Any) -> Any:
    """A value of TOML as the classes take it: floats for numbers, tuples for lists."""
    if isinstance(value, bool):
        raise ClaimError(f"{str(value).lower()} stands where a number or a text belongs")
    if isinstance(value, (Decimal, int)):
        return float(value)
    return tuple(value) if isinstance(value, list) else value


def digits(claim: Claim, table: dict[str, Any]) -> None:
    """Hold a tolerance that is said to be rounding against the digits that the paper prints.

    Raises
    ------
    ClaimError
        If it is wider than half a unit of the last digit (for each number that it is made of), or
        says more than that, so that nothing could be held against it.
    """
    if claim.kind != "value" or not claim.tolerance.startswith("printed rounding"):
        return
    if not (rounded := ROUNDING.fullmatch(claim.tolerance)):
        raise ClaimError(
            f"claim {claim.id!r}: write 'printed rounding' or 'printed rounding of 2 numbers', "
            f"not {claim.tolerance!r}, so that it can be held against the digits"
        )
    paper = table["paper"]
    last = paper.as_tuple().exponent if isinstance(paper, Decimal) else 0
    allowed = 0.5 * 10.0**last * int(rounded[1] or 1)
    if claim.within > allowed * (1 + 1e-9):
        raise ClaimError(
            f"claim {claim.id!r}: its tolerance is said to be printed rounding, but {claim.within:g} is more "
            f"than half a unit of the last digit of {paper}, {allowed:g}"
        )

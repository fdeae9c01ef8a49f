"""Measurements that rest on a fit which nobody asked to be proved, found in a notebook's source.

`fit` raises unless the optimum is proved. With `strict=False` it does not, and then a number of
it may only be measured if `paper.measured` is told the fit, which it checks, or why a number
without a proof will do.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from scalinglaws.notebooks import dependence, files
from scalinglaws.notebooks.formats import NotebookNode

#: Keywords of `paper.measured`, one of which a measurement of a loose fit must have.
SAYS = {"fit", "unproved"}


def is_loose(node: ast.AST) -> bool:
    """Whether something calls `fit` with a `strict` that is not plainly True."""
    return any(
        keyword.arg == "strict"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is True)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fit"
        for keyword in call.keywords
    )


def loads(node: ast.AST) -> set[str]:
    """The names that an expression or a statement reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def stores(node: ast.AST) -> set[str]:
    """The names that a statement binds anew, as opposed to changing what they stand for."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def measures(node: ast.AST) -> bool:
    """Whether something calls `paper.measured`."""
    return any(isinstance(n, ast.Call) and ast.unparse(n.func) == "paper.measured" for n in ast.walk(node))


class Reader:
    """Follows, statement by statement, which names rest on a loose fit."""

    def __init__(self, constant: set[str]) -> None:
        self.constant = constant
        self.resting: set[str] = set()
        self.measuring: set[str] = set()
        self.found: list[ast.Call] = []

    def hot(self, node: ast.AST) -> bool:
        """Whether something rests on a loose fit."""
        return is_loose(node) or bool(loads(node) & self.resting)

    def read(self, statements: list[ast.stmt]) -> None:
        """Follow statements in order; the body of a loop twice, since it may feed itself."""
        for statement in statements:
            bodies = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
            bodies += [handler.body for handler in getattr(statement, "handlers", [])]
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                self.resting |= {statement.name} if self.hot(statement) else set()
                self.measuring |= {statement.name} if measures(statement) else set()
            elif any(bodies):
                head = [
                    getattr(statement, part)
                    for part in ("iter", "test", "subject")
                    if hasattr(statement, part)
                ]
                head += [item.context_expr for item in getattr(statement, "items", [])]
                if isinstance(statement, ast.For):
                    taken = self.taken(statement.target, statement.iter)
                    self.resting = (self.resting - stores(statement.target)) | taken
                self.judge(head)
                for body in bodies * 2 if isinstance(statement, (ast.For, ast.While)) else bodies:
                    self.read(body)
            else:
                self.judge([statement])
                changed = dependence.names_in(statement)[1] - self.constant
                self.resting = (
                    (self.resting | changed) if self.hot(statement) else self.resting - stores(statement)
                )

    def taken(self, target: ast.expr, source: ast.expr) -> set[str]:
        """The names of a loop that stand for something of a loose fit: no index, and no key of a dictionary."""
        if isinstance(target, ast.Tuple) and isinstance(source, ast.Call):
            called, names = ast.unparse(source.func), target.elts
            if called == "zip" and len(names) == len(source.args):
                return set().union(*map(self.taken, names, source.args))
            if called == "enumerate" and len(names) == 2:
                return self.taken(names[1], source.args[0])
            if called.endswith(".items") and len(names) == 2:
                target = names[1]
        return stores(target) if self.hot(source) else set()

    def judge(self, nodes: list[ast.AST]) -> None:
        """Note the measurements that rest on a loose fit and do not say so."""
        for call in (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Call)):
            name = ast.unparse(call.func)
            if name != "paper.measured" and name not in self.measuring:
                continue
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            said = SAYS & {keyword.arg for keyword in call.keywords}
            if any(map(self.hot, given)) and not said and call not in self.found:
                self.found.append(call)


def measurements(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """The measurements of loose fits that do not say so: number of the code cell, and the call."""
    cells = files.code(notebook)
    constant = {"paper", *dir(builtins)} | {n for cell in cells for n in dependence.imported(cell.source)}
    reader = Reader(constant)
    for number, cell in enumerate(cells, 1):
        if files.TAG_CLAIMS in files.tags(cell):
            continue
        reader.found = []
        reader.read(ast.parse(cell.source).body)
        yield from ((number, ast.unparse(call)) for call in reader.found)

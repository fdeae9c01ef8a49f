"""Which cells of a notebook rest on which others: by the names that they read, bind and change.

Nothing is executed here. Where it cannot be told whether a cell depends on another, it does.
"""

from __future__ import annotations

import ast
import builtins
import dis
from functools import cache
from types import CodeType
from typing import NamedTuple

from scalinglaws.claims import Mutation
from scalinglaws.notebooks import files
from scalinglaws.notebooks.formats import NotebookNode

#: What of `paper` only asks for a word, or shows one, and measures nothing.
ASKING = {"judged", "found", "declared"}
#: Instructions after which the next one is not reached, unless they only jump under a condition.
LEAVING = ("JUMP", "RETURN", "RAISE", "RERAISE")


class Used(NamedTuple):
    """What a piece of code does with names of the notebook."""

    #: Names that it may read before it has bound them.
    read: set[str]
    #: Names that it may bind.
    stored: set[str]
    #: Names that are bound behind it, whichever way it took.
    bound: frozenset[str]


def imported(source: str) -> set[str]:
    """The names that a cell imports at its top level."""
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.parse(source).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def binds(source: str, name: str) -> bool:
    """Whether a cell imports, defines or assigns a name at its top level."""
    bound = imported(source)
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return name in bound


def names_in(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The names that a statement reads before it binds them, and those that it binds or changes in place."""
    found = used(compiled(statement))
    changed = found.stored
    for node in ast.walk(statement):
        place = None
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            place = node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            # A call whose result nobody takes is made for what it changes: a list that grows.
            place = node.value.func
        if place is not None:
            changed |= {n.id for n in ast.walk(beginning(place)) if isinstance(n, ast.Name)}
    return found.read, changed


@cache
def statements(source: str) -> list[tuple[ast.stmt, frozenset[str], frozenset[str]]]:
    """The statements of a cell, each with what `names_in` says of it."""
    found = [(statement, *names_in(statement)) for statement in ast.parse(source).body]
    return [(statement, frozenset(read), frozenset(changed)) for statement, read, changed in found]


def beginning(place: ast.expr) -> ast.expr:
    """What a chain of attributes, items and calls begins with: `a` of `a[i].sort(key=b).c`."""
    while isinstance(place, (ast.Attribute, ast.Subscript, ast.Call)):
        place = place.func if isinstance(place, ast.Call) else place.value
    return place


@cache
def entering(source: str) -> frozenset[str]:
    """The names that a cell reads before it has bound them itself, its functions' names included."""
    read, bound = set(), frozenset()
    for statement in ast.parse(source).body:
        found = used(compiled(statement), bound)
        read, bound = read | found.read, found.bound
    return frozenset(read)


def compiled(statement: ast.stmt) -> CodeType:
    """A statement as the code that a notebook runs, without the futures that this module has imported."""
    return compile(ast.Module([statement], []), "<statement>", "exec", dont_inherit=True)


def used(code: CodeType, bound: frozenset[str] = frozenset(), *, whole: bool = True) -> Used:
    """Follow the names of the notebook through a piece of code, on all ways that it can take.

    Parameters
    ----------
    code
        A statement, or a function, class or comprehension in it.
    bound
        What is bound before it.
    whole
        Whether it is a statement: what a function or a class binds are names of its own, unless
        they are declared global.
    """
    start, read, stored = bound, set(), set()
    behind: dict[int, frozenset[str]] = {}  # where jumps lead -> what is bound on every way there
    passed = True
    for step in dis.get_instructions(code):
        if step.offset in behind:
            bound = bound & behind[step.offset] if passed else behind[step.offset]
        elif not passed:
            bound = start  # reached by an exception only, which may be raised anywhere
        passed = not step.opname.startswith(LEAVING) or "_IF_" in step.opname
        if step.opname in ("STORE_NAME", "STORE_GLOBAL"):
            bound |= {step.argval}
            if whole or step.opname == "STORE_GLOBAL":
                stored.add(step.argval)
        elif step.opname == "DELETE_NAME":
            read, stored, bound = read | {step.argval} - bound, stored | {step.argval}, bound - {step.argval}
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            read |= {step.argval} - bound
        elif isinstance(step.argval, CodeType):
            inner = used(step.argval, bound, whole=False)
            read, stored = read | inner.read, stored | inner.stored
        elif step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            behind[step.argval] = behind.get(step.argval, bound) & bound
    return Used(read, stored, bound)


def loads(statement: ast.stmt, slug: str) -> bool:
    """Whether a statement loads a table: by its slug, or by something not written out."""
    return any(
        not node.args or not isinstance(node.args[0], ast.Constant) or node.args[0].value == slug
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load"
    )


def spread(
    cell: NotebookNode, tainted: set[str], constant: set[str], slug: str
) -> tuple[bool, set[str], set[str]]:
    """Whether a cell reads a tainted name; the names it taints; all that it binds or changes."""
    hot = False
    caught: set[str] = set()
    fresh: set[str] = set()
    every: set[str] = set()
    for statement, read, changed in statements(cell.source):
        changed = changed - constant
        touched = read & (tainted | caught) - fresh
        if touched == {"load"} and slug and not loads(statement, slug):
            touched = set()
        if touched:
            hot = True
            caught |= changed
            fresh -= changed
        else:
            fresh |= changed
        every |= changed
    return hot, caught, every


def constant(cells: list[NotebookNode]) -> set[str]:
    """Names that calling them changes nothing of.

    Modules are not changed by calling what is in them; measurements land in `paper`, which only
    the cells of the verdict read.
    """
    return {"paper", *dir(builtins)} | {name for cell in cells for name in imported(cell.source)}


def dependent(
    cells: list[NotebookNode],
    mutation: Mutation,
    *,
    mended: bool = False,
    ran: list[NotebookNode] | None = None,
) -> list[NotebookNode]:
    """The cells that must run again under a mutation, in order.

    Parameters
    ----------
    cells
        Those of a notebook that may run again.
    mutation
        What is broken.
    mended
        Whether the cell that binds the target may run again, where it gives the broken one anyway.
    ran
        All cells that have run, in order; the same ones unless given.

    Raises
    ------
    NotebookError
        If no cell binds the mutation's target, or if what is broken cannot be told from another
        thing of the same name.
    """
    places = [i for i, cell in enumerate(cells) if binds(cell.source, mutation.target)]
    if not places:
        raise files.NotebookError(f"mutation {mutation.name!r}: no cell binds {mutation.target!r}")
    target = None if mended else cells[places[0]]
    unchanged = constant(cells) - (set() if mended else {mutation.target})
    tainted = {mutation.target}
    again = []
    for cell in cells:
        if {files.TAG_CLAIMS, files.TAG_MUTATIONS} & set(files.tags(cell)):
            continue
        if cell is target:
            # Running this cell again would mend what was broken; its other functions call the broken target anyway.
            tainted |= spread(cell, tainted, unchanged | tainted, mutation.table)[1]
            continue
        hot, caught, every = spread(cell, tainted, unchanged, mutation.table)
        if hot or mutation.target in every or cell.source.strip() in files.VERDICT:
            tainted |= caught
            again.append(cell)
    ran = cells if ran is None else ran
    made = [cell for cell in ran if cell is not target and binds(cell.source, mutation.target)]
    others = [cell for cell in made if mutation.target not in entering(cell.source)]
    if not mended and others:
        raise files.NotebookError(
            f"mutation {mutation.name!r}: two cells make a thing of the name {mutation.target!r}, and only one of "
            f"them would be broken; rename the other, in {others[0].source.strip().splitlines()[0]!r}"
        )
    return with_makers(ran, again, unchanged | {mutation.target}, target)


def with_makers(
    ran: list[NotebookNode], again: list[NotebookNode], kept: set[str], target: NotebookNode | None
) -> list[NotebookNode]:
    """Cells that run again, and those that make anew for them what has since become another thing.

    Once a notebook has run, a name holds what its last cell made of it. A cell that runs again
    and reads what an earlier one made needs that one, too, wherever a later cell, or one that
    runs again before it, makes something else of the name.

    Parameters
    ----------
    ran
        All cells that have run, in order.
    again
        Those of them that run again.
    kept
        Names that no cell makes another thing of.
    target
        The cell that must not run again.

    Raises
    ------
    NotebookError
        If it would have to.
    """
    changes = [set().union(*(changed for _, _, changed in statements(cell.source))) - kept for cell in ran]
    within = called(ran)
    places = {place for place, cell in enumerate(ran) if any(cell is one for one in again)}
    todo = [*places]
    while todo:
        place = todo.pop()
        for name in reached(entering(ran[place].source), within):
            makers = [other for other, changed in enumerate(changes) if name in changed]
            earlier = [other for other in makers if other < place]
            lost = any(other >= place for other in makers) or places & set(earlier)
            if earlier and lost and earlier[-1] not in places:
                if ran[earlier[-1]] is target:
                    raise files.NotebookError(
                        f"the cell that makes what is broken makes {name!r}, too, which another cell makes something "
                        "else of: rename one of them"
                    )
                places.add(earlier[-1])
                todo.append(earlier[-1])
                # That cell also binds other names anew: later cells that run again must find theirs as they were.
                todo += [other for other in places if other > earlier[-1]]
    return [ran[place] for place in sorted(places)]


def called(cells: list[NotebookNode]) -> dict[str, set[str]]:
    """For names made where a function is defined, what it reads when it is called."""
    within: dict[str, set[str]] = {}
    for cell in cells:
        for statement, read, changed in statements(cell.source):
            if any(isinstance(node, (ast.FunctionDef, ast.Lambda)) for node in ast.walk(statement)):
                within |= {name: within.get(name, set()) | read for name in changed}
    return within


def reached(names: frozenset[str], within: dict[str, set[str]]) -> set[str]:
    """Names, and what the functions among them read, and theirs."""
    found, more = set(), set(names)
    while more:
        found |= more
        more = set().union(*(within.get(name, set()) for name in more)) - found
    return found


def asks_only(cell: NotebookNode) -> bool:
    """Whether a cell uses `paper` for nothing but words of other choices, which are no measurement."""
    nodes = [*ast.walk(ast.parse(cell.source))]
    names = sum(isinstance(node, ast.Name) and node.id == "paper" for node in nodes)
    asked = sum(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "paper"
        and node.attr in ASKING
        for node in nodes
    )
    return names == asked


def measuring(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells that a measurement rests on: what only shows something, or asks for words, is left out."""
    kept, needed = [], set()
    unchanged, within = constant(cells), called(cells)
    for cell in reversed(cells):
        changed = set().union(*(changes for _, _, changes in statements(cell.source)))
        # A call of a builtin, or of what a module holds, shows something and makes nothing of these names.
        made = {name for name in changed if name not in unchanged or binds(cell.source, name)}
        measures = "paper" in entering(cell.source) | changed and not asks_only(cell)
        if measures or (made - {"paper"}) & needed:
            needed |= reached(entering(cell.source), within)
            kept.insert(0, cell)
    return kept


def resting(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells of a notebook that its measurements rest on; figures and the falsification are none."""
    aside = {files.TAG_FIGURE, files.TAG_FALSIFICATION}
    return measuring([c for c in files.code(notebook) if not aside & set(files.tags(c))])

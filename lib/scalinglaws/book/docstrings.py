"""A module's page from its source: signatures as they are written, docstrings, and the comments of its constants.

Nothing is imported: the page is the same whatever is installed, and made in no time.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

#: Decorators of what is used like an attribute.
PROPERTIES = {"property", "cached_property", "functools.cached_property"}
#: Decorators and bases of classes whose fields are their parameters.
RECORDS = {"dataclass", "NamedTuple"}
#: What begins a comment that documents the constant below it.
ABOUT = "#:"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def described(name: str, text: str) -> str:
    """A module as reStructuredText, to be read by Sphinx.

    Parameters
    ----------
    name
        Its full name.
    text
        Its source.
    """
    tree, source = ast.parse(text), text.splitlines()
    lines = [f".. py:module:: {name}", "", *explained(tree, "module"), ""]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and public(node):
            lines += of_class(node)
        elif isinstance(node, Function) and public(node):
            lines += entry("function", node.name + signature(node.args), explained(node, "function"))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            lines += of_constant(node, source)
    return "\n".join(lines)


def public(node: ast.ClassDef | Function) -> bool:
    """Whether something is meant for others: it has a docstring, and a name without an underscore before it."""
    return not node.name.startswith("_") and ast.get_docstring(node) is not None


def explained(node: ast.AST, what: str) -> list[str]:
    """The lines of a docstring, its sections as field lists."""
    from sphinx.ext.napoleon import Config
    from sphinx.ext.napoleon.docstring import NumpyDocstring

    said = ast.get_docstring(node) or ""
    # A line of its may hold several.
    return "\n".join(NumpyDocstring(said, Config(napoleon_use_rtype=False), what=what).lines()).split("\n")


def entry(kind: str, head: str, lines: list[str], *options: str) -> Iterator[str]:
    """A directive of the Python domain with its content."""
    yield f".. py:{kind}:: {head}"
    yield from (f"   :{option}:" for option in options)
    yield ""
    yield from (f"   {line}".rstrip() for line in lines)
    yield ""


def signature(arguments: ast.arguments, bound: bool = False) -> str:
    """Parameters with their defaults, as they are written, without types; without the first if it is bound."""
    arguments = copy.deepcopy(arguments)
    if bound:
        first = arguments.posonlyargs or arguments.args
        del first[:1]
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    for one in filter(None, every):
        one.annotation = None
    return f"({ast.unparse(arguments)})"


def of_class(node: ast.ClassDef) -> Iterator[str]:
    """A class, its parameters, and its public methods and properties."""
    kind = "exception" if node.name.endswith(("Error", "Warning")) else "class"
    inside = explained(node, "class")
    for member in node.body:
        if isinstance(member, Function) and public(member):
            inside += ["", *of_method(member)]
    yield from entry(kind, node.name + parameters(node), inside)


def parameters(node: ast.ClassDef) -> str:
    """What a class is made of: the parameters of its constructor, or its fields."""
    for member in node.body:
        if isinstance(member, Function) and member.name == "__init__":
            return signature(member.args, bound=True)
    marks = {
        ast.unparse(mark).partition("(")[0].rpartition(".")[2] for mark in [*node.decorator_list, *node.bases]
    }
    if not marks & RECORDS:
        return ""
    fields = [member for member in node.body if isinstance(member, ast.AnnAssign)]
    return "(" + ", ".join(map(field, fields)) + ")"


def field(node: ast.AnnAssign) -> str:
    """A field of a record with its default."""
    name = ast.unparse(node.target)
    return name if node.value is None else f"{name}={ast.unparse(node.value)}"


def of_method(node: Function) -> Iterator[str]:
    """A method or a property."""
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    if marks & PROPERTIES:
        return entry("property", node.name, explained(node, "property"))
    options = [mark for mark in ("classmethod", "staticmethod") if mark in marks]
    head = node.name + signature(node.args, bound="staticmethod" not in marks)
    return entry("method", head, explained(node, "method"), *options)


def of_constant(node: ast.Assign | ast.AnnAssign, source: list[str]) -> Iterator[str]:
    """A constant, if a comment above it documents it."""
    comment, above = [], node.lineno - 2
    while above >= 0 and source[above].startswith(ABOUT):
        comment.insert(0, source[above].removeprefix(ABOUT).strip())
        above -= 1
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if comment and isinstance(target, ast.Name) and not target.id.startswith("_"):
        yield from entry("data", target.id, comment)

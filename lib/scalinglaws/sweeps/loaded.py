"""Whether this process holds what a file says now, or older code: contents are compared, never clocks.

Compared are the functions and classes of the module, their defaults, and constants that are
written out. A constant that is computed leaves no trace to compare.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from scalinglaws.sweeps.imports import Source

PLAIN = (bool, int, float, complex, str, bytes, tuple, type(None))
#: What makes two pieces of byte code do the same, their constants aside; lines do not count.
OF_CODE = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_argcount")


def older_than_file(module: ModuleType, source: Source) -> str | None:
    """The first name in a module that is not what its file says; None if all that can be compared is.

    What came into the module from elsewhere, or by a loader that changes code, is not compared.
    """
    loader = getattr(module, "__loader__", None)
    if source.tree is None or not (loader is None or type(loader) is SourceFileLoader):
        return None
    codes: dict[str, list[CodeType]] = {}
    for code in inner(compile(source.content, str(source.path), "exec", dont_inherit=True)):
        codes.setdefault(code.co_qualname, []).append(code)
    defined = dict(definitions(source.tree.body))
    for name, function in functions(vars(module), module.__name__):
        if Path(function.__code__.co_filename).name != source.path.name:
            continue
        if not any(
            same_code(function.__code__, code) for code in codes.get(function.__code__.co_qualname, [])
        ):
            return name
        node = defined.get(function.__code__.co_qualname)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not defaults_agree(function, node):
            return name
    return next(constants_that_differ(vars(module), source.tree.body, varied(source.tree)), None)


def inner(code: CodeType) -> Iterator[CodeType]:
    """All code that stands within some code."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from inner(constant)


def same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two pieces of code do the same."""
    if any(getattr(one, name) != getattr(other, name) for name in OF_CODE):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(
        same_code(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else same_constant(a, b)
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )


def same_constant(one: Any, other: Any) -> bool:
    """Whether two constants are of one type and value; NaN is like NaN, 0.0 unlike -0.0."""
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one == other
    return type(one) is type(other) and repr(one) == repr(other)


def functions(names: dict[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    """The functions that a module defines, methods of its classes and what decorators wrap included."""
    for name, value in list(names.items()):
        if inspect.isclass(value):
            if value.__module__ == module and names is not vars(value):
                yield from ((f"{name}.{inside}", f) for inside, f in functions(dict(vars(value)), module))
            continue
        for part in (value, *(getattr(value, which, None) for which in ("__func__", "fget", "fset", "fdel"))):
            try:
                part = inspect.unwrap(part)
            except ValueError:  # wrapped in a circle
                continue
            if isinstance(part, FunctionType) and part.__module__ == module:
                yield name, part


def definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Qualified name and node of the functions and classes of a body, those defined twice left out."""
    nodes = [n for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    names = [node.name for node in nodes]
    for node in nodes:
        if names.count(node.name) == 1:
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from definitions(node.body, f"{prefix}{node.name}.")


def literal(node: ast.expr | None) -> tuple[Any] | None:
    """The value of an expression that is written out and cannot change, in a tuple."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return (value,) if isinstance(value, PLAIN) else None


def defaults_agree(function: FunctionType, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function has the defaults that are written out for it."""
    pairs = list(zip(node.args.defaults, function.__defaults__ or (), strict=False))
    given = function.__kwdefaults__ or {}
    pairs += [
        (default, given[argument.arg])
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None and argument.arg in given
    ]
    return all(
        (value := literal(default)) is None or same_constant(value[0], held) for default, held in pairs
    )


def varied(tree: ast.Module) -> set[str]:
    """Names that a file may give a value more than once."""
    nodes = list(ast.walk(tree))
    stored = [n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    return {name for name in stored if stored.count(name) > 1} | {
        name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    }


def constants_that_differ(held: dict[str, Any], body: list[ast.stmt], varied: set[str]) -> Iterator[str]:
    """Names of constants, written out in a body or a class in it, for which something else is held."""
    for node in body:
        if isinstance(node, ast.ClassDef) and inspect.isclass(held.get(node.name)):
            yield from constants_that_differ(dict(vars(held[node.name])), node.body, varied)
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name):
            continue
        value, name = literal(node.value), target.id
        if value is None or name in varied or type(held.get(name, ...)) not in PLAIN:
            continue
        if not same_constant(value[0], held[name]):
            yield name

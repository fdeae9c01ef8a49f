"""Arithmetic on columns, as typed on a command line: units, logarithms, conditions. Nothing else is understood."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from scalinglaws.errors import UserError
from scalinglaws.text import instead

#: Longer than any arithmetic that a person types; deeper nesting than this cannot be in it.
LONGEST = 300
ARITHMETIC: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
COMPARISONS: dict[type, Callable[..., Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
LOGIC: dict[type, Callable[..., Any]] = {
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
    ast.Not: np.logical_not,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "sqrt": np.sqrt,
}


class ExpressionError(UserError):
    """Text that is no arithmetic on columns, with what to write instead."""


def assignments(text: str) -> dict[str, str]:
    """The parts of `"n_params=millions*1e6,loss=val"`: name -> expression.

    Raises
    ------
    ExpressionError
        If a part is no assignment, or a name is given twice.
    """
    found: dict[str, str] = {}
    # A comma parts two assignments only where a name and an equals sign follow.
    for part in re.split(r",(?=\s*\w+\s*=(?!=))", text):
        name, equals, expression = (piece.strip() for piece in part.partition("="))
        if not equals or not expression or not re.fullmatch(r"\w+", name):
            raise ExpressionError(f"write columns as NAME=EXPRESSION,NAME=EXPRESSION, not {part.strip()!r}")
        if name in found:
            raise ExpressionError(f"the column {name!r} is given twice")
        found[name] = expression
    return found


def evaluated(text: str, column: Callable[[str], Any]) -> Any:
    """The value of arithmetic on columns.

    Parameters
    ----------
    text
        Numbers, columns by their names, `+ - * / **`, brackets, `exp log log10 log2 sqrt`. A column whose
        name is no word stands in quotes, `"val loss" / 2`, or alone and as it is, `eval/loss`.
    column
        Gives a column as an array of floats; raises KeyError for a name that is none.

    Raises
    ------
    ExpressionError
        If it is anything else.
    """
    try:
        return column(text.strip())
    except KeyError:
        pass
    with np.errstate(all="ignore"):
        return value(parsed(text), text, column)


def condition(text: str, column: Callable[[str], Any], labels: Callable[[str], Any]) -> np.ndarray:
    """Which rows a condition holds for; a row without a number in it fails.

    Parameters
    ----------
    text
        Comparisons of arithmetic, `loss < 4 and n_params >= 1e7`, or of a column of words with a word in
        quotes, `data == "c4"`; joined by `and`, `or`, `not`.
    column
        As for `evaluated`.
    labels
        Gives a column as words; raises KeyError for a name that is none.

    Raises
    ------
    ExpressionError
        If it is anything else.
    """
    with np.errstate(all="ignore"):
        return truth(parsed(text), text, column, labels)


def parsed(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters; this one has {len(text)}")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(
            f"{text!r} is no arithmetic on columns; a column whose name is no word stands in quotes"
        ) from error


def value(node: ast.AST, text: str, column: Callable[[str], Any]) -> Any:
    """The value of a piece of arithmetic."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            # Whole numbers of Python have no greatest one, and take forever to raise to a power.
            return np.float64(number)
        case ast.Constant(value=str() as name) | ast.Name(id=name):
            try:
                return column(name)
            except KeyError as error:
                known = {each: each for each in error.args[1:]}
                raise ExpressionError(f"no column {name!r} for {text!r}; {instead(name, known)}") from error
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            return ARITHMETIC[type(op)](value(left, text, column), value(right, text, column))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in ARITHMETIC:
            return ARITHMETIC[type(op)](value(operand, text, column))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](value(argument, text, column))
    raise ExpressionError(
        f"{ast.unparse(node)!r} in {text!r} is no arithmetic: there are numbers, columns, + - * / **, brackets, "
        f"and {', '.join(FUNCTIONS)}"
    )


def truth(node: ast.AST, text: str, column: Callable[[str], Any], labels: Callable[[str], Any]) -> np.ndarray:
    """Where a condition holds."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            return reduce(LOGIC[type(op)], (truth(part, text, column, labels) for part in parts))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(truth(operand, text, column, labels))
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in COMPARISONS for op in ops
        ):
            sides = [left, *others]
            steps = zip(ops, sides, others, strict=False)
            return reduce(np.logical_and, (compared(*step, text, column, labels) for step in steps))
    raise ExpressionError(
        f"{text!r} is no condition: compare, as in 'loss < 4 and n_params >= 1e7', or 'data == \"c4\"'"
    )


def compared(
    op: ast.cmpop,
    left: ast.expr,
    right: ast.expr,
    text: str,
    column: Callable[[str], Any],
    labels: Callable[[str], Any],
) -> np.ndarray:
    """Where a comparison holds: of numbers, or of words."""
    match left, op, right:
        case ast.Name(id=name) | ast.Constant(value=str() as name), ast.Eq() | ast.NotEq(), ast.Constant(
            value=str() as word
        ):
            return COMPARISONS[type(op)](labels_of(name, text, labels), word)
    return COMPARISONS[type(op)](value(left, text, column), value(right, text, column))


def labels_of(name: str, text: str, labels: Callable[[str], Any]) -> np.ndarray:
    """A column as words."""
    try:
        return np.asarray(labels(name), object)
    except KeyError as error:
        known: Mapping[str, str] = {each: each for each in error.args[1:]}
        raise ExpressionError(f"no column {name!r} for {text!r}; {instead(name, known)}") from error

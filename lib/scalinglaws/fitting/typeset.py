"""Laws and fits as papers print them: formulas, parameters with intervals in natural units, proof; LaTeX and HTML.

A ready law has its formula in the first line of its docstring, and its symbols where its parameters are
described, `$E_0$, ...`; a law of one's own may do the same, and else goes by its names.
"""

from __future__ import annotations

import inspect
import re
from html import escape
from typing import TYPE_CHECKING, Any

from scalinglaws.fitting.law import Law
from scalinglaws.text import number

if TYPE_CHECKING:
    from scalinglaws.fitting.result import Fit

GREEK = re.compile(
    r"alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|chi|psi|omega"
)
FORMULA = re.compile(r"\$([^$]+)\$")


def formula(law: Law) -> str:
    """The formula of a law in LaTeX, without dollars."""
    if found := FORMULA.search(law.summary):
        return found[1]
    names = (*law.columns, *law.parameters)
    told = ", ".join(symbol(law, name) for name in names)
    return rf"\hat y = \mathrm{{{law.name.replace('_', chr(92) + '_')}}}({told})"


def as_text(law: Law) -> str:
    """The formula of a law for a terminal; a power of more than one name is bracketed."""
    plain = re.sub(r"\^\{(\\?\w+)\}", r"^\1", formula(law))
    plain = re.sub(r"\^\{([^{}]+)\}", r"^(\1)", plain)
    for mark, text in {r"\hat ": "", r"\,": " ", "{": "", "}": "", "\\": ""}.items():
        plain = plain.replace(mark, text)
    return " ".join(plain.split())


def symbol(law: Law, name: str) -> str:
    """A parameter or a column in LaTeX, without dollars: as the docstring describes it, or by its name."""
    # A group's own parameter, such as A[web], is described under the name it shares.
    base, bracket, group = name.partition("[")
    found = symbols_of(law).get(base) or spelled(base)
    return rf"{found}^{{\mathrm{{({group[:-1]})}}}}" if bracket else found


def symbols_of(law: Law) -> dict[str, str]:
    """The symbols with which the docstring of a law describes its parameters and columns, by their names."""
    text = inspect.getdoc(law.function) or ""
    found = {}
    for names, symbols in re.findall(r"^(\w[\w, ]*)\n +(\$[^$]+\$(?:, \$[^$]+\$)*)", text, re.MULTILINE):
        told = [one.partition(" =")[0] for one in FORMULA.findall(symbols)]
        found |= dict(zip(names.split(", "), told, strict=False))
    return found


def spelled(name: str) -> str:
    """A name in LaTeX: Greek letters as such, what follows an underscore as a subscript."""
    head, _, rest = name.partition("_")
    if GREEK.fullmatch(head):
        head = rf"\{head}"
    elif len(head) > 1:
        head = rf"\mathrm{{{head}}}"
    return f"{head}_{{{rest.replace('_', ' ')}}}" if rest else head


def rows(fit: Fit, sure: Any = None) -> list[tuple[str, str, str]]:
    """Symbol, value and interval of each parameter, in natural units.

    Parameters
    ----------
    fit
        The fit.
    sure
        What gives intervals, `sure.interval(name)`: a `Bootstrap`, say. Of least squares the fit itself by default.
    """
    if sure is None and fit.problem.loss.kind == "squared":
        sure = fit
    found = []
    for name, value in fit.params.items():
        if name in fit.free:
            low, high = sure.interval(name) if sure is not None else (None, None)
            told = "" if low is None else f"[{number(low)}, {number(high)}]"
        elif name in fit.law.ties:
            told = f"= {fit.law.ties[name]}"
        else:
            told = "at its bound" if name in fit.at_bounds else "fixed"
        found.append((symbol(fit.law, name), number(value), told))
    return found


def as_latex(fit: Fit, sure: Any = None) -> str:
    """The law as an equation, and its parameters as a table of `booktabs`; see `Fit.to_latex`."""
    lines = [rf"${name}$ & {power(value)} & {power(told)} \\" for name, value, told in rows(fit, sure)]
    heading = "95\\,\\% interval" if any("[" in line for line in lines) else ""
    body = "\n".join(lines)
    return (
        f"\\begin{{equation*}}\n{formula(fit.law)}\n\\end{{equation*}}\n"
        f"\\begin{{tabular}}{{lrl}}\n\\toprule\nparameter & estimate & {heading} \\\\\n\\midrule\n{body}\n"
        f"\\bottomrule\n\\end{{tabular}}"
    )


def power(text: str) -> str:
    """Numbers with an exponent, as powers of ten in LaTeX."""
    return re.sub(
        r"(-?[\d.]+)e([+-]?)0*(\d+)",
        lambda m: rf"${m[1]}\times10^{{{'-' if m[2] == '-' else ''}{m[3]}}}$",
        text,
    ).replace("∞", r"$\infty$")


def as_html(fit: Fit, sure: Any = None) -> str:
    """The law typeset, its parameters with intervals, and the proof; as a notebook shows it."""
    told = rows(fit, sure)
    heading = "95 % interval" if any(end.startswith("[") for *_, end in told) else ""
    cells = "".join(
        f"<tr><td>{mathematics(name)}</td><td>{escape(value)}</td><td>{escape(end)}</td></tr>"
        for name, value, end in told
    )
    table = f"<table><thead><tr><th>parameter</th><th>estimate</th><th>{heading}</th></tr></thead><tbody>{cells}</tbody></table>"
    lines = [mathematics(formula(fit.law)), table, escape(standing(fit))]
    if sure is None and fit.problem.loss.kind != "squared":
        lines.append("Intervals: <code>bootstrap(fit, 1000)</code>, which covers for this loss.")
    elif sure is not None and hasattr(sure, "units"):
        lines.append(escape(f"Intervals: percentiles of {len(sure.samples)} resamples of {sure.units}."))
    return "".join(line if line.startswith("<table") else f"<p>{line}</p>" for line in lines)


def mathematics(latex: str) -> str:
    """A formula in HTML, as Jupyter and Sphinx find it."""
    return rf'<span class="math">\({escape(latex)}\)</span>'


def standing(fit: Fit) -> str:
    """How the fit ended, and the evidence, in one sentence."""
    word = fit.status.name.lower().replace("_", " ")
    more = "" if fit.status.name == "CONVERGED" else f" {fit.message}"
    return f"{word[0].upper()}{word[1:]} on {fit.n} runs: {fit.proof}.{more}"

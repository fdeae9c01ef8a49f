"""A report as one HTML page that holds all it shows, reads at any width, and prints."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scalinglaws.claims.checklist import ITEMS, known_answers
from scalinglaws.figures import as_png
from scalinglaws.fitting.typeset import formula
from scalinglaws.report import drawing
from scalinglaws.report.analysis import Analysis
from scalinglaws.report.sentences import answers, misfit, sentences, short
from scalinglaws.text import counted, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Dots per inch of figures, which are shown at 100: sharp on a good screen and in print.
DPI = 180
#: So many rows of a table are shown; a longer one says how many more there are.
MOST_ROWS = 200
STYLE = """\
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 56rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
img { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; overflow-wrap: normal; }
th, td { padding: 0.25rem 0.8rem 0.25rem 0; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.concerns { background: #fff6e5; border-left: 4px solid #b36b00; padding: 0.5rem 1rem; }
.concerns ul { margin: 0.3rem 0; padding-left: 1.2rem; }
.write { background: #f3f6fa; border-left: 4px solid #0072b2; padding: 0.1rem 1rem; }
.blank { color: #6b6b6b; font-style: italic; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { white-space: pre-wrap; background: #f5f5f5; padding: 0.6rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; }
a { color: #1f5fa8; }
@media (max-width: 40rem) { body { margin: 1rem auto; } h1 { font-size: 1.35rem; }
  figure img { max-width: none; width: 40rem; } }
@media print { nav { display: none; } body { max-width: none; margin: 0; font-size: 10pt; } h2, figure, table { break-inside: avoid; }
  h2 { break-after: avoid; } .scroll { overflow: visible; } }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(found: Analysis, command: str) -> str:
    """The report.

    Parameters
    ----------
    found
        What came out.
    command
        How the report was asked for.
    """
    parts = {
        "What came out": headline(found),
        "Warnings": concerned(found),
        "The runs": data(found),
        "The fit": fitted(found),
        "What the law leaves": picture(*drawing.left_over(found)),
        "IsoFLOP curves": curves(found),
        "Compute-optimal allocation": allocated(found),
        "Runs held out": held_out(found),
        "Other laws": compared(found),
        "Sentences for a paper": "".join(f'<p class="write">{escape(one)}</p>' for one in sentences(found)),
        "Reporting checklist": checklist(found),
        "How this was made": f"<pre>{escape(command)}</pre><p>Beside this page lies <code>fit.json</code>, which "
        "<code>scalinglaws.Fit.load</code> reads and judges again.</p>",
    }
    title = f"A scaling law of {found.prepared.name}"
    links = "".join(f'<li><a href="#{anchor(name)}">{name}</a></li>' for name in parts)
    body = "\n".join(f'<h2 id="{anchor(name)}">{name}</h2>\n{text}' for name, text in parts.items())
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n{body}\n</main>\n</body>\n</html>\n'
    )


def anchor(name: str) -> str:
    """A heading as an address inside the page."""
    return re.sub(r"\W+", "-", name.lower())


def picture(figure: Figure, alt: str) -> str:
    """A figure inside the page."""
    for ax in figure.axes:
        for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            if axis.get_scale() == "log" and high > 100 * low:
                axis.minorticks_off()  # beyond two decades unreadable, and half of the time
    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    png = base64.b64encode(as_png(figure, alt, DPI)).decode()
    # On a narrow screen the figure scrolls, as tables do.
    return (
        '<figure class="scroll" role="region" aria-label="figure" tabindex="0">'
        f'<img src="data:image/png;base64,{png}" width="{width}" height="{height}" alt="{escape(alt)}"></figure>'
    )


def typeset(latex: str) -> str:
    """A formula as a picture, whose alternative text is its LaTeX."""
    from matplotlib.mathtext import math_to_image

    file = io.BytesIO()
    math_to_image(f"${latex}$", file, dpi=200, format="png")
    # Width and height stand at the head of every PNG.
    width, height = (int.from_bytes(file.getvalue()[at : at + 4], "big") * 5 // 8 for at in (16, 20))
    png = base64.b64encode(file.getvalue()).decode()
    return f'<p><img src="data:image/png;base64,{png}" width="{width}" height="{height}" alt="{escape(latex)}"></p>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text; cells that are numbers go to the right. It scrolls by itself where it is too wide."""
    rows = list(rows)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in headings)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows[:MOST_ROWS])
    more = f"<p>and {counted(len(rows) - MOST_ROWS, 'more row')}</p>" if len(rows) > MOST_ROWS else ""
    # A region that scrolls must be reachable by the keyboard.
    return (
        f'<div class="scroll" role="region" aria-label="{escape(headings[0])}" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def cell(text: str) -> str:
    """A cell of a table."""
    kind = ' class="number"' if re.fullmatch(r"[-+\d.e∞–, \[\]%]+", text) else ""
    return f"<td{kind}>{escape(text)}</td>"


def headline(found: Analysis) -> str:
    """The numbers that people ask for first."""
    rows = [
        ("runs", str(len(found.runs)), found.prepared.name),
        (
            "misfit",
            misfit(found, float(np.median(np.abs(found.fit.residuals)))),
            "half of the runs lie within it",
        ),
    ]
    if "a" in found.derived:
        rows.append(
            (
                "exponent of the best size",
                short(found.derived["a"].value),
                f"{interval(found.derived['a'])}, 95 % interval",
            )
        )
    if found.split is not None:
        ratio = found.split.tokens_per_param
        rows.append(
            (
                f"best tokens per parameter at {short(found.split.flops)} FLOP",
                short(ratio.value),
                f"{interval(ratio)}, 95 % interval",
            )
        )
    if found.extrapolation is not None:
        error = float(found.extrapolation.errors["held out"].iloc[0])
        beats = "better" if found.extrapolation.beats_baselines else "no better"
        rows.append(
            ("error on runs held out", misfit(found, error), f"{beats} than predictions that need no law")
        )
    return table(["what", "number", "of it"], rows)


def interval(estimate) -> str:
    """The ends of an interval."""
    return f"{short(estimate.low)} to {short(estimate.high)}"


def concerned(found: Analysis) -> str:
    """What looks like a mistake, or limits what follows."""
    if not found.concerns:
        return "<p>None: nothing about the table looks like a mistake.</p>"
    items = "".join(f"<li>{escape(sentence[0].upper() + sentence[1:])}.</li>" for sentence in found.concerns)
    return f'<div class="concerns"><ul>{items}</ul></div>'


def data(found: Analysis) -> str:
    """The columns with their ranges and origins; the rows that are no runs, by place and reason."""
    runs, prepared = found.runs, found.prepared
    numeric = [name for name in runs if runs[name].dtype.kind in "iuf"]
    rows = [
        (
            name,
            short(runs[name].min()),
            short(runs[name].max()),
            str(runs[name].nunique()),
            prepared.origins.get(name, f"column {name}"),
        )
        for name in numeric
    ]
    parts = [table(["column", "least", "greatest", "distinct", "from"], rows)]
    for name in (name for name in runs if name not in numeric):
        origin = prepared.origins.get(name, name)
        parts.append(
            f"<p><code>{escape(name)}</code> ({escape(f'column {origin}')}) names {counted(runs[name].nunique(), 'group')}.</p>"
        )
    if prepared.bad:
        parts.append(f"<p>{counted(len(prepared.bad), 'row')} could not be used:</p>")
        parts.append(table(["where", "why"], prepared.bad))
    for reason, places in prepared.left_out.items():
        if places:
            shown = ", ".join(places[:MOST_ROWS]) + (" …" if len(places) > MOST_ROWS else "")
            parts.append(
                f"<p>{counted(len(places), 'row')} left out on request ({escape(reason)}): {escape(shown)}.</p>"
            )
    if not prepared.bad and not any(prepared.left_out.values()):
        parts.append("<p>Every row of the file is a run; none was left out.</p>")
    return "".join(parts)


def fitted(found: Analysis) -> str:
    """The law, its parameters with intervals, the proof, and the figure."""
    estimates = {**found.parameters, **found.derived}
    rows = [
        (name, number(one.value), f"[{number(one.low)}, {number(one.high)}]")
        for name, one in estimates.items()
    ]
    rows += [(name, number(end), "at its bound") for name, end in found.fit.at_bounds.items()]
    report = found.fit.report()
    said = (
        f"<p>Objective: {escape(report['objective'])}, {escape(number(found.fit.objective))}. "
        f"Proof: {escape(str(found.fit.proof))}. Intervals: {escape(found.sure.method)}.</p>"
    )
    heading = ["parameter", "estimate", "95 % interval"]
    return typeset(formula(found.fit.law)) + table(heading, rows) + said + picture(*drawing.law(found))


def why_not(found: Analysis, part: str) -> str:
    """Why a part has no result."""
    return f"<p>None: {escape(found.why_not.get(part, 'not asked for'))}.</p>"


def curves(found: Analysis) -> str:
    """Approach 2: the IsoFLOP curves of the design."""
    if found.isoflops is None:
        return why_not(found, "isoflops")
    rows = [
        (short(flops), str(len(sizes)), "at an edge of the sizes" if best.at_edge else short(best.n_params))
        for (flops, sizes, _), best in zip(found.isoflops.curves, found.isoflops.optima, strict=True)
    ]
    odd = ""
    if found.isoflops.two_valleys:
        odd = f"<p>{counted(found.isoflops.two_valleys, 'curve has', 'curves have')} two valleys, and the lower one is taken: look for a run that went wrong.</p>"
    return picture(*drawing.curves(found)) + table(["budget [FLOP]", "sizes", "best n_params"], rows) + odd


def allocated(found: Analysis) -> str:
    """Approach 3: the split in closed form."""
    if found.split is None:
        return why_not(found, "split")
    split = found.split
    named = {
        "parameters": split.n_params,
        "tokens": split.n_tokens,
        "tokens per parameter": split.tokens_per_param,
    }
    rows = [(name, short(one.value), interval(one)) for name, one in named.items()]
    return table([f"at {short(split.flops)} FLOP", "best", "95 % interval"], rows) + picture(
        *drawing.allocation(found)
    )


def held_out(found: Analysis) -> str:
    """The largest runs, predicted from the others, beside predictions that need no law."""
    if found.extrapolation is None:
        return why_not(found, "extrapolation")
    errors = found.extrapolation.errors
    rows = [
        (name, misfit(found, float(row["fitted"])), misfit(found, float(row["held out"])))
        for name, row in errors.iterrows()
    ]
    heading = ["mean absolute error", "fitted", "held out"]
    return table(heading, rows) + picture(*drawing.held_out(found))


def compared(found: Analysis) -> str:
    """The law beside others on the same runs."""
    failed = "".join(
        f"<p>{escape(law.name)} could not be fitted: {escape(found.why_not[law.name])}</p>"
        for law in found.asked.rivals
        if law.name in found.why_not
    )
    if found.comparison is None:
        return failed or "<p>None was asked for: --compare kaplan fits another law to the same runs.</p>"
    columns = list(found.comparison.columns)
    rows = [
        (str(name), *(number(float(row[c])) for c in columns)) for name, row in found.comparison.iterrows()
    ]
    return table(["law", *columns], rows) + failed


def checklist(found: Analysis) -> str:
    """The checklist of the (Mis)Fitting survey; what nobody has answered says what to write."""
    known = known_answers(found.fit, found.runs, answers(found))
    parts = []
    for group, items in ITEMS.items():
        rows = "".join(
            f'<tr><th scope="row">{escape(key.replace("_", " "))}</th><td>'
            + (
                escape(known[key])
                if known.get(key)
                else f'<span class="blank">to be filled in: {escape(question)}</span>'
            )
            + "</td></tr>"
            for key, question in items.items()
        )
        parts.append(f"<h3>{escape(group)}</h3><table><tbody>{rows}</tbody></table>")
    return "".join(parts)

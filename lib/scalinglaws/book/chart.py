"""The chart of verdicts by role and chapter, and the same counts in words."""

from __future__ import annotations

import io

from scalinglaws.book.suite import CHAPTERS, Finding
from scalinglaws.claims import INCONCLUSIVE, NOT_REPLICATED, PARTLY, REPLICATED, UNTESTABLE, WIDER, WORDS
from scalinglaws.claims.claim import ROLES

#: A colour a word, told apart also by the colour-blind, and by their order in each bar.
COLOURS = {
    REPLICATED: "#009E73",
    WIDER: "#56B4E9",
    PARTLY: "#E69F00",
    INCONCLUSIVE: "#999999",
    NOT_REPLICATED: "#D55E00",
    UNTESTABLE: "#DDDDDD",
}
Counts = dict[str, dict[str, dict[str, int]]]


def counts(findings: list[Finding]) -> Counts:
    """Role -> chapter -> word -> how many verdicts; what there is none of is left out."""
    found: Counts = {}
    for finding in findings:
        for verdict in finding.verdicts:
            words = found.setdefault(verdict["role"], {}).setdefault(CHAPTERS[finding.chapter], {})
            words[verdict["word"]] = words.get(verdict["word"], 0) + 1
    return {role: found[role] for role in ROLES if role in found}


def in_words(found: Counts) -> str:
    """What the chart shows, for those who do not see it: for each role how many of each word."""
    roles = []
    for role, chapters in found.items():
        totals = {word: sum(words.get(word, 0) for words in chapters.values()) for word in WORDS}
        roles.append(f"{role}: " + ", ".join(f"{count} {word}" for word, count in totals.items() if count))
    return "Bars of verdicts by chapter, a panel for each role. " + "; ".join(roles) + "."


def png(found: Counts) -> bytes:
    """The chart: a panel a role, a bar a chapter, a colour a word."""
    from matplotlib import use

    use("Agg")
    from scalinglaws.figures import panels

    chapters = [title for title in CHAPTERS.values() if any(title in each for each in found.values())]
    columns = min(len(found), 3)
    rows = -(-len(found) // columns)
    figure, axes = panels(columns, rows, width=2.7, height=2.4, sharey=True, squeeze=False)
    for ax in axes.flat[len(found) :]:
        ax.set_axis_off()
    for ax, (role, by_chapter) in zip(axes.flat[: len(found)], found.items(), strict=True):
        start = dict.fromkeys(chapters, 0)
        for word, colour in COLOURS.items():
            widths = [by_chapter.get(title, {}).get(word, 0) for title in chapters]
            ax.barh(chapters, widths, left=[start[title] for title in chapters], color=colour, label=word)
            start = {title: start[title] + width for title, width in zip(chapters, widths, strict=True)}
        ax.set(title=role, xlabel="claims")
        ax.grid(axis="y", visible=False)
    # The panels share this axis: the first chapter stands at the top of all.
    axes[0, 0].invert_yaxis()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()

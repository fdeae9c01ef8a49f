"""The scores that Lin et al. print in the tables of their appendix, as points of 9 or of 6."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

FIGURE = converter("imitation_gaps")

SOURCE = FIGURE.SOURCE | {
    "title": "142 scores of robot policies as printed: by objects, environments, pairs and demonstrations",
    "licence": "none stated (the preprint)",
    "how_obtained": "typed from a public transcription of Tables 4 to 11 of the preprint (deep-diver/ai-paper-reviewer, "
    "content/posts/2410.18647/index.md); no file upstream; each is a mean of 40 roll-outs",
    "columns": {
        "task": FIGURE.SOURCE["columns"]["task"],
        "axis": {"unit": "name", "about": "what n counts: objects, envs, pairs, or demos (demonstrations)"},
        "percent": {
            "unit": "per cent",
            "about": "share of the demonstrations that was used; 100 for demos",
            "min": 3,
            "max": 100,
        },
        "n": {
            "unit": "count",
            "about": "objects, environments, pairs or demonstrations",
            "min": 1,
            "max": 6400,
        },
        "score": {
            "unit": "points",
            "about": "mean score of 40 roll-outs, of 9 points for pour_water and of 6 for mouse",
            "min": 0,
            "max": 9,
        },
    },
}
UPSTREAM: list[Upstream] = []
#: Task and axis -> scores, a row for each n = 1, 2, 4, ..., 32, from the largest share of demonstrations down.
SCORES = {
    ("pour_water", "objects"): "1.2 | 4.725 3.175 | 6.425 4.8 4.55 | 7.275 6.325 6.075 4.575 | "
    "7.625 7.9 7.425 6.65 3.6 | 8.45 8.075 7.925 8.25 6.575 2.45",
    ("pour_water", "envs"): "1.3 | 3.325 2.85 | 4.475 4.3 2.55 | 6.2 6.575 6.1 3.925 | "
    "8 7.85 6.525 6.2 4.15 | 8.6 8.75 8.65 7.2 6.55 3.475",
    ("pour_water", "pairs"): "0.45 | 1.425 1.65 | 5.325 5.3 2.725 | 5.625 5.775 6.175 4.95 | "
    "6.875 6.95 6.9 5.8 4.8 | 7.875 8.3 7.575 6.95 5.225 3.95",
    ("mouse", "objects"): "1.3 | 3.25 2.475 | 3.625 2.975 2.425 | 4.8 4.1 3.525 1.75 | "
    "5.325 4.425 3.925 3.675 2.525 | 5.575 5.175 5.025 4.2 3.675 3.7",
    ("mouse", "envs"): "1.3 | 2.475 1.975 | 3.625 3.3 1.8 | 3.6 3.2 2.5 2.075 | "
    "4.45 4.375 3.8 3.65 1.525 | 5.2 5.125 4.7 3.9 3.325 2.725",
    ("mouse", "pairs"): "0.75 | 0.875 0.975 | 2.325 2.3 1.8 | 3.35 3.425 3.725 2.425 | "
    "4.75 5.05 4.5 4.925 3.375 | 5.525 5.6 5.2 5.075 4.225 4.225",
}
#: Task -> scores of 64, 100, 200, ..., 6400 demonstrations.
DEMOS = {
    "pour_water": "4.35 6.15 6.875 7.025 6.975 7.2 7.125 6.525",
    "mouse": "1.725 3.025 3.3 3.775 3.975 3.8 3.875 3.8",
}


def convert() -> pd.DataFrame:
    """One row a policy."""
    rows = []
    for (task, axis), lines in SCORES.items():
        for octave, line in enumerate(lines.split(" | ")):
            for halvings, score in enumerate(line.split()):
                rows.append((task, axis, 100 / 2**halvings, 2**octave, float(score)))
    for task, line in DEMOS.items():
        for n, score in zip((64, *(100 * 2**k for k in range(7))), line.split(), strict=True):
            rows.append((task, "demos", 100.0, n, float(score)))
    return pd.DataFrame(rows, columns=["task", "axis", "percent", "n", "score"])

"""PaLM as its paper prints it: shapes, training tokens, recomputation, and Table 22.

Source: Chowdhery et al. (2022), arXiv:2204.02311, Tables 1 and 22, section 2 and appendix B.
"""

from __future__ import annotations

import numpy as np

from scalinglaws.counting import Transformer


def shape(width: int, depth: int, heads: int) -> Transformer:
    """A model of the family: heads of width 256, one of them for keys and values, no biases, 2,048 tokens."""
    return Transformer(
        width=width,
        depth=depth,
        heads=heads,
        head_width=256,
        kv_heads=1,
        mlp_width=4 * width,
        vocabulary=256_000,
        context=2048,
        gated=True,
        learned_positions=False,
        biases=False,
    )


SHAPES = {"8B": shape(4096, 32, 16), "62B": shape(8192, 64, 32), "540B": shape(18432, 118, 48)}
#: Parameters that multiply, the shared embedding once.
PARAMS = {name: each.n_params("matrices + head") for name, each in SHAPES.items()}
#: FLOPs of attention a token, forward and backward.
ATTENTION = {
    name: each.flops_per_token("6N + 12 L d n_ctx") - each.flops_per_token("6N")
    for name, each in SHAPES.items()
}
TOKENS = {"8B": 780e9, "62B": 795e9, "540B": 780e9}
#: What of the forward pass is computed a second time: a share of all but attention, and one of attention.
AGAIN = {"8B": (0, 1), "62B": (0, 1), "540B": (0.75, 1)}
#: Table 22: TFLOPs a token, the same with recomputation, training FLOPs, petaFLOP/s-days; and the last digits.
TABLE_22 = {
    "8B": (0.0550, 0.0561, 4.29e22, 497),
    "62B": (0.388, 0.392, 3.08e23, 3570),
    "540B": (3.28, 4.10, 2.56e24, 29600),
}
LAST_DIGIT = {"8B": (1e-4, 1e-4, 1e20, 1), "62B": (1e-3, 1e-3, 1e21, 10), "540B": (0.01, 0.01, 1e22, 100)}
#: What guessing gives on the tasks of BIG-bench Lite: nothing where answers are written, else one over the number of
#: choices in BIG-bench's task files, a mean where that varies (as the table `bigbench_bigg` lists it, if it does).
GUESS = {
    "auto_debugging": 0.0,
    "bbq_lite_json": 1 / 3,
    "code_line_description": 0.25,
    "conceptual_combinations": 0.25,
    "conlang_translation": 0.0,
    "emoji_movie": 0.2,
    "formal_fallacies_syllogisms_negation": 0.5,
    "hindu_knowledge": 0.25,
    "known_unknowns": 0.5,
    "language_identification": 1 / 11,
    "linguistics_puzzles": 0.0,
    "logic_grid_puzzle": 0.31,
    "logical_deduction": 0.22,
    "misconceptions_russian": 0.5,
    "novel_concepts": 0.19,
    "operators": 0.0,
    "parsinlu_reading_comprehension": 0.0,
    "play_dialog_same_or_different": 0.5,
    "repeat_copy_logic": 0.0,
    "strange_stories": 0.33,
    "strategyqa": 0.5,
    "symbol_interpretation": 0.2,
    "vitaminc_fact_verification": 1 / 3,
    "winowhy": 0.5,
}


def missed(ours: dict[str, tuple[float, ...]]) -> float:
    """The largest miss of Table 22, in units of the last printed digit.

    Parameters
    ----------
    ours
        The four numbers of each model, as in `TABLE_22`.
    """
    return float(
        max(np.max(np.abs(np.subtract(ours[name], row)) / LAST_DIGIT[name]) for name, row in TABLE_22.items())
    )

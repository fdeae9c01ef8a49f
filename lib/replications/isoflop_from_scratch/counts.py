"""What counting gives for nothing: n-gram models on the bytes that the runs of `projects` read, judged as they are.

Source: Witten & Bell (1991), IEEE Transactions on Information Theory 37:1085, method C (how contexts are mixed).
"""

from __future__ import annotations

from typing import Any

from replications.isoflop_from_scratch.projects import TOKENS, counted_loss
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training.texts import python_library

SLUG = "isoflop_from_scratch_counts"
TEXT = python_library
TITLE = "Held-out loss of n-gram models counted on the bytes that the networks read"
#: Fewer bytes than one pass.
MOST = 2**23

COLUMNS = {
    "longest": number_column("bytes", "context: 1 bigrams, 2 trigrams, 3 four-grams", 1, 3),
    "n_tokens": number_column("tokens", "bytes counted", 1024, 1e7),
    "seed": number_column("integer", "seed of the order in which a run reads the text", 0, 100),
    "loss": number_column("nats per byte", "loss on the held-out windows of the runs", 0.5, 6),
}


def grid(scale: str) -> list[dict[str, Any]]:
    """Bigrams, trigrams and four-grams at the token counts at which runs are judged."""
    return [
        {"longest": longest, "n_tokens": tokens, "seed": 0}
        for longest in (1, 2, 3)
        for tokens in TOKENS
        if tokens < MOST
    ]


def witnesses(scale: str) -> Witnesses:
    """Each length of context, on few bytes of the excerpt."""
    return Witnesses(
        [{"longest": longest, "n_tokens": 2**16, "seed": 0} for longest in (1, 2, 3)],
        short={"replications.isoflop_from_scratch.projects.HELD_OUT_WINDOWS": 64},
    )


def run(longest: int, n_tokens: int, seed: int) -> dict[str, Any]:
    """Count one model and judge it.

    Parameters
    ----------
    longest
        Bytes of context.
    n_tokens
        Bytes to count.
    seed
        Of the run whose bytes are counted.
    """
    return {"loss": counted_loss(n_tokens, longest, seed)}


def cost(longest: int, n_tokens: int, **_: Any) -> float:
    """Relative cost."""
    return longest * n_tokens


if __name__ == "__main__":
    command("replications.isoflop_from_scratch.counts")

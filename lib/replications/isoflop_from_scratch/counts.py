"""What counting gives for nothing: n-gram models on the bytes that the runs of `projects` read, judged as they are.

Source: Witten & Bell (1991), IEEE Transactions on Information Theory 37:1085, method C (how contexts are mixed).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from replications.isoflop_from_scratch.projects import CONTEXT, TOKENS, windows_of
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training.learners import ngrams
from scalinglaws.training.loop import batches
from scalinglaws.training.texts import python_library, python_text

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


def counted_loss(n_tokens: int, longest: int, seed: int) -> float:
    """Held-out loss of an n-gram model counted on the windows that a run of a seed reads first.

    Parameters
    ----------
    n_tokens
        Bytes to count, at most one pass.
    longest
        Bytes of context: 1 for a bigram model, 2 for a trigram model; shorter ones are mixed in
        (Witten-Bell).
    seed
        Seed of the run whose data are counted.

    Returns
    -------
    float
        Nats a byte on the same windows and bytes that runs are judged on.

    Raises
    ------
    ValueError
        If that is more than one pass.
    """
    training, held_out, _ = windows_of(python_text())
    count = n_tokens // CONTEXT
    if count > len(training):
        raise ValueError(f"{n_tokens} bytes are more than one pass over {len(training)} windows")
    index = batches(len(training), count, 1, seed)[0]
    contexts, following = grams(training.cpu()[index].numpy(), longest, 0)
    judge, _ = ngrams(contexts, following, longest, "witten_bell")
    return judge(*grams(held_out.cpu().numpy().astype(np.uint8), longest, longest - 1))["loss"]


def grams(windows: np.ndarray, longest: int, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """All stretches of windows as contexts and next bytes; before a window stand `blank` zeros.

    Blanks give the first bytes of a held-out window a context, so that all 64 are judged.
    """
    padded = np.pad(windows, ((0, 0), (blank, 0)))
    cut = np.lib.stride_tricks.sliding_window_view(padded, longest + 1, axis=1)
    return cut[..., :-1].reshape(-1, longest), cut[..., -1].ravel()


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

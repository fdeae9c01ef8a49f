"""The shapes of ParScale's models, from which their parameters and their memory can be counted.

All 48 models are released, so that their shapes can be read there. Here they are found from the
counts of parameters and what all models have in common (`cost_analysis.py`): for each size there is
one pair of widths, multiples of 64, that gives all four published counts, with one stream and with
two, four and eight.

Source: repository QwenLM/ParScale, commit cd6acb48, cost_analysis.py and parametric_fit.py.
"""

from __future__ import annotations

#: Backbone, as Figure 2 names it -> width of the residual stream, width of the MLP.
WIDTHS = {
    "0.5B": (896, 4864),
    "0.7B": (1024, 5504),
    "1.1B": (1280, 6912),
    "1.6B": (1536, 8320),
    "2.8B": (2048, 11008),
    "4.4B": (2560, 13824),
}
DEPTH = 36
HEADS = 16
KV_HEADS = 2
VOCABULARY = 151_936
#: Learned tokens in front of the text, in the cache of each block, a stream.
PREFIX = 48
#: Bytes of a number in half precision.
BYTES = 2


def cached(width: int) -> int:
    """Numbers that a token leaves in the caches of all blocks: its keys and its values."""
    return DEPTH * 2 * KV_HEADS * (width // HEADS)


def backbone(width: int, mlp_width: int) -> int:
    """Parameters of a plain model, the embedding not counted.

    Queries, keys and values have biases, the MLP has a gate, and norms have gains alone.
    """
    keys = KV_HEADS * (width // HEADS)
    attention = 2 * width * width + 2 * width * keys + (width + 2 * keys)
    return DEPTH * (attention + 3 * width * mlp_width + 2 * width) + width


def aggregation(width: int, streams: int) -> int:
    """Parameters of the two layers that weigh the streams and add them up; a plain model has none."""
    if streams == 1:
        return 0
    return (streams * width * width + width) + (streams * width + streams)


def n_params(width: int, mlp_width: int, streams: int) -> int:
    """Parameters as the authors count them: the backbone, the learned prefixes and the aggregation.

    Parameters
    ----------
    width, mlp_width
        Widths of the residual stream and of the MLP.
    streams
        Parallel streams; 1 is a plain model.

    Examples
    --------
    >>> n_params(2560, 13824, 1), n_params(2560, 13824, 8)
    (4353203200, 4414502408)
    """
    prefixes = streams * PREFIX * cached(width) if streams > 1 else 0
    return backbone(width, mlp_width) + prefixes + aggregation(width, streams)


def memory(
    width: int,
    mlp_width: int,
    streams: int,
    read: float = 240,
    written: float = 240,
    activations: bool = True,
) -> float:
    """Memory that a model needs to answer one text, in bytes, every number in half precision.

    Weights, with the embedding, which is also the head; keys and values in the caches, the prefixes
    among them; and the largest thing that is held for a moment while the text is read: the scores of
    the vocabulary, or the inner activations of one block's MLP in all streams.

    Parameters
    ----------
    width, mlp_width, streams
        As in `n_params`.
    read, written
        Tokens; 240 is the mean over the authors' lengths of 64, 128, 256 and 512.
    activations
        Whether what is held for a moment is counted.
    """
    weights = backbone(width, mlp_width) + aggregation(width, streams) + VOCABULARY * width
    prefix = PREFIX if streams > 1 else 0
    caches = streams * (prefix + read + written) * cached(width)
    moment = (prefix + read) * max(VOCABULARY, streams * mlp_width)
    return BYTES * (weights + caches + (moment if activations else 0))

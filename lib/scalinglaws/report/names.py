"""What columns are called elsewhere: the names that people and trackers use -> the field's names here.

A name is matched without regard to case, to the `config.` or `summary.` that an export of Weights & Biases
puts before it, and to whether words are joined by spaces, dashes or underscores; single letters count only
as capitals. A table in which two columns may be meant is refused: `--columns` says which one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from scalinglaws.errors import UserError

#: Our name -> what it is called elsewhere: in papers, in tables on GitHub, in exports of Weights & Biases from
#: the Hugging Face trainer, nanoGPT, OLMo, open_lm, Megatron and lit-gpt.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "n_params": (
        "N",
        "params",
        "parameters",
        "num_params",
        "num_parameters",
        "n_parameters",
        "total_params",
        "param_count",
        "model_size",
        "model/num_parameters",
    ),
    "n_tokens": (
        "D",
        "tokens",
        "num_tokens",
        "total_tokens",
        "train_tokens",
        "training_tokens",
        "tokens_seen",
        "num_input_tokens_seen",
        "train/num_input_tokens_seen",
        "train/tokens",
        "throughput/total_tokens",
        "tokens_trained",
    ),
    "flops": (
        "C",
        "compute",
        "total_flops",
        "train_flops",
        "training_flops",
        "total_flos",
        "train/total_flos",
        "training_compute",
    ),
    "loss": (
        "final_loss",
        "val_loss",
        "valid_loss",
        "validation_loss",
        "eval_loss",
        "test_loss",
        "train_loss",
        "training_loss",
        "val/loss",
        "valid/loss",
        "validation/loss",
        "eval/loss",
        "test/loss",
        "train/loss",
        "lm_loss",
        "lm loss validation",
        "cross_entropy",
        "nll",
    ),
    "run": ("run_name", "run_id", "run id", "exp_name", "experiment", "name", "id"),
}
#: A chart of Weights & Biases exports one column for each run, and two more for its spread.
CHART = re.compile(r".+ - .+__(?:MIN|MAX)")


class NamesError(UserError):
    """Columns of which it is not clear what they are."""


def plain(name: str) -> str:
    """A name as it is compared: a single letter as it is, others in small letters joined by underscores."""
    name = re.sub(r"^(?:config|summary)[./]", "", name.strip())
    return name if len(name) == 1 else re.sub(r"[\s\-]+", "_", name.lower())


def meant(columns: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """Which column of a table is meant by each of our names that it does not have itself.

    Parameters
    ----------
    columns
        The names in the table.
    wanted
        Our names, of which those in `ELSEWHERE` may be called otherwise.

    Returns
    -------
    dict
        Our name -> the table's; without those that nothing in the table is called by.

    Raises
    ------
    NamesError
        If two columns may be meant by one name.
    """
    columns = list(columns)
    found = {}
    for name in wanted:
        if name in columns:
            continue
        known = {plain(other) for other in (name, *ELSEWHERE.get(name, ()))}
        named = [column for column in columns if plain(column) in known]
        if len(named) > 1 and name == "run":
            # Any of them tells runs apart; the first in our order is the most telling.
            order = [plain(other) for other in ELSEWHERE[name]]
            named = sorted(named, key=lambda column: order.index(plain(column)))[:1]
        if len(named) > 1:
            raise NamesError(
                f"{' and '.join(map(repr, named))} may each be {name}: say which, with --columns {name}='{named[0]}'"
            )
        if named:
            found[name] = named[0]
    return found

"""What papers claim, what would refute it, and what became of it."""

from scalinglaws.claims.claim import (
    INCONCLUSIVE,
    NOT_REPLICATED,
    PARTLY,
    REPLICATED,
    UNTESTABLE,
    WIDER,
    WORDS,
    Claim,
    ClaimError,
    Region,
)
from scalinglaws.claims.mutation import Mutation
from scalinglaws.claims.stated import Stated, stated

__all__ = [
    "INCONCLUSIVE",
    "NOT_REPLICATED",
    "PARTLY",
    "REPLICATED",
    "UNTESTABLE",
    "WIDER",
    "WORDS",
    "Claim",
    "ClaimError",
    "Mutation",
    "Region",
    "Stated",
    "stated",
]

"""Scaling Laws, Replicated: the thin library behind the notebooks."""

from scalinglaws.claims import Claim, Mutation, Replication
from scalinglaws.tables import load, provenance

__all__ = ["Claim", "Mutation", "Replication", "load", "provenance"]

"""The laws themselves: short functions with named parameters, their units and sources.

`power` holds power laws of one quantity, `joint` losses from size and data, `related` one measure of
quality from another, `schedule` losses from the learning rates so far. What a `Law` is and does stands in
`scalinglaws.fitting.law`.
"""

from scalinglaws.fitting.law import Law, law
from scalinglaws.laws.joint import chinchilla, data_constrained, kaplan, kaplan_with_floor
from scalinglaws.laws.power import (
    broken_power_law,
    power_law,
    power_law_with_constant,
    rising_power_law,
)
from scalinglaws.laws.related import accuracy_from_loss, shifted_power_law
from scalinglaws.laws.schedule import annealing

__all__ = [
    "Law",
    "accuracy_from_loss",
    "annealing",
    "broken_power_law",
    "chinchilla",
    "data_constrained",
    "kaplan",
    "kaplan_with_floor",
    "law",
    "power_law",
    "power_law_with_constant",
    "rising_power_law",
    "shifted_power_law",
]

"""Compute-optimal allocation: how to split a budget between parameters and tokens.

Hoffmann et al. (2022, arXiv:2203.15556) find the split in three ways, and so does this
package: from the lower `envelope` of many training curves (approach 1), from the best size at
each of several fixed budgets (approach 2, `isoflop_optimum`), and in closed form from a
fitted law (approach 3, `compute_optimal`). `exponent` turns the optima of the first two into
$N_{opt} \\propto C^{a}$. How FLOPs and parameters are counted is in `scalinglaws.counting`.
"""

from scalinglaws.frontier.envelope import envelope
from scalinglaws.frontier.exponent import Exponent, exponent
from scalinglaws.frontier.isoflop import Optimum, isoflop_optimum
from scalinglaws.laws.allocation import Allocation, compute_optimal, size_exponent

__all__ = [
    "Allocation",
    "Exponent",
    "Optimum",
    "compute_optimal",
    "envelope",
    "exponent",
    "isoflop_optimum",
    "size_exponent",
]

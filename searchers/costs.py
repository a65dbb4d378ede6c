"""Costs of architectures by name, known without training, in units that stand beside an accuracy in percent.

Sizes are counted in millions: ``flops`` and ``flops_built`` in millions of multiply-adds, ``parameters`` and
``parameters_built`` in millions of parameters. Every other cost, such as a latency, is in the unit of its table.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.registry import unknown
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from searchers.candidates import Candidates
from searchers.hints import SIZES, Hints

MILLION = 1e6
SAMPLED = 1000
"""Architectures drawn from a space too large to enumerate to learn how much costs can be."""


def parse_costs(text: str) -> tuple[str, ...]:
    """Names of costs joined by a plus.

    >>> parse_costs("flops + latency")
    ('flops', 'latency')

    Raises:
        ValueError: there is no name, or one twice.
    """
    names = tuple(name.strip() for name in text.split("+"))
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"expected different names of costs joined by a plus, such as flops+parameters, got {text!r}")
    return names


def check_costs(names: Sequence[str], hints: Hints) -> None:
    """Checks that these are costs that hints know.

    Raises:
        UnknownNameError: one is not, or is a zero-cost proxy; the message holds the nearest.
    """
    known = [name for name in hints.names if name not in hints.proxies]
    for name in names:
        if name not in known:
            raise unknown("cost", name, known)


def unit(name: str) -> str:
    """What a cost is counted in.

    >>> unit("flops")
    'millions'
    """
    return "millions" if name in SIZES else "as in the table"


def cost_values(hints: Hints, space: Space, names: Sequence[str], architectures: Sequence[Architecture]) -> np.ndarray:
    """float64 [architectures, names]: costs in their units, NaN where nothing is known.

    An architecture that a table has no cost of costs what the representative of its class does: that is what is built.
    """
    whole = space.whole if isinstance(space, Candidates) else space
    values = np.empty((len(architectures), len(names)))
    for column, name in enumerate(names):
        found = hints.values(name, architectures)
        absent = np.flatnonzero(np.isnan(found))
        if len(absent) and whole.count() <= LARGEST_ENUMERATED:
            found = found.copy()
            found[absent] = hints.values(name, [whole.canonical(architectures[place]) for place in absent.tolist()])
        values[:, column] = found / MILLION if name in SIZES else found
    return values


def largest_costs(hints: Hints, space: Space, names: Sequence[str]) -> np.ndarray:
    """float64 [names]: the most that an architecture of the space costs; of a large one, of 1,000 draws that are fixed.

    Raises:
        ValueError: a cost is known of no architecture.
    """
    if type(space).__iter__ is not Space.__iter__ or space.count() <= LARGEST_ENUMERATED:
        among = list(space)
    else:
        rng = np.random.default_rng(0)
        among = [space.sample(rng) for _ in range(SAMPLED)]
    values = cost_values(hints, space, names, among)
    for name, column in zip(names, values.T, strict=True):
        if np.isnan(column).all():
            raise ValueError(f"the cost {name} is known of no architecture of {space.name}: name another one")
    return np.asarray(np.nanmax(values, axis=0))

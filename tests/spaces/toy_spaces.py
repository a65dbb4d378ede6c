"""Spaces that the project does not ship, so that the contract meets what its own spaces lack: size and constraints."""

from __future__ import annotations

import itertools

from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture, Space

OPERATIONS = ("skip", "conv_1x1", "conv_3x3", "avg_pool")


class _Chain(Space):
    """Layers in a row, each a skip, a convolution or a pooling; not every choice has every option."""

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        write = PlanWriter(skeleton.input_shape)
        x = write.add("stem", "conv_bn", 0, kernel=3, stride=1, channels=skeleton.channels)
        for layer, choice in enumerate(architecture.choices):
            name = f"layer{layer}"
            if OPERATIONS[choice] == "skip":
                x = write.add(name, "skip", x)
            elif OPERATIONS[choice] == "avg_pool":
                x = write.add(name, "avg_pool", x, kernel=3, stride=1)
            else:
                x = write.add(f"{name}.relu", "relu", x)
                x = write.add(name, "conv_bn", x, kernel=2 * choice - 1, stride=1, channels=skeleton.channels)
        x = write.add("pool", "global_pool", write.add("last", "bn_relu", x))
        write.add("classifier", "linear", x, features=skeleton.classes)
        return write.plan()

    def dataflow(self, architecture: Architecture) -> Dataflow:
        flow = Dataflow()
        value = flow.input()
        for choice in architecture.choices:
            if OPERATIONS[choice] == "avg_pool":
                value = flow.linear("avg_pool", value)
            elif OPERATIONS[choice] != "skip":
                value = flow.weighted(OPERATIONS[choice], value)
        return flow.set_outputs(value)

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        labels = ("input", *(OPERATIONS[choice] for choice in architecture.choices), "output")
        return (Dag(labels, tuple(itertools.pairwise(range(len(labels))))),)


class Wide(_Chain):
    """Far too large to enumerate, and no constraint: 3 ** 15 * 4 ** 15 = 1.5e16 architectures."""

    name = "toy_wide"
    options = (3, 4) * 15


class Odd(_Chain):
    """Small, with a constraint: no two skips in a row."""

    name = "toy_odd"
    options = (3, 2, 4, 3)

    def is_valid(self, choices) -> bool:
        return not any(first == second == 0 for first, second in itertools.pairwise(choices))

    def count(self) -> int:
        return sum(map(self.is_valid, itertools.product(*map(range, self.options))))


class WideOdd(Odd):
    """Too large to enumerate, with the constraint: a little less than 4 ** 12 architectures."""

    name = "toy_wide_odd"
    options = (4,) * 12

    def count(self) -> int:
        skip, other = 1, 3  # chains that end in a skip, and those that do not
        for _ in self.options[1:]:
            skip, other = other, 3 * (skip + other)
        return skip + other


TOYS = (Wide, Odd, WideOdd)

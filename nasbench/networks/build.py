"""A network from a plan: one module a step, named as the step, run in order."""

from __future__ import annotations

import math

import torch
from torch import nn

from nasbench.complexity import infer_shapes
from nasbench.networks.drop_path import DropPath
from nasbench.networks.operations import MAKERS
from nasbench.plan import Plan, prune


class Network(nn.Module):
    """Runs a plan's steps in order and lets go of each value after its last reader.

    Input: float tensor of shape (images, channels, height, width). Output: logits of shape (images, classes).
    Dots in step names are written as slashes in module names: ``network.step("stage0.cell0.edge01")``. An auxiliary
    classifier is computed by :meth:`forward_both` alone.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        shapes = infer_shapes(plan)
        self.operations = nn.ModuleDict(
            {
                _module_name(step.name): MAKERS[step.operation](step, [shapes[source] for source in step.inputs])
                for step in plan.steps[1:]
            }
        )
        last_reader = {source: position for position, step in enumerate(plan.steps) for source in step.inputs}
        self._program = [
            (
                self.operations[_module_name(step.name)],
                step.inputs,
                tuple(source for source in set(step.inputs) if last_reader[source] == position),
            )
            for position, step in enumerate(plan.steps)
            if position
        ]

    def step(self, name: str) -> nn.Module:
        """The module of a step.

        Raises:
            KeyError: the network has no such step (it may have been pruned).
        """
        return self.operations[_module_name(name)]

    @property
    def has_drop_path(self) -> bool:
        """Whether the network has edges that can be dropped in training."""
        return any(isinstance(module, DropPath) for module in self.operations.values())

    def set_drop_path(self, probability: float, generator: torch.Generator) -> None:
        """Drops each droppable edge of each image with this probability in training, from now on.

        Args:
            probability: from 0 to below 1.
            generator: where the coins come from, on the device of the images; who keeps its state goes on exactly.

        Raises:
            ValueError: the probability is out of range, or above 0 in a network without such edges.
        """
        if probability and not self.has_drop_path:
            raise ValueError("this network has no edge that drop path could drop: set its probability to 0")
        for module in self.operations.values():
            if isinstance(module, DropPath):
                module.set(probability, generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of shape (images, classes)."""
        return self._run(x, auxiliary=False)[0]

    def forward_both(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The logits, and those of the auxiliary classifier, None in a network without one."""
        return self._run(x, auxiliary=True)

    def _run(self, x: torch.Tensor, auxiliary: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
        values: list[torch.Tensor | None] = [x]
        extra: torch.Tensor | None = None
        for place, (module, sources, finished) in enumerate(self._program, 1):
            if place != self.plan.auxiliary:
                values.append(module(*[values[source] for source in sources]))
            else:
                values.append(None)
                extra = module(values[sources[0]]) if auxiliary else None
            for source in finished:
                values[source] = None
        output = values[-1]
        assert output is not None
        return output, extra


def build_network(plan: Plan, seed: int, pruned: bool = True) -> Network:
    """The network of a plan with weights drawn from ``seed``; global random state is left alone.

    Args:
        plan: what to build.
        seed: of the weights. Convolutions are drawn normal with He's variance over outputs, the classifier normal with
            deviation 0.01, as NAS-Bench-201 does; each step's weights depend on the seed and its place alone.
        pruned: leave out what cannot matter (see :func:`nasbench.plan.prune`); False builds every written edge.
    """
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        network = Network(prune(plan) if pruned else plan)
    draw_weights(network, seed)
    return network


def draw_weights(network: nn.Module, seed: int) -> None:
    """Draws all weights of a network anew from a seed, as :func:`build_network` says."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        _initialise(module, generator)


@torch.no_grad()
def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    """He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015, fan out."""
    if isinstance(module, nn.Conv2d):
        fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1] // module.groups
        module.weight.normal_(0.0, math.sqrt(2.0 / fan_out), generator=generator)
    elif isinstance(module, nn.Linear):
        module.weight.normal_(0.0, 0.01, generator=generator)
        module.bias.zero_()


def _module_name(step: str) -> str:
    return step.replace(".", "/")

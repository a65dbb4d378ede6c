"""The supernet: a space's network with every operation on every edge, whose weights all architectures share.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. Batch norm takes the statistics of the
batch in training and in evaluation alike, so that any architecture is judged as if it stood alone; that of operations
and of what prepares a cell's inputs has no weights, as the weights of operations would have no meaning beside them.
"""

from __future__ import annotations

import torch
from torch import nn

from nasbench.complexity import infer_shapes
from nasbench.mixed_cells import MIXED, MixedCells
from nasbench.networks.build import draw_weights
from nasbench.networks.mixed import Made, MixedEdge, Weight
from nasbench.networks.operations import MAKERS
from nasbench.plan import Plan, Skeleton, Step


class Supernet(nn.Module):
    """All architectures of a space in one network.

    Args:
        cells: the space's mixed cells.
        skeleton: channels, cells, classes and the shape of images.
        seed: of the shared weights, which are drawn as those of single networks are; global chance is left alone.
        part: a share of 1 / ``part`` of each edge's channels goes through its operations (see :class:`MixedEdge`).

    Raises:
        ValueError: the channels cannot be parted so.
    """

    def __init__(self, cells: MixedCells, skeleton: Skeleton, seed: int, part: int = 1) -> None:
        super().__init__()
        self.cells = cells
        plan = cells.plan(skeleton)
        shapes = infer_shapes(Plan(tuple(_like_zeros(step) for step in plan.steps), plan.input_shape))
        with torch.random.fork_rng(devices=[]), torch.device("cpu"):
            self.steps = nn.ModuleList(
                MixedEdge(cells, int(step.setting("channels")), int(step.setting("stride")), part)
                if step.operation == MIXED
                else MAKERS[step.operation](step, [shapes[source] for source in step.inputs])
                for step in plan.steps[1:]
            )
        self._plan, self._shapes = plan, shapes
        self._last_reader = {source: place for place, step in enumerate(plan.steps) for source in step.inputs}
        for step, module in zip(plan.steps[1:], self.steps, strict=True):
            for norm in module.modules():
                if isinstance(norm, nn.BatchNorm2d):
                    _forget_statistics(norm)
                    if step.name.rpartition(".")[2] in cells.prepared:
                        _forget_weights(norm)
        draw_weights(self, seed)

    def edge(self, name: str) -> MixedEdge:
        """The mixed edge of a step, such as ``stage0.cell0.edge01``.

        Raises:
            KeyError: there is no such edge.
        """
        for step, module in zip(self._plan.steps[1:], self.steps, strict=True):
            if step.name == name and isinstance(module, MixedEdge):
                return module
        raise KeyError(name)

    def forward(self, x: torch.Tensor, weights: torch.Tensor, edges: torch.Tensor | None = None) -> torch.Tensor:
        """Logits [images, classes].

        Args:
            x: images [images, channels, height, width].
            weights: of operations [K, E, O]; best on the CPU, where it takes no waiting to see which are zero and not
                to be computed.
            edges: of edges [K, E], by which what an edge gives is multiplied; None for all 1.
        """
        each, every = _each(weights, x), None if edges is None else _each(edges[:, :, None], x)
        values: list[torch.Tensor | None] = [x]  # None for what has been let go of, and for zeros
        made: dict[int, Made] = {}
        for place, (step, module) in enumerate(zip(self._plan.steps[1:], self.steps, strict=True), 1):
            sources = [values[source] for source in step.inputs]
            if step.operation == MIXED:
                kind, edge = int(step.setting("kind")), int(step.setting("edge"))
                value = None  # operations on zeros give zeros
                if sources[0] is not None:
                    value = module(sources[0], each[kind][edge], made.setdefault(step.inputs[0], {}))
                if value is not None and every is not None:
                    value = value * every[kind][edge][0]
            elif step.operation == "sum":
                value = _sum(sources)
            else:
                pairs = zip(step.inputs, sources, strict=True)
                value = module(*[self._zeros(x, at) if source is None else source for at, source in pairs])
            values.append(value)
            for source in set(step.inputs):
                if self._last_reader[source] == place:
                    values[source] = None
                    made.pop(source, None)
        assert values[-1] is not None
        return values[-1]

    def _zeros(self, x: torch.Tensor, place: int) -> torch.Tensor:
        """What a step gives that was not computed because it is zero."""
        zeros = torch.zeros((len(x), *self._shapes[place]), dtype=x.dtype, device=x.device)
        return zeros.contiguous(memory_format=torch.channels_last)


def _each(weights: torch.Tensor, x: torch.Tensor) -> list[list[list[Weight]]]:
    """Weights [K, E, O] one by one: 0.0 where they are zero, 1.0 where they are that and nothing asks why."""
    exact = (0.0,) if weights.requires_grad else (0.0, 1.0)
    numbers = weights.detach().reshape(-1).tolist()
    moved = weights.to(x.device, x.dtype).reshape(-1).unbind()
    flat: list[Weight] = [n if n in exact else tensor for n, tensor in zip(numbers, moved, strict=True)]
    _, edges, operations = weights.shape
    rows = [flat[start : start + operations] for start in range(0, len(flat), operations)]
    return [rows[start : start + edges] for start in range(0, len(rows), edges)]


def _sum(values: list[torch.Tensor | None]) -> torch.Tensor | None:
    total: torch.Tensor | None = None
    for value in values:
        if value is not None:
            total = value if total is None else total + value
    return total


def _like_zeros(step: Step) -> Step:
    """A step of known shape in place of a mixed one."""
    if step.operation != MIXED:
        return step
    settings = tuple((name, value) for name, value in step.settings if name in ("channels", "stride"))
    return Step(step.name, "zero", step.inputs, settings)


def _forget_weights(norm: nn.BatchNorm2d) -> None:
    norm.affine = False
    for name in ("weight", "bias"):
        norm.register_parameter(name, None)


def _forget_statistics(norm: nn.BatchNorm2d) -> None:
    norm.track_running_stats = False
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        norm.register_buffer(name, None)

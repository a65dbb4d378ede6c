"""What to build: a whole network as a list of steps, free of torch.

A :class:`Plan` is what a search space hands over for one architecture; ``networks.build`` turns it into a module,
``complexity`` counts its parameters and FLOPs. Spaces write plans with a :class:`PlanWriter`; :func:`prune` keeps the
steps that are really computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Setting = int | float | str
"""A step's setting: a kernel size, a stride, a number of channels."""

ZERO_PRESERVING = frozenset(
    {"relu", "conv_bn", "sep_conv", "dil_conv", "factorized_reduce", "avg_pool", "max_pool", "skip", "sum", "zero"}
    | {"drop_path"}
)
"""Operations that answer zeros with zeros, as built: a step of these whose inputs are all zero is not computed."""

WEIGHTLESS = frozenset({"relu", "avg_pool", "max_pool", "skip", "sum", "zero", "concat"})
"""Operations without weights or state: two such steps on the same inputs are one."""

STEMS = ("cifar", "imagenet")
"""What comes before the first cell: one convolution, or three of stride two."""

_Key = tuple[str, tuple[int, ...], tuple[tuple[str, Setting], ...]]
"""Operation, inputs and settings of a step."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Everything about a network that the architecture does not choose.

    Args:
        channels: channels of the first stage (NAS-Bench-201 publishes 16, DARTS 36).
        cells: cells in a stage where a space has stages (NAS-Bench-201 publishes 5), in the network where it has
            reduction cells (DARTS publishes 20).
        classes: outputs of the classifier.
        input_shape: (channels, height, width) of one input.
        stem: one of :data:`STEMS`; ``imagenet`` divides the size by eight before the first cell.
        auxiliary: whether a second classifier reads a cell two thirds up the network, for training alone.

    Raises:
        ValueError: a value is out of its range.
    """

    channels: int = 16
    cells: int = 5
    classes: int = 10
    input_shape: tuple[int, int, int] = (3, 32, 32)
    stem: str = "cifar"
    auxiliary: bool = False

    def __post_init__(self) -> None:
        for name in ("channels", "cells", "classes"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"skeleton {name} must be a whole number of at least 1, got {value!r}")
        if len(self.input_shape) != 3 or min(self.input_shape) < 1:
            raise ValueError(f"input_shape must be (channels, height, width), got {self.input_shape!r}")
        if self.stem not in STEMS:
            raise ValueError(f"skeleton stem must be one of {', '.join(STEMS)}, got {self.stem!r}")

    def check_plain(self, space: str) -> None:
        """Checks that a space which has one stem and no auxiliary classifier can build this.

        Raises:
            ValueError: another stem or an auxiliary classifier is asked for.
        """
        if self.stem != "cifar" or self.auxiliary:
            asked = "an auxiliary classifier" if self.auxiliary else f"the stem {self.stem}"
            raise ValueError(f"networks of {space} have the stem cifar and no auxiliary classifier; leave {asked} out")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a plan: its unique name, what it does, which earlier steps it reads, how it is set."""

    name: str
    operation: str
    inputs: tuple[int, ...] = ()
    settings: tuple[tuple[str, Setting], ...] = ()

    def setting(self, name: str, default: Setting | None = None) -> Setting:
        """Value of a setting; ``default`` where the step has none, KeyError where there is no default either."""
        for key, value in self.settings:
            if key == name:
                return value
        if default is None:
            raise KeyError(f"step {self.name!r} ({self.operation}) has no setting {name!r}")
        return default


@dataclass(frozen=True, slots=True)
class Plan:
    """A network as steps in an order that can be executed; step 0 is the input, the last one the output.

    Args:
        steps: the steps; each reads only earlier ones.
        input_shape: (channels, height, width) of step 0.
        auxiliary: the step that is an auxiliary classifier, read by no other; None where there is none.
    """

    steps: tuple[Step, ...]
    input_shape: tuple[int, int, int]
    auxiliary: int | None = None

    def __post_init__(self) -> None:
        if not self.steps or self.steps[0].operation != "input":
            raise ValueError("a plan begins with a step of operation 'input'")
        for position, step in enumerate(self.steps):
            if any(not 0 <= source < position for source in step.inputs):
                raise ValueError(f"step {step.name!r} reads {step.inputs}, which are not all before it")
        if len({step.name for step in self.steps}) != len(self.steps):
            raise ValueError("step names of a plan must be unique")
        if self.auxiliary is not None and not 0 < self.auxiliary < len(self.steps) - 1:
            raise ValueError(f"the auxiliary step must come before the last of {len(self.steps)}, got {self.auxiliary}")


@dataclass
class PlanWriter:
    """Collects steps: ``add`` returns the index that later steps name as input."""

    input_shape: tuple[int, int, int]
    steps: list[Step] = field(default_factory=lambda: [Step("input", "input")])

    def add(self, name: str, operation: str, inputs: int | Iterable[int], **settings: Setting) -> int:
        """Index of the new step."""
        sources = (inputs,) if isinstance(inputs, int) else tuple(inputs)
        self.steps.append(Step(name, operation, sources, tuple(sorted(settings.items()))))
        return len(self.steps) - 1

    def plan(self, auxiliary: int | None = None) -> Plan:
        """The plan written so far; its last step is the output, ``auxiliary`` the step of an auxiliary classifier."""
        return Plan(tuple(self.steps), self.input_shape, auxiliary)


def prune(plan: Plan) -> Plan:
    """The plan as built: computes the same output, without the steps that cannot matter.

    Zeros are followed through zero-preserving operations and taken out of sums; skips and sums of one are replaced by
    what they read; equal steps without weights are computed once; steps that neither the output nor an auxiliary
    classifier reads are dropped. Names of the steps that stay are unchanged.
    """
    kept: list[Step] = []
    moved: dict[int, int | None] = {}  # step of the old plan -> step of the new one, None for a value that is zero
    seen: dict[_Key, int] = {}  # key -> step of the new plan, for steps without weights
    for position, step in enumerate(plan.steps):
        sources = [moved[source] for source in step.inputs]
        live = [source for source in sources if source is not None]
        if step.operation == "zero" or (step.operation in ZERO_PRESERVING and step.inputs and not live):
            moved[position] = None
            continue
        if step.operation == "sum":
            if len(live) == 1:
                moved[position] = live[0]
                continue
            live.sort()
        elif step.operation == "skip":
            moved[position] = live[0]
            continue
        elif len(live) < len(sources):
            live = [
                source if source is not None else _write_zeros(plan, old, moved, kept, seen)
                for source, old in zip(sources, step.inputs, strict=True)
            ]
        key = (step.operation, tuple(live), step.settings)
        if step.operation in WEIGHTLESS and key in seen:
            moved[position] = seen[key]
            continue
        kept.append(Step(step.name, step.operation, tuple(live), step.settings))
        seen[key] = moved[position] = len(kept) - 1
    output = moved[len(plan.steps) - 1]
    if output is None:
        output = _write_zeros(plan, len(plan.steps) - 1, moved, kept, seen)
    auxiliary = None if plan.auxiliary is None else moved[plan.auxiliary]
    return _reachable(kept[: output + 1], plan.input_shape, auxiliary)


def _write_zeros(
    plan: Plan, position: int, moved: dict[int, int | None], kept: list[Step], seen: dict[_Key, int]
) -> int:
    """Index of a step that writes the zeros of an old step, for an operation that cannot do without them.

    It reads the nearest value that is not zero; where the zeros have another shape than that, its settings are the
    ``stride`` and the ``channels`` that lead there.
    """
    name = f"{plan.steps[position].name.removesuffix('.zeros')}.zeros"
    stride, channels, source = 1, 0, moved[position]
    while source is None:
        step = plan.steps[position]
        stride *= int(step.setting("stride", 1))
        channels = channels or int(step.setting("channels", 0))
        position = step.inputs[0]
        source = moved[position]
    shape = (("channels", channels, 0), ("stride", stride, 1))
    zeros = Step(name, "zero", (source,), tuple((key, value) for key, value, same in shape if value != same))
    key = (zeros.operation, zeros.inputs, zeros.settings)
    if key not in seen:
        kept.append(zeros)
        seen[key] = len(kept) - 1
    return seen[key]


def _reachable(steps: list[Step], input_shape: tuple[int, int, int], auxiliary: int | None) -> Plan:
    needed = {0, len(steps) - 1} | ({auxiliary} if auxiliary is not None else set())
    for position in range(len(steps) - 1, 0, -1):
        if position in needed:
            needed.update(steps[position].inputs)
    order = sorted(needed)
    place = {old: new for new, old in enumerate(order)}
    return Plan(
        tuple(
            Step(steps[old].name, steps[old].operation, tuple(place[s] for s in steps[old].inputs), steps[old].settings)
            for old in order
        ),
        input_shape,
        None if auxiliary is None else place[auxiliary],
    )

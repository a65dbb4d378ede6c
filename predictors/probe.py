"""One architecture's untrained network and what proxies learn from it, each piece computed once.

A *piece* is a function of a :class:`Probe` under :func:`shared`: a forward pass, gradients, a Jacobian. The first proxy
that asks for it has it computed, the others get the same value, so that a proxy answers alike alone and in company.
The seconds of a piece are split evenly between the proxies that used it; what a proxy does by itself is its own.

Pieces run on one working network, in training mode, and never change its weights; whoever wants other weights asks for
a :meth:`Probe.copy`.
"""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from nasbench.plan import Skeleton
from nasbench.space import Architecture, Space
from predictors.batches import Batch as Batch
from predictors.batches import random_batch

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
INITIALISATIONS = ("training", "torch")
"""How weights are drawn: as the networks of a table that are trained, or as torch draws those of its own layers."""


def shared(piece: Callable[[Probe], T]) -> Callable[[Probe], T]:
    """Decorator that makes a function of a probe a piece: computed once for each probe."""

    @functools.wraps(piece)
    def once(probe: Probe) -> T:
        return probe.once(piece)

    return once


class Probe:
    """What the proxies of one architecture share.

    Args:
        make: gives the untrained network; called once, when a network is first needed. The network is left as it is.
        batch: images and labels, left as they are.
        seed: of whatever a proxy draws.
        device: where the network runs.
    """

    def __init__(self, make: Callable[[], torch.nn.Module], batch: Batch, seed: int = 0, device: str = "cpu") -> None:
        self.seed = seed
        self.device = device
        self._make = make
        self._batch = batch
        self._values: dict[Callable[[Probe], Any], Any] = {}
        self._needs: dict[Callable[[Probe], Any], set[Callable[[Probe], Any]]] = {}
        self._seconds: dict[Callable[[Probe], Any], float] = {}
        self._own: dict[str, float] = {}
        self._uses: dict[str, set[Callable[[Probe], Any]]] = {}
        self._open: list[set[Callable[[Probe], Any]]] = [set()]
        self._spent = 0.0  # seconds of all pieces so far

    # -- the network and the batch ------------------------------------------------------------------------------

    @property
    def network(self) -> torch.nn.Module:
        """The working network, in training mode, on the device; its weights must stay as they are."""
        return _working(self)

    @property
    def images(self) -> torch.Tensor:
        """Images of the batch, on the device; a new tensor at every call."""
        return self._batch.images.detach().to(self.device, copy=True)

    @property
    def labels(self) -> torch.Tensor:
        """Labels of the batch, on the device; a new tensor at every call."""
        return self._batch.labels.to(self.device, copy=True)

    def copy(self) -> torch.nn.Module:
        """A clean copy of the network to do anything with: training mode, on the device, no gradients."""
        clean = copy.deepcopy(_made(self)).train().to(self.device)
        for parameter in clean.parameters():
            parameter.grad = None
        return clean

    def generator(self) -> torch.Generator:
        """A new generator of the probe's seed, on the CPU so that every device sees the same numbers."""
        import torch

        return torch.Generator().manual_seed(self.seed)

    # -- pieces and their seconds -------------------------------------------------------------------------------

    def once(self, piece: Callable[[Probe], T]) -> T:
        """The piece's value; computed at the first call."""
        if piece not in self._values:
            needs, value, seconds = self._timed(piece)
            self._values[piece], self._needs[piece], self._seconds[piece] = value, needs, seconds
            self._spent += seconds
        self._open[-1] |= {piece, *self._needs[piece]}
        found: T = self._values[piece]
        return found

    def run(self, name: str, function: Callable[[Probe], float]) -> float:
        """A proxy's value; its seconds and the pieces it used are noted under its name, also where it fails."""
        start, before = time.perf_counter(), self._spent
        self._open.append(set())
        try:
            return function(self)
        finally:
            self._uses[name] = self._open.pop()
            self._own[name] = time.perf_counter() - start - (self._spent - before)

    def seconds(self) -> dict[str, float]:
        """Seconds of each proxy that was run: its own, and an even share of each piece that it used."""
        users = {piece: sum(piece in used for used in self._uses.values()) for piece in self._seconds}
        return {
            name: self._own[name] + sum(self._seconds[piece] / users[piece] for piece in used)
            for name, used in self._uses.items()
        }

    def _timed(self, piece: Callable[[Probe], T]) -> tuple[set[Callable[[Probe], Any]], T, float]:
        """Pieces that a new piece needed, its value, and its seconds without those of pieces first computed in it."""
        start, before = time.perf_counter(), self._spent
        self._open.append(set())
        try:
            value = piece(self)
        finally:
            needs = self._open.pop()
        return needs, value, time.perf_counter() - start - (self._spent - before)


def make_probe(
    space: Space,
    architecture: Architecture,
    skeleton: Skeleton,
    batch: Batch | None = None,
    seed: int = 0,
    device: str = "cpu",
    initialisation: str = "training",
) -> Probe:
    """The probe of an architecture's network as built, with weights of the seed.

    Args:
        space: the architecture's.
        architecture: to look at.
        skeleton: of its network.
        batch: the images to look at; :func:`random_batch` of the skeleton where none is given.
        seed: of the network's weights, of what proxies draw, and of the random batch.
        device: where the network runs.
        initialisation: one of :data:`INITIALISATIONS`; published proxies were measured with "torch".

    Raises:
        ImportError: torch is not installed.
        ValueError: an unknown initialisation.
    """
    from nasbench.networks.build import build_network

    if initialisation not in INITIALISATIONS:
        raise ValueError(f"weights are drawn as in {' or '.join(INITIALISATIONS)}, got {initialisation!r}")

    def make() -> torch.nn.Module:
        network = build_network(space.plan(architecture, skeleton), seed)
        return _drawn_as_torch_does(network, seed) if initialisation == "torch" else network

    return Probe(make, batch or random_batch(skeleton, seed=seed), seed, device)


def _drawn_as_torch_does(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """The network, weights and biases of its layers uniform within one over the root of the number of inputs."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                bound = module.weight[0].numel() ** -0.5
                for parameter in module.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)
    return network


@shared
def _made(probe: Probe) -> torch.nn.Module:
    return probe._make()


@shared
def _working(probe: Probe) -> torch.nn.Module:
    return in_layout(probe.copy())


def in_layout(network: torch.nn.Module) -> torch.nn.Module:
    """The network, channels last in memory, which is faster; one that is not of a plan may rely on its layout."""
    import torch

    from nasbench.networks.build import Network

    return network.to(memory_format=torch.channels_last) if isinstance(network, Network) else network

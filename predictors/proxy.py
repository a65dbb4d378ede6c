"""The promise of a zero-cost proxy: a function of a network that was never trained, made a proxy by a decorator.

There are three sorts. A function of ``(space, architecture, skeleton)`` under :func:`size_proxy` looks at the network
as built on paper and needs no torch. A function of ``(network, images, labels)`` under :func:`network_proxy` gets a
clean copy of the network, in training mode, whose weights were drawn from a named seed, and the same batch for every
architecture. A function of a :class:`predictors.probe.Probe` under :func:`probe_proxy` reads passes that it shares with
other proxies. All give a float; which direction is better is said in the decorator.

A proxy that gives no finite number has failed, and says so: nothing is put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbench.plan import Skeleton
from nasbench.registry import missing_extra
from nasbench.space import Architecture, Space
from predictors.batches import Batch as Batch
from predictors.batches import batch_split as batch_split
from predictors.batches import dataset_batch as dataset_batch
from predictors.batches import random_batch as random_batch
from predictors.probe import Probe, make_probe

if TYPE_CHECKING:
    import torch

SizeFunction = Callable[[Space, Architecture, Skeleton], float]
SizesFunction = Callable[[Space, list[Architecture], Skeleton], np.ndarray]
NetworkFunction = Callable[["torch.nn.Module", "torch.Tensor", "torch.Tensor"], float]
ProbeFunction = Callable[[Probe], float]
DIRECTIONS = ("higher", "lower")
VERSION = 1
"""Of the mathematics of all proxies: one more whenever any of them gives another value for the same network and images.

Scores of different versions do not stand in one table. ``tests/golden/test_proxy_values.py`` sees a change."""


class ProxyError(ValueError):
    """A proxy gave no finite number; the message holds its name and the architecture's."""


@dataclass(frozen=True)
class Proxy:
    """A zero-cost proxy by name.

    Args:
        name: as in commands and files.
        better: "higher" or "lower", the direction in which accuracy is expected to rise.
        of_size: its function, for a proxy that needs no torch.
        of_sizes: the same for many architectures at once, float64 [architectures], where that is faster.
        of_network: its function, for one that looks at a network.
        of_probe: its function, for one that looks at passes shared with others.
    """

    name: str
    better: str
    of_size: SizeFunction | None = None
    of_sizes: SizesFunction | None = None
    of_network: NetworkFunction | None = None
    of_probe: ProbeFunction | None = None

    @property
    def needs_network(self) -> bool:
        """Whether it builds a network, which takes torch."""
        return self.of_size is None

    def score(
        self,
        space: Space,
        architecture: Architecture,
        skeleton: Skeleton,
        batch: Batch | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> float:
        """The proxy's value for the network of an architecture, as built.

        Args:
            space: the architecture's.
            architecture: to score.
            skeleton: of its network.
            batch: the images to look at; :func:`random_batch` of the skeleton where none is given.
            seed: of the network's weights, of what the proxy draws, and of the random batch.
            device: where the network runs.

        Raises:
            ProxyError: the value is not a finite number.
            ImportError: it needs torch, which is not installed.
        """
        if self.of_size is not None:
            return self.checked(self.of_size(space, architecture, skeleton), space.format(architecture))
        with missing_extra(f"the zero-cost proxy {self.name!r}"):
            probe = make_probe(space, architecture, skeleton, batch, seed, device)
        return self.score_probe(probe, space.format(architecture))

    def score_network(
        self, network: torch.nn.Module, batch: Batch, label: str = "the network", seed: int = 0, device: str = "cpu"
    ) -> float:
        """The value for a network, which is left as it is.

        Raises:
            ProxyError: the value is not a finite number.
            ValueError: the proxy does not look at networks.
        """
        return self.score_probe(Probe(lambda: network, batch, seed, device), label)

    def score_probe(self, probe: Probe, label: str = "the network") -> float:
        """The value for a probe, whose passes are shared with the proxies that were scored on it before.

        Raises:
            ProxyError: the value is not a finite number.
            ValueError: the proxy does not look at networks.
        """
        if self.of_probe is not None:
            return self.checked(probe.run(self.name, self.of_probe), label)
        of_network = self.of_network
        if of_network is None:
            raise ValueError(f"{self.name} is counted from an architecture, not from a network: use score")
        return self.checked(probe.run(self.name, lambda p: of_network(p.copy(), p.images, p.labels)), label)

    def scores(
        self,
        space: Space,
        architectures: Iterable[Architecture],
        skeleton: Skeleton,
        batch: Batch | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> np.ndarray:
        """Values of many architectures, float64 [architectures], all with the same batch and seed.

        Raises:
            ProxyError: one of them is not a finite number.
        """
        if self.of_sizes is not None:
            architectures = list(architectures)
            values = self.of_sizes(space, architectures, skeleton)
            for place in np.flatnonzero(~np.isfinite(values)):
                self.checked(values[place], space.format(architectures[place]))
            return values
        if self.needs_network and batch is None:
            batch = random_batch(skeleton, seed=seed)
        found = [self.score(space, a, skeleton, batch, seed, device) for a in architectures]
        return np.array(found, dtype=np.float64)

    def goodness(self, values: np.ndarray) -> np.ndarray:
        """The values, turned round where lower is better: a higher goodness promises a higher accuracy."""
        return values if self.better == "higher" else -values

    def checked(self, value: float, label: str) -> float:
        """The value, which must be a finite number.

        Raises:
            ProxyError: it is not; the message names the proxy and what it was asked for.
        """
        value = float(value)
        if not math.isfinite(value):
            what = "overflowed" if math.isinf(value) else "is not a number"
            raise ProxyError(f"the proxy {self.name} {what} ({value}) for {label}; it has no value there")
        return value


PROXIES: dict[str, Proxy] = {}
"""Every proxy by name; filled by the decorators when files of ``proxies/`` are imported."""


def size_proxy(better: str, many: SizesFunction | None = None) -> Callable[[SizeFunction], SizeFunction]:
    """Decorator that makes a function of (space, architecture, skeleton) the proxy of its name.

    Args:
        better: "higher" or "lower".
        many: the same for a list of architectures, float64 [architectures], where that is faster than one by one.
    """

    def register(function: SizeFunction) -> SizeFunction:
        _add(Proxy(function.__name__, better, of_size=function, of_sizes=many))
        return function

    return register


def network_proxy(better: str) -> Callable[[NetworkFunction], NetworkFunction]:
    """Decorator that makes a function of (network, images, labels) the proxy of its name.

    The function may change the network and the tensors, which are copies. It must not draw from global generators.
    """

    def register(function: NetworkFunction) -> NetworkFunction:
        _add(Proxy(function.__name__, better, of_network=function))
        return function

    return register


def probe_proxy(better: str) -> Callable[[ProbeFunction], ProbeFunction]:
    """Decorator that makes a function of a probe the proxy of its name.

    The function reads pieces (functions under :func:`predictors.probe.shared`) and must not change the working network.
    """

    def register(function: ProbeFunction) -> ProbeFunction:
        _add(Proxy(function.__name__, better, of_probe=function))
        return function

    return register


def _add(made: Proxy) -> None:
    if made.better not in DIRECTIONS:
        raise ValueError(f"the proxy {made.name} must say which is better, 'higher' or 'lower', got {made.better!r}")
    if made.name in PROXIES:
        raise ValueError(f"two proxies are called {made.name}")
    PROXIES[made.name] = made

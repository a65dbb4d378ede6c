"""Zero-cost scores of an architecture, all from one network, and the ensemble of many proxies by rank."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from nasbench.plan import Skeleton
from nasbench.registry import PROXIES, missing_extra
from nasbench.space import Architecture, Space
from predictors.batches import Batch
from predictors.probe import Probe, make_probe
from predictors.proxy import DIRECTIONS, Proxy


@dataclass(frozen=True)
class Score:
    """What a proxy said of one architecture.

    Args:
        value: the score, NaN where the proxy failed.
        seconds: that it took: the proxy's own, and an even share of each pass that it shared with others.
        reason: why it failed, empty where it did not.
    """

    value: float
    seconds: float
    reason: str = ""


def score_architecture(
    names: Sequence[str],
    space: Space,
    architecture: Architecture,
    skeleton: Skeleton,
    batch: Batch | None,
    seed: int,
    device: str = "cpu",
    initialisation: str = "training",
) -> dict[str, Score]:
    """The score of each named proxy for an architecture's network as built, all from one network and shared passes.

    Values are those of each proxy alone. A proxy that fails has its reason and does not stop the others.

    Args:
        names: of proxies.
        space: the architecture's.
        architecture: to score.
        skeleton: of its network.
        batch: the images to look at; a random batch of the skeleton where None. Proxies of size need none.
        seed: of the network's weights and of what proxies draw.
        device: where the network runs.
        initialisation: how weights are drawn, see :data:`predictors.probe.INITIALISATIONS`.

    Raises:
        ValueError: an unknown initialisation.
        UnknownNameError: no proxy has one of the names.
        ImportError: one of them needs torch, which is not installed.
    """
    proxies: list[Proxy] = [PROXIES.load(name) for name in names]
    looking = [proxy.name for proxy in proxies if proxy.needs_network]
    probe = None
    if looking:
        with missing_extra(f"the zero-cost proxy {looking[0]!r}"):
            probe = make_probe(space, architecture, skeleton, batch, seed, device, initialisation)
    found = {proxy.name: _attempt(proxy, probe, space, architecture, skeleton) for proxy in proxies}
    if probe is not None:
        for name, seconds in probe.seconds().items():
            found[name] = Score(found[name].value, seconds, found[name].reason)
    return found


def _attempt(proxy: Proxy, probe: Probe | None, space: Space, architecture: Architecture, skeleton: Skeleton) -> Score:
    """A proxy's score, or the reason why it has none."""
    start, value, reason = time.perf_counter(), math.nan, ""
    try:
        if probe is not None and proxy.needs_network:
            value = proxy.score_probe(probe, space.format(architecture))
        else:
            value = proxy.score(space, architecture, skeleton)
    except (ValueError, ArithmeticError, RuntimeError) as error:  # what mathematics and torch raise
        reason = str(error) or type(error).__name__
    return Score(value, time.perf_counter() - start, reason)


def rank_ensemble(scores: Mapping[str, np.ndarray], better: Mapping[str, str]) -> np.ndarray:
    """Mean over proxies of each architecture's rank, float64 [architectures]: 0 for the worst, 1 for the best.

    A proxy ranks the architectures that it has a value for, equals share their mean rank; an architecture's mean is
    over the proxies that have a value for it, NaN where none has.

    Args:
        scores: each proxy's values, float [architectures], NaN where it failed.
        better: each proxy's direction, "higher" or "lower".

    Raises:
        ValueError: no proxy, arrays of different lengths, or a direction that is none.

    >>> rank_ensemble({"a": np.array([1.0, 2.0, 3.0]), "b": np.array([5.0, 7.0, 6.0])}, {"a": "higher", "b": "lower"})
    array([0.5 , 0.25, 0.75])
    """
    if len({np.shape(values) for values in scores.values()}) != 1:
        raise ValueError("an ensemble takes one or more proxies with a value for each of the same architectures")
    ranks = []
    for name, values in scores.items():
        if better.get(name) not in DIRECTIONS:
            raise ValueError(f"the proxy {name} must have a direction, 'higher' or 'lower', got {better.get(name)!r}")
        ranks.append(_ranks(np.asarray(values, dtype=np.float64) * (1 if better[name] == "higher" else -1)))
    known = ~np.isnan(ranks)
    total, count = np.where(known, ranks, 0.0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 to 1; NaN stays NaN, a value alone has 0.5."""
    found = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    count = int(known.sum())
    if count:
        found[known] = (stats.rankdata(values[known]) - 1) / (count - 1) if count > 1 else 0.5
    return found

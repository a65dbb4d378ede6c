"""How large a network is: parameters and FLOPs, by arithmetic. No torch.

Counted as built, so that architectures that compute the same function have the same value; published counts, with
edges that carry nothing, are those of :func:`nasbench.complexity.published_complexity`.
"""

from __future__ import annotations

import numpy as np

from nasbench.complexity import built_complexity, complexities
from nasbench.plan import Skeleton
from nasbench.space import Architecture, Space
from predictors.proxy import size_proxy


def _all_params(space: Space, architectures: list[Architecture], skeleton: Skeleton) -> np.ndarray:
    return complexities(space, architectures, skeleton, built=True)[0].astype(np.float64)


def _all_flops(space: Space, architectures: list[Architecture], skeleton: Skeleton) -> np.ndarray:
    return complexities(space, architectures, skeleton, built=True)[1].astype(np.float64)


@size_proxy(better="higher", many=_all_params)
def params(space: Space, architecture: Architecture, skeleton: Skeleton) -> float:
    """Trainable parameters, a count."""
    return float(built_complexity(space, architecture, skeleton).parameters)


@size_proxy(better="higher", many=_all_flops)
def flops(space: Space, architecture: Architecture, skeleton: Skeleton) -> float:
    """FLOPs of one image's forward pass, a count."""
    return float(built_complexity(space, architecture, skeleton).flops)

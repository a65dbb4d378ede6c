"""How large a network is: parameters and FLOPs, by arithmetic. No torch.

Counted as built, so that architectures that compute the same function have the same value; published counts, with
edges that carry nothing, are those of :func:`nasbench.complexity.published_complexity`.
"""

from __future__ import annotations

from nasbench.complexity import built_complexity
from nasbench.plan import Skeleton
from nasbench.space import Architecture, Space
from predictors.proxy import size_proxy


@size_proxy(better="higher")
def params(space: Space, architecture: Architecture, skeleton: Skeleton) -> float:
    """Trainable parameters, a count."""
    return float(built_complexity(space, architecture, skeleton).parameters)


@size_proxy(better="higher")
def flops(space: Space, architecture: Architecture, skeleton: Skeleton) -> float:
    """FLOPs of one image's forward pass, a count."""
    return float(built_complexity(space, architecture, skeleton).flops)

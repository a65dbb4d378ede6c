"""Sees what functions of torch give while a network runs, whether modules call them or the network itself does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

See = Callable[[torch.Tensor], None]

RELUS = (
    functional.relu,
    functional.relu6,
    torch.relu,
    torch.relu_,
    torch.Tensor.relu,
    torch.Tensor.relu_,
)
"""Functions whose output is positive exactly where the unit is on."""

LAYERS = (torch.conv2d, functional.linear)
"""Functions that apply the weight of a layer."""


class Watch(TorchFunctionMode):
    """Context that shows the outputs of some functions as they are computed, whoever calls them.

    Args:
        see: for each function what to do with its output; for the key None, with every output that is a tensor.
        instead: what to call in place of some functions.
    """

    def __init__(self, see: Mapping[Any, See], instead: Mapping[Any, Callable[..., Any]] | None = None) -> None:
        super().__init__()
        self.see, self.instead = see, instead or {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = self.instead.get(func, func)(*args, **(kwargs or {}))
        see = self.see.get(func) or self.see.get(None)
        if see is not None and isinstance(output, torch.Tensor):
            see(output)
        return output

"""What a command line asks of a one-shot search, as checked values. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasbench.registry import ONESHOT, unknown
from nasbench.training.recipe import Recipe
from searchers.measure import Measure
from searchers.searcher import convert_parameter

REPORT = Measure("test_accuracy")


@dataclass(frozen=True, kw_only=True)
class OneShotRequest:
    """One search.

    Args:
        searcher: name of the one-shot searcher.
        space: name of the space, which offers mixed cells.
        recipe: data set, skeleton, and how shared weights are trained.
        parameters: of the searcher, by name; the others take their defaults.
        seed: of everything.
        data_root: where the images are.
        device: ``cpu``, ``cuda``, ... as :func:`nasbench.generator.build.resolve_device` gives it.
        judged_images: validation images by which architectures are judged after epochs and at the end.
        ranked: architectures, drawn uniformly, that the supernet ranks at the end.
        table: table that knows what architectures are worth; None for none.
        report: what the table is asked.

    Raises:
        UnknownNameError: no searcher, or no parameter of it, has this name.
        ValueError: a number is too small.
    """

    searcher: str
    space: str
    recipe: Recipe
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    data_root: Path | None = None
    device: str = "cpu"
    judged_images: int = 1000
    ranked: int = 100
    table: Path | None = None
    report: Measure = REPORT

    def __post_init__(self) -> None:
        known = ONESHOT.load(self.searcher).defaults()
        for parameter in self.parameters:
            if parameter not in known:
                raise unknown(f"parameter of {self.searcher}", parameter, sorted(known))
        for name, least in (("seed", 0), ("judged_images", 1), ("ranked", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")

    def about(self) -> dict[str, Any]:
        """What decides the result, as JSON, the data set's card aside; where it differs it is another search."""
        defaults = ONESHOT.load(self.searcher).defaults()
        return {
            "kind": "oneshot",
            "searcher": self.searcher,
            "parameters": {**defaults, **self.parameters},
            "space": self.space,
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
            "judged_images": self.judged_images,
        }


def parse_parameters(searcher: str, texts: Iterable[str]) -> dict[str, Any]:
    """The parameters that texts such as ``exact=true`` set.

    Raises:
        ValueError: a text is not of the form, or its value not of the parameter's type.
        UnknownNameError: no searcher, or no parameter of it, has this name.
    """
    found = {}
    for text in texts:
        parameter, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"cannot read the setting {text!r}: expected PARAMETER=VALUE, such as exact=true")
        found[parameter.strip()] = convert_parameter(searcher, parameter.strip(), value.strip(), ONESHOT)
    return found

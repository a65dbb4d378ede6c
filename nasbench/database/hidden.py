"""Contents without test metrics, for those who must not see them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbench.database.contents import Axes, Contents
from nasbench.database.lines import ALL
from nasbench.database.scores import Reasons, Scores


def is_test(metric: str) -> bool:
    """Whether a metric was measured on test images."""
    return metric.startswith("test_")


def without_test(contents: Contents) -> Contents:
    """The same contents without test metrics; the full ones are no attribute of what comes back."""

    def metrics(schedule: int) -> dict[str, Axes]:
        return {name: axes for name, axes in contents.metrics(schedule).items() if not is_test(name)}

    def values(schedule: int, metric: str, epoch: int | None, lines: slice) -> np.ndarray:
        if is_test(metric):
            raise ValueError(f"{metric} is hidden")
        return contents.values(schedule, metric, epoch, lines)

    return _Hidden(
        contents,
        metrics,
        values,
        lambda lines: contents.choices[lines],
        lambda lines: contents.class_hashes[lines],
        lambda name, lines: contents.cost(name, lines),
        lambda proxy, lines: contents.scores(proxy, lines),
        lambda schedule: contents.seeds(schedule),
        lambda schedule, lines: contents.status(schedule, lines),
        lambda schedule, lines: contents.environment(schedule, lines),
        lambda schedule, lines: contents.reasons(schedule, lines),
    )


class _Hidden(Contents):
    """Holds functions, not the contents they read."""

    def __init__(
        self,
        contents: Contents,
        metrics: Callable[[int], dict[str, Axes]],
        values: Callable[[int, str, int | None, slice], np.ndarray],
        choices: Callable[[slice], np.ndarray],
        class_hashes: Callable[[slice], np.ndarray],
        cost: Callable[[str, slice], np.ndarray],
        scores: Callable[[str, slice], Scores],
        seeds: Callable[[int], tuple[int, ...]],
        status: Callable[[int, slice], np.ndarray],
        environment: Callable[[int, slice], np.ndarray],
        reasons: Callable[[int, slice], Reasons],
    ) -> None:
        self.schema_version = contents.schema_version
        self.header = contents.header
        self.environments = contents.environments
        self.count = contents.count
        self.schedules = contents.schedules
        self.costs = contents.costs
        self.proxies, self.proxy_settings = contents.proxies, contents.proxy_settings
        self._choices, self._class_hashes = choices, class_hashes
        self._metrics, self._values, self._cost, self._scores = metrics, values, cost, scores
        self._seeds, self._status, self._environment, self._reasons = seeds, status, environment, reasons

    def choices_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.choices_of`."""
        return self._choices(lines)

    def hashes_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.hashes_of`."""
        return self._class_hashes(lines)

    def cost(self, name: str, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.cost`."""
        return self._cost(name, lines)

    def scores(self, proxy: str, lines: slice = ALL) -> Scores:
        """See :meth:`Contents.scores`."""
        return self._scores(proxy, lines)

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        return self._seeds(schedule)

    def status(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.status`."""
        return self._status(schedule, lines)

    def environment(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        return self._environment(schedule, lines)

    def reasons(self, schedule: int, lines: slice = ALL) -> Reasons:
        """See :meth:`Contents.reasons`."""
        return self._reasons(schedule, lines)

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        return self._metrics(schedule)

    def values(self, schedule: int, metric: str, epoch: int | None = None, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.values`."""
        return self._values(schedule, metric, epoch, lines)

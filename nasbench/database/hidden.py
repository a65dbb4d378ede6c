"""Contents without test metrics, for those who must not see them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbench.database.contents import Axes, Contents, Reasons
from nasbench.database.scores import Scores


def is_test(metric: str) -> bool:
    """Whether a metric was measured on test images."""
    return metric.startswith("test_")


def without_test(contents: Contents) -> Contents:
    """The same contents without test metrics; the full ones are no attribute of what comes back."""

    def metrics(schedule: int) -> dict[str, Axes]:
        return {name: axes for name, axes in contents.metrics(schedule).items() if not is_test(name)}

    def values(schedule: int, metric: str, epoch: int | None) -> np.ndarray:
        if is_test(metric):
            raise ValueError(f"{metric} is hidden")
        return contents.values(schedule, metric, epoch)

    return _Hidden(
        contents,
        metrics,
        values,
        lambda name: contents.cost(name),
        lambda proxy: contents.scores(proxy),
        lambda schedule: contents.seeds(schedule),
        lambda schedule: contents.status(schedule),
        lambda schedule: contents.environment(schedule),
        lambda schedule: contents.reasons(schedule),
    )


class _Hidden(Contents):
    """Holds functions, not the contents they read."""

    def __init__(
        self,
        contents: Contents,
        metrics: Callable[[int], dict[str, Axes]],
        values: Callable[[int, str, int | None], np.ndarray],
        cost: Callable[[str], np.ndarray],
        scores: Callable[[str], Scores],
        seeds: Callable[[int], tuple[int, ...]],
        status: Callable[[int], np.ndarray],
        environment: Callable[[int], np.ndarray],
        reasons: Callable[[int], Reasons],
    ) -> None:
        self.schema_version = contents.schema_version
        self.header = contents.header
        self.environments = contents.environments
        self.choices = contents.choices
        self.class_hashes = contents.class_hashes
        self.schedules = contents.schedules
        self.costs = contents.costs
        self.proxies, self.proxy_settings = contents.proxies, contents.proxy_settings
        self._metrics, self._values, self._cost, self._scores = metrics, values, cost, scores
        self._seeds, self._status, self._environment, self._reasons = seeds, status, environment, reasons

    def cost(self, name: str) -> np.ndarray:
        """See :meth:`Contents.cost`."""
        return self._cost(name)

    def scores(self, proxy: str) -> Scores:
        """See :meth:`Contents.scores`."""
        return self._scores(proxy)

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        return self._seeds(schedule)

    def status(self, schedule: int) -> np.ndarray:
        """See :meth:`Contents.status`."""
        return self._status(schedule)

    def environment(self, schedule: int) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        return self._environment(schedule)

    def reasons(self, schedule: int) -> Reasons:
        """See :meth:`Contents.reasons`."""
        return self._reasons(schedule)

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        return self._metrics(schedule)

    def values(self, schedule: int, metric: str, epoch: int | None = None) -> np.ndarray:
        """See :meth:`Contents.values`."""
        return self._values(schedule, metric, epoch)

"""What a table is made of, before any file: its header, and a row (one training of one architecture)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nasbench.database.schema import METRICS, PUBLISHED, STATUSES

Choices = tuple[int, ...]
Cell = tuple[Choices, int, int]
"""(choices, schedule, seed)."""


@dataclass(frozen=True)
class Header:
    """How a table was made, as JSON objects; what identifies it is space, recipe and data card.

    Args:
        space: name of the search space.
        recipe: the training recipe; empty where it is not known (imports).
        data_card: the card of the data set; its ``sha256`` is of the content.
        versions: package -> version, of those who began the table.
        hardware: what it was begun on.
        origin: in words, where the numbers come from.
    """

    space: str
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data_card: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        for name in ("recipe", "data_card", "versions", "hardware"):
            object.__setattr__(self, name, json.loads(canonical_json(getattr(self, name))))
        object.__setattr__(self, "origin", one_line(self.origin))

    @property
    def environment(self) -> dict[str, Any]:
        """Versions and hardware, as they are stored with each row."""
        return {"versions": self.versions, "hardware": self.hardware}

    @property
    def identity(self) -> dict[str, Any]:
        """What must be equal for rows to stand in one table."""
        card = self.data_card
        return {
            "space": self.space,
            "recipe": self.recipe,
            "data_card": {"sha256": card["sha256"]} if "sha256" in card else dict(card),
        }

    @property
    def token(self) -> str:
        """16 hexadecimal digits of the identity, by which a journal's line says whose it is."""
        return hashlib.sha256(canonical_json(self.identity).encode()).hexdigest()[:16]

    def differences(self, other: Header) -> list[str]:
        """Each field of the identity in which two headers differ, in words: this one's value, then the other's."""
        return differences(self.identity, other.identity)


_NOTHING = object()


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Each field in which two JSON objects differ, in words: the first's value, then the second's."""
    if first == second:
        return []
    mine, others = dict(_leaves(first)), dict(_leaves(second))
    names = [*mine, *(name for name in others if name not in mine)]
    return [
        f"{name} is {_shown(mine.get(name, _NOTHING))}, not {_shown(others.get(name, _NOTHING))}"
        for name in names
        if mine.get(name, _NOTHING) != others.get(name, _NOTHING)
    ]


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def _shown(value: Any) -> str:
    text = "absent" if value is _NOTHING else json.dumps(value)
    return text if len(text) <= 40 else text[:24] + "..." + text[-8:]


def canonical_json(value: Any) -> str:
    """JSON text that is equal for equal values.

    Raises:
        ValueError: the value holds something that is not JSON, such as NaN.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"a table's header holds JSON values only: {error}") from None


def one_line(text: str) -> str:
    """The text on one line, without what a file cannot hold (zero bytes, halves of surrogate pairs)."""
    return " ".join(text.replace("\0", " ").encode(errors="replace").decode().split())


@dataclass(frozen=True)
class Row:
    """One training of one architecture, committed whole or not at all.

    Args:
        choices: the architecture's choices.
        class_hash: 32 hexadecimal digits of its canonical form.
        seed: index of the seed; -1 (:data:`PUBLISHED`) for an aggregate over seeds that somebody published.
        schedule: epochs of its schedule.
        status: "done" or "failed".
        reason: why it failed; kept as one line.
        curves: metric -> its values after epoch 1, 2, ..., all of the schedule; fewer in a failed row.
        finals: metric -> its value at the end of the schedule; none in a failed row.

    Raises:
        ValueError: a field does not fit, or a done row holds a number that is not finite.
    """

    choices: Choices
    class_hash: str
    seed: int
    schedule: int
    status: str
    reason: str = ""
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    finals: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "choices", tuple(int(choice) for choice in self.choices))
        put(self, "seed", int(self.seed))
        put(self, "schedule", int(self.schedule))
        put(self, "reason", one_line(self.reason))
        put(self, "curves", {name: tuple(float(v) for v in values) for name, values in _sorted(self.curves)})
        put(self, "finals", {name: float(value) for name, value in _sorted(self.finals)})
        self._check()

    def _check(self) -> None:
        where = f"row of {self.choices}, schedule {self.schedule}, seed {self.seed}"
        if self.status not in STATUSES[1:]:
            raise ValueError(f"{where}: status must be 'done' or 'failed', got {self.status!r}")
        if len(self.class_hash) != 32 or not set(self.class_hash) <= set("0123456789abcdef"):
            raise ValueError(f"{where}: class_hash must be 32 hexadecimal digits, got {self.class_hash!r}")
        if self.seed < PUBLISHED or self.schedule < 1 or not self.choices or min(self.choices) < 0:
            raise ValueError(f"{where}: seeds begin at {PUBLISHED}, schedules at 1, choices at 0")
        failed = self.status == "failed"
        if bool(self.reason) != failed or (failed and self.finals):
            raise ValueError(f"{where}: a failed row has a reason and no finals, a done one has no reason")
        for name, values in [*self.curves.items(), *((name, (value,)) for name, value in self.finals.items())]:
            if name not in METRICS:
                raise ValueError(f"{where}: no metric is called {name!r}; known: {', '.join(METRICS)}")
            if not failed and not all(map(math.isfinite, values)):
                raise ValueError(f"{where}: {name} is not finite; a training that diverged is recorded as failed")
        if set(self.curves) & set(self.finals):
            raise ValueError(f"{where}: {sorted(set(self.curves) & set(self.finals))} is both a curve and a final")
        for name, values in self.curves.items():
            if len(values) > self.schedule or (not failed and len(values) < self.schedule):
                raise ValueError(f"{where}: {name} needs a value for each of {self.schedule} epochs, got {len(values)}")

    @property
    def cell(self) -> Cell:
        """Where the row stands in the table."""
        return self.choices, self.schedule, self.seed


def _sorted(by_metric: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Entries in the schema's order of metrics."""
    order = list(METRICS)
    return sorted(by_metric.items(), key=lambda entry: order.index(entry[0]) if entry[0] in order else len(order))

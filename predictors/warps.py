"""Warps: how a predictor sees the scores it learns, and how its answers are turned back.

Accuracies crowd near the top with a long tail below; on the logarithm of the distance to a point beyond the best score
such a tail is short and differences among the good ones are large.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

WARPS = ("identity", "logarithm")


@dataclass(frozen=True, slots=True)
class Warp:
    """An increasing map of scores onto mean 0 and deviation 1, fitted by :func:`fit_warp`.

    Args:
        name: one of :data:`WARPS`.
        sign: 1 for scores with their long tail below, -1 for one above; the logarithm is taken of distances to that
            side's far end.
        origin: for the logarithm, the point (on scores times sign) that distances are measured from.
        low, high: range of the warped scores it was fitted to. Beyond it the way back goes on along the tangent.
        mean, deviation: of the scores after the logarithm, before they are made standard.
    """

    name: str
    sign: int
    origin: float
    low: float
    high: float
    mean: float
    deviation: float

    def forward(self, y: np.ndarray) -> np.ndarray:
        """Warped scores."""
        return (self._bend(y) - self.mean) / self.deviation

    def back(self, t: np.ndarray) -> np.ndarray:
        """Scores of warped ones; the inverse of :meth:`forward` on the range it was fitted to."""
        if self.name == "identity":
            return t * self.deviation + self.mean
        inside = np.clip(t, self.low, self.high)
        distance = np.exp(-self.sign * (inside * self.deviation + self.mean))
        return self.sign * (self.origin - distance) + (t - inside) * self.deviation * distance

    def slope(self, t: np.ndarray) -> np.ndarray:
        """Derivative of :meth:`back`: turns a small deviation of warped scores into one of scores."""
        if self.name == "identity":
            return np.full_like(t, self.deviation)
        return self.deviation * np.exp(-self.sign * (np.clip(t, self.low, self.high) * self.deviation + self.mean))

    def to_json(self) -> dict[str, object]:
        """All fields; ``Warp(**fields)`` reads them."""
        return asdict(self)

    def _bend(self, y: np.ndarray) -> np.ndarray:
        y = np.asarray(y, dtype=np.float64)
        return y if self.name == "identity" else -self.sign * np.log(self.origin - self.sign * y)


def fit_warp(name: str, y: np.ndarray) -> Warp:
    """The warp of this name for scores ``y`` of shape (n,).

    The logarithm's origin lies beyond the best score (the worst, where the tail is above) by the interquartile range.

    Raises:
        ValueError: there is no warp of this name.
    """
    if name not in WARPS:
        raise ValueError(f"warp must be one of {', '.join(WARPS)}, got {name!r}")
    y = np.asarray(y, dtype=np.float64)
    sign = 1 if ((y - y.mean()) ** 3).sum() <= 0 else -1
    low, high = np.percentile(y, [25, 75])
    gap = max(high - low, 1e-3 * np.ptp(y), 1e-12 * max(1.0, np.abs(y).max()))
    raw = Warp(name, sign, float((sign * y).max() + gap), -np.inf, np.inf, 0.0, 1.0)
    bent = raw._bend(y)
    mean = float(bent.mean())
    deviation = float(bent.std()) if np.ptp(y) > 0 else 1.0
    deviation = deviation if deviation > 0 else 1.0
    standard = (bent - mean) / deviation
    return Warp(name, sign, raw.origin, float(standard.min()), float(standard.max()), mean, deviation)

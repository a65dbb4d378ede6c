"""Arrays as text, for memories that hold thousands of floats and are written often."""

from __future__ import annotations

import base64

import numpy as np


def packed(values: np.ndarray) -> str:
    """Base64 of a flat float64 array, little-endian: half as long as its decimals, and exact.

    >>> packed(np.array([1.0, -2.0]))
    'AAAAAAAA8D8AAAAAAAAAwA=='
    """
    return base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")


def unpacked(text: str) -> np.ndarray:
    """The array that :func:`packed` wrote, a new one that may be changed.

    >>> unpacked("AAAAAAAA8D8AAAAAAAAAwA==").tolist()
    [1.0, -2.0]
    """
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(np.float64)

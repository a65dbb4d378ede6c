"""Handwritten digits that scikit-learn carries: 1,797 grey images of 8x8 pixels, no download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from datasets.dataset import Raw, Source, Split


class Digits(Source):
    """Optical recognition of handwritten digits (Alpaydin and Kaynak 1998), test part; takes no ``root``.

    Pixels of 0 to 16 become 0 to 255. Test is drawn from the 1,797 images, ``test_fraction`` of them.
    """

    name = "digits"

    def __init__(self, root: str | Path | None = None, **options: Any) -> None:
        super().__init__(None, **options)
        if root is not None:
            raise ValueError(f"data set 'digits' comes with scikit-learn and takes no root, got {str(root)!r}")

    def read(self) -> Raw:
        """All 1,797 images as one pool."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
        return Raw(
            classes=tuple(str(digit) for digit in range(10)),
            train=Split(images, bunch.target.astype(np.int64)),
            licence="CC BY 4.0",
            origin="UCI Machine Learning Repository, doi 10.24432/C50P49, as in scikit-learn",
        )

"""CIFAR-10: 60,000 colour photographs of ten classes, 32x32 pixels."""

from __future__ import annotations

from functools import partial

from datasets.cifar import Layout, read_cifar
from datasets.dataset import Raw, Source
from datasets.download import read_or_download

LAYOUT = Layout(
    torchvision="CIFAR10",
    binary="cifar-10-batches-bin",
    python="cifar-10-batches-py",
    train=tuple(f"data_batch_{batch}.bin" for batch in range(1, 6)),
    test="test_batch.bin",
    names="batches.meta.txt",
    label_bytes=1,
    origin="Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009 (CIFAR-10)",
)


class CIFAR10(Source):
    """CIFAR-10 (Krizhevsky 2009), 50,000 training and 10,000 test images.

    Args:
        root: folder with ``cifar-10-batches-bin`` (read without torch) or ``cifar-10-batches-py`` (read by
            torchvision). Where it is None the latter is downloaded, once, into the user's cache folder.
        options: those of :class:`datasets.dataset.Source`.
    """

    name = "cifar10"

    def read(self) -> Raw:
        """The images and labels of both parts."""
        return read_or_download(partial(read_cifar, layout=LAYOUT), self.root, LAYOUT.torchvision)

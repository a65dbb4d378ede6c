"""CIFAR-100: 60,000 colour photographs of a hundred classes, 32x32 pixels."""

from __future__ import annotations

from functools import partial

from datasets.cifar import Layout, read_cifar
from datasets.dataset import Raw, Source
from datasets.download import read_or_download

LAYOUT = Layout(
    torchvision="CIFAR100",
    binary="cifar-100-binary",
    python="cifar-100-python",
    train=("train.bin",),
    test="test.bin",
    names="fine_label_names.txt",
    label_bytes=2,  # the coarse class, then the fine one
    origin="Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009 (CIFAR-100)",
)


class CIFAR100(Source):
    """CIFAR-100 (Krizhevsky 2009) with its hundred fine classes, 50,000 training and 10,000 test images.

    Args:
        root: folder with ``cifar-100-binary`` (read without torch) or ``cifar-100-python`` (read by torchvision).
            Where it is None the latter is downloaded, once, into the user's cache folder.
        options: those of :class:`datasets.dataset.Source`.
    """

    name = "cifar100"

    def read(self) -> Raw:
        """The images and labels of both parts."""
        return read_or_download(partial(read_cifar, layout=LAYOUT), self.root, LAYOUT.torchvision)

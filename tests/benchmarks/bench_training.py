"""Training throughput: this suite's loop against a plain PyTorch loop, in one run, at equal accuracy.

``python -m tests.benchmarks.bench_training``. Images are CIFAR-10's where ``../shared/data`` has them, at 16x16 pixels.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

import nasbench
from datasets.tensors import to_tensors
from nasbench.generator.selection import sample_classes
from nasbench.generator.worker import keep_freed_memory
from nasbench.networks.build import build_network
from nasbench.plan import Skeleton
from nasbench.training.loop import Images, evaluate, train
from nasbench.training.recipe import Recipe
from tests.benchmarks.plain_loop import MemoryLoader, data_loader, plain_accuracy, plain_network, train_plainly

ARCHIVE = Path("../shared/data/cifar10/cifar10-images.tar.xz")
RECIPE = Recipe(
    dataset="image_folder", image_size=16, train_images=5000, validation_images=1000, epochs=3, channels=8,
    cells=1, batch_size=128, learning_rate=0.2, label_smoothing=0.0,
)  # fmt: skip
CELLS = 16


class PILImages(torch.utils.data.Dataset):
    """Images as PIL keeps them, transformed one by one: what torchvision's data sets do."""

    def __init__(self, split, card) -> None:
        self.images = [Image.fromarray(image) for image in split.images]
        self.labels = split.labels.tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(card.mean, card.std)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int):
        return self.transform(self.images[place]), self.labels[place]


def main() -> None:
    """Prints seconds and accuracies of both, cell by cell, and the ratios."""
    torch.set_num_threads(1)
    if not ARCHIVE.exists():
        print(f"bench_training: skipped, {ARCHIVE} is not there")
        return
    run(nasbench.load_dataset("image_folder", root=ARCHIVE, **RECIPE.data_options()))


def run(dataset) -> None:
    """Trains a sample of all cells plainly, and the same cells and a sample of classes by this suite."""
    space = nasbench.load_space("nas_bench_201")
    rng = np.random.default_rng(0)
    cells = [space.sample(rng) for _ in range(CELLS)]
    train_set, test_set = (PILImages(split, dataset.card) for split in (dataset.train, dataset.test))
    x, y = to_tensors(dataset.train, dataset.card)
    plain, plain_hits, memory = [], [], []
    for cell in cells:
        network = plain_network(cell.choices, RECIPE.channels, RECIPE.cells, 10)
        start = time.process_time()
        train_plainly(network, data_loader(train_set, RECIPE.batch_size, 0), RECIPE)
        plain.append(time.process_time() - start)
        plain_hits.append(plain_accuracy(network, test_set))
        network = plain_network(cell.choices, RECIPE.channels, RECIPE.cells, 10)
        torch.set_num_threads(os.cpu_count() or 1)
        start = time.process_time()
        train_plainly(network, MemoryLoader(x, y, RECIPE.batch_size, 0), RECIPE)
        memory.append(time.process_time() - start)
        torch.set_num_threads(1)
    keep_freed_memory()
    images = Images.of(dataset, torch.device("cpu"))
    ours, ours_hits = timed(cells, space, images)
    classes, _ = timed(sample_classes(space, CELLS, 0), space, images)
    members, count = len(space), len(space.classes)
    print(
        f"training {CELLS} random cells, {RECIPE.train_images:,} images of 16x16, {RECIPE.epochs} epochs; core seconds"
    )
    print(f"  plain PyTorch loop       {np.mean(plain):6.2f} s a cell   mean accuracy {np.mean(plain_hits):.2f} %")
    print(f"  the same without loader  {np.mean(memory):6.2f} s a cell   default layout and threads")
    print(f"  nasbench-forge           {np.mean(ours):6.2f} s a cell   mean accuracy {np.mean(ours_hits):.2f} %")
    print(f"  one architecture: x {np.sum(plain) / np.sum(ours):.2f} of the plain loop (median of cells", end=" ")
    print(
        f"x {np.median(np.array(plain) / np.array(ours)):.2f}), x {np.sum(memory) / np.sum(ours):.2f} of the defaults"
    )
    whole = members * np.mean(plain) / (count * np.mean(classes))
    print(f"  the whole space:  x {whole:.2f} ({members:,} cells plainly, {count:,} classes here)")


def timed(cells, space, images: Images) -> tuple[list[float], list[float]]:
    """Processor seconds of training each cell (validation left out), and its test accuracy in percent."""
    seconds, accuracies = [], []
    skeleton = Skeleton(RECIPE.channels, RECIPE.cells, 10, (3, 16, 16))
    alone = Images(images.train, (images.validation[0][:1], images.validation[1][:1]), images.test)
    for cell in cells:
        network = build_network(space.plan(space.canonical(cell), skeleton), 0)
        start = time.process_time()
        list(train(network, alone, RECIPE, 0))
        seconds.append(time.process_time() - start)
        accuracies.append(evaluate(network, images.test, RECIPE)[1])
    return seconds, accuracies


if __name__ == "__main__":
    main()

"""Numbers of the DARTS space that may change only on purpose: published genotypes, their costs, their classes.

``darts.json`` beside this file holds the texts as their papers' repositories publish them, and the hashes of classes,
which tables of users hold.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from nasbench import load_space
from nasbench.complexity import complexity, published_complexity
from nasbench.plan import Skeleton

GOLDEN = json.loads(Path(__file__).with_name("darts.json").read_text())
SPACE = load_space("darts")
IMAGENET = Skeleton(channels=48, cells=14, classes=1000, input_shape=(3, 224, 224), stem="imagenet")


def cost(name: str, skeleton: Skeleton = SPACE.published) -> tuple[float, float]:
    """Parameters and FLOPs, in millions."""
    counted = published_complexity(SPACE, SPACE.parse(GOLDEN[name]["text"]), skeleton)
    return counted.parameters / 1e6, counted.flops / 1e6


@pytest.mark.parametrize("name", GOLDEN)
def test_published_texts_are_given_back(name: str) -> None:
    """As published; a range is written as the list it is, and strengths of edges, which GDAS publishes, are not."""
    text = GOLDEN[name]["text"]
    architecture = SPACE.parse(text)
    written = GOLDEN[name].get("written", text)
    assert SPACE.format(architecture) == written.replace("range(2, 6)", "[2, 3, 4, 5]")
    assert SPACE.parse(SPACE.format(architecture)) == architecture


@pytest.mark.parametrize("name", GOLDEN)
def test_costs_and_classes(name: str) -> None:
    golden = GOLDEN[name]
    counted = published_complexity(SPACE, SPACE.parse(golden["text"]), SPACE.published)
    assert [counted.parameters, counted.flops] == [golden["parameters"], golden["flops"]]
    assert SPACE.canonical_hash(SPACE.parse(golden["text"])) == golden["class"]


def test_published_costs_on_cifar10() -> None:
    """Twenty cells of 36 channels, without the auxiliary classifier; what the papers' repositories print."""
    assert cost("DARTS_V2") == pytest.approx((3.349342, 528.4), abs=0.05)
    assert GOLDEN["DARTS_V2"]["parameters"] == 3_349_342
    assert cost("PC_DARTS_cifar")[0] == pytest.approx(3.63, abs=0.005)
    assert cost("PDARTS") == pytest.approx((3.43, 532), abs=0.5)
    assert cost("GDAS_V1") == pytest.approx((3.37, 519), abs=0.5)


def test_published_costs_on_imagenet() -> None:
    """Fourteen cells of 48 channels, GDAS of 50 (5.3 million parameters and 581 million FLOPs)."""
    assert cost("DARTS_V2", IMAGENET)[0] == pytest.approx(4.7, abs=0.05)
    assert cost("PDARTS", IMAGENET)[0] == pytest.approx(4.9, abs=0.05)
    assert cost("PC_DARTS_image", IMAGENET)[0] == pytest.approx(5.3, abs=0.05)
    assert cost("GDAS_V1", dataclasses.replace(IMAGENET, channels=50)) == pytest.approx((5.3, 581), abs=0.1)


def test_auxiliary_classifier_of_the_published_network() -> None:
    """128 channels from 576, 768 from those, ten classes: half a million parameters that are counted when asked."""
    plan = SPACE.plan(SPACE.parse(GOLDEN["DARTS_V2"]["text"]), dataclasses.replace(SPACE.published, auxiliary=True))
    head = 576 * 128 + 2 * 128 + 128 * 768 * 4 + 2 * 768 + 768 * 10 + 10
    assert complexity(plan).parameters == 3_349_342
    assert complexity(plan, auxiliary=True).parameters == 3_349_342 + head

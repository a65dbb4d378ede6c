"""Which architectures are trained: samples that grow without changing, files whose errors name the line."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pytest

from nasbench import load_space
from nasbench.generator.selection import Job, jobs, read_architectures, sample_classes
from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space

SPACE = load_space("nas_bench_201")
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
DEAD = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"


class Wide(Space):
    """Too large to enumerate; the last choice does not matter, and with ``alike`` none of them does."""

    name = "wide"
    options = (3,) * 12

    def __init__(self, alike: bool = False) -> None:
        self.alike = alike

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        return PlanWriter(skeleton.input_shape).plan()

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        return (Dag(("input", "output"), ((0, 1),)),)

    def dataflow(self, architecture: Architecture) -> Dataflow:
        flow = Dataflow()
        live = () if self.alike else architecture.choices[:-1]
        return flow.set_outputs(flow.function(f"f{live}", flow.input()))

    @cached_property
    def classes(self) -> dict[str, list[Architecture]]:
        raise AssertionError("a wide space is never enumerated")


# -- samples ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", [SPACE, Wide()], ids=lambda space: space.name)
@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_a_smaller_sample_is_the_beginning_of_a_larger_one(space, seed: int) -> None:
    large = sample_classes(space, 60, seed)
    for count in (1, 2, 31, 60):
        assert sample_classes(space, count, seed) == large[:count]


@pytest.mark.parametrize("space", [SPACE, Wide()], ids=lambda space: space.name)
def test_samples_are_of_different_classes_and_of_the_seed(space) -> None:
    first, second = (sample_classes(space, 60, seed) for seed in (0, 1))
    for sample in (first, second):
        assert len({space.canonical_hash(architecture) for architecture in sample}) == 60
        assert all(space.canonical(architecture) == architecture for architecture in sample)
    assert first != second


def test_a_sample_of_all_is_each_class_once() -> None:
    everything = sample_classes(SPACE, None, 0)
    assert set(everything) == {members[0] for members in SPACE.classes.values()}
    assert len(everything) == len(SPACE.classes)
    assert everything[:20] == sample_classes(SPACE, 20, 0)


def test_samples_are_uniform_over_classes() -> None:
    """Not over architectures, of which large classes have many: a class is drawn as often as any other."""
    places = {members[0]: place for place, members in enumerate(SPACE.classes.values())}
    drawn = np.array([places[a] for seed in range(40) for a in sample_classes(SPACE, 100, seed)])
    counts = np.histogram(drawn, bins=8, range=(0, len(places)))[0]
    assert abs(counts - len(drawn) / 8).max() < 5 * (len(drawn) / 8) ** 0.5


def test_more_classes_than_there_are_is_refused_with_their_number() -> None:
    with pytest.raises(ValueError, match=r"nas_bench_201 has 5,044 classes.*6,000"):
        sample_classes(SPACE, 6000, 0)


def test_all_of_a_space_too_large_to_list_is_refused() -> None:
    assert Wide().count() > LARGEST_ENUMERATED
    with pytest.raises(ValueError, match="too many"):
        sample_classes(Space.__new__(Plain), None, 0)


class Plain(Wide):
    """With the classes that every space has."""

    classes = Space.classes


def test_a_large_space_of_few_classes_is_given_up() -> None:
    assert len(sample_classes(Wide(alike=True), 1, 0)) == 1
    with pytest.raises(ValueError, match=r"no class of wide beyond the 1 found; 2 were asked for"):
        sample_classes(Wide(alike=True), 2, 0)


# -- files ----------------------------------------------------------------------------------------------------------


def written(folder, content: str | bytes):
    path = folder / "cells.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_file_gives_representatives_in_order_once(tmp_path) -> None:
    other = "|avg_pool_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"  # its first edge is dead
    path = written(tmp_path, f"# cells\r\n\r\n  {CELL}  \n{other}\n{DEAD}\n   # more\n{CELL}")
    found = read_architectures(SPACE, path)
    assert found == [SPACE.canonical(SPACE.parse(text)) for text in (CELL, other)]
    assert found[1] != SPACE.parse(other)


@pytest.mark.parametrize(
    "line", ["|nor_conv_3x3~0|", "|nor_conv_3x3~0|+|none~0|none~0|+|none~0|none~1|none~2|", "3,3,3,3,3,3"]
)
def test_a_line_that_is_no_architecture_is_named(tmp_path, line: str) -> None:
    path = written(tmp_path, f"# cells\n{CELL}\n\n{line}\n")
    with pytest.raises(ValueError) as error:
        read_architectures(SPACE, path)
    assert str(error.value).startswith(f"line 4 of {path}: cannot read ")


@pytest.mark.parametrize("content", ["", "\n\n# nothing\n"])
def test_a_file_without_architectures_is_refused_with_an_example(tmp_path, content: str) -> None:
    with pytest.raises(ValueError, match=r"holds no architecture; expected one a line, such as \|none~0\|"):
        read_architectures(SPACE, written(tmp_path, content))


def test_a_file_that_is_not_text_is_named(tmp_path) -> None:
    path = written(tmp_path, b"\x93NUMPY\xff")
    with pytest.raises(ValueError, match="not a text file") as error:
        read_architectures(SPACE, path)
    assert str(path) in str(error.value)


# -- jobs -----------------------------------------------------------------------------------------------------------


def test_jobs_take_the_first_seed_of_all_before_the_second() -> None:
    """So that a build that is stopped early has compared as many architectures as it could."""
    cells = sample_classes(SPACE, 3, 0)
    expected = [Job(cell, SPACE.canonical_hash(cell), seed) for seed in range(2) for cell in cells]
    assert list(jobs(SPACE, cells, 2)) == expected

"""Program features: counted by hand, and the same for all that compute the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nasbench.space import Architecture
from nasbench.spaces.nas_bench_201 import EDGES, OPERATIONS
from predictors.encoding import load_encoding
from predictors.programs import read_program
from tests.predictors.examples import Chain, TwoCells, nas_bench_201


def features(text: str) -> dict[str, float]:
    space, encoding = nas_bench_201(), load_encoding("program")
    values = encoding.encode(space, [space.parse(text)])[0]
    return dict(zip(encoding.feature_names(space), values.tolist(), strict=True))


def test_a_cell_is_counted_as_by_hand() -> None:
    """Output: conv3x3(input) + pool(input) + conv1x1(conv3x3(input)); the skip from node 1 is the convolution again."""
    found = features("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|avg_pool_3x3~0|skip_connect~1|skip_connect~2|")
    expected = {
        "count(nor_conv_3x3)": 1,
        "count(nor_conv_1x1)": 1,
        "count(avg_pool_3x3)": 1,
        "count(weighted)": 2,
        "paths": 3,
        "paths(plain)": 2,
        "paths(bare)": 1,
        "fewest(weighted)": 0,
        "most(weighted)": 2,
        "mean(weighted)": 1,
        "most(avg_pool_3x3)": 1,
        "terms": 3,
        "output(linear,input)": 1,
        "output(input)": 0,
        "output(nor_conv_3x3)": 1,
        "output(nor_conv_1x1)": 1,
        "reads(nor_conv_3x3,input)": 1,
        "reads(nor_conv_1x1,weighted)": 1,
        "reads(nor_conv_1x1,input)": 0,
        "path(avg_pool_3x3*1)": 1,
        "path(nor_conv_3x3*1)": 1,
        "path(nor_conv_1x1*1 nor_conv_3x3*1)": 1,
        "path(nothing)": 0,
    }
    assert {name: found[name] for name in expected} == expected


def test_a_cell_of_nothing_has_no_paths() -> None:
    found = features("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    assert found["paths"] == found["terms"] == found["count(weighted)"] == 0
    assert found["fewest(weighted)"] == 4 and found["most(weighted)"] == -1


def test_members_of_a_class_have_equal_features() -> None:
    space = nas_bench_201()
    groups = [group for group in space.classes.values() if len(group) > 2][::40]
    for encoding in map(load_encoding, ("program", "graph_features(canonical=True)")):
        for group in groups:
            assert len(np.unique(encoding.encode(space, group), axis=0)) == 1


def compositions(architecture: Architecture) -> Counter[tuple[str, ...]]:
    """Paths of the cell as written, skips left out, by their operations; none of a dead edge."""
    ways = [[(0, 3)], [(0, 1), (1, 3)], [(0, 2), (2, 3)], [(0, 1), (1, 2), (2, 3)]]
    chosen = {edge: OPERATIONS[choice] for choice, edge in zip(architecture.choices, EDGES, strict=True)}
    found: Counter[tuple[str, ...]] = Counter()
    for way in ways:
        labels = [chosen[edge] for edge in way]
        if "none" not in labels:
            found[tuple(sorted(label for label in labels if label != "skip_connect"))] += 1
    return found


def test_paths_are_those_of_the_cell_as_written() -> None:
    """A second way that knows no programs: every operation that is not a skip is on a path of the written cell."""
    space = nas_bench_201()
    rng = np.random.default_rng(0)
    for architecture in (space.sample(rng) for _ in range(200)):
        program = read_program(space.dataflow(architecture))
        found = {tuple(x for x, n in on for _ in range(n)): times for on, times in program.paths.items()}
        assert found == dict(compositions(architecture))


@pytest.mark.parametrize("space", [TwoCells(), Chain()], ids=["two_cells", "long_chain"])
def test_it_knows_any_space(space: TwoCells) -> None:
    encoding = load_encoding("program")
    some = [space.sample(np.random.default_rng(seed)) for seed in range(4)]
    assert encoding.encode(space, some).shape == (4, len(encoding.feature_names(space)))


def test_the_longest_chain_of_sums_has_few_compositions() -> None:
    """Exponentially many paths are counted, not followed."""
    from nasbench.graph import Dataflow

    flow = Dataflow()
    value = flow.input()
    for _ in range(40):
        value = flow.add(value, flow.weighted("conv", value))
    program = read_program(flow.set_outputs(value))
    assert sum(program.paths.values()) == 2**40
    assert len(program.paths) == 41 and program.paths[()] == 1


def test_text_of_arguments() -> None:
    assert load_encoding("graph_features(canonical=True)").get_params() == {"canonical": True}
    with pytest.raises(ValueError, match="has no argument 'depth'"):
        load_encoding("program(depth=3)")
    with pytest.raises(ValueError, match="cannot read the encoding"):
        load_encoding("program(depth")

"""The promise of a search space, run over every file of ``nasbench/spaces`` and every space of another distribution.

Three toy spaces stand beside them: a wide one, one with a constraint, one with both. Spaces up to
``LARGEST_ENUMERATED`` are checked whole where that is quick, larger ones on seeded samples.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from nasbench import load_space
from nasbench.complexity import built_complexity, complexities, infer_shapes, published_complexity
from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, Skeleton, prune
from nasbench.registry import SPACES
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from tests.spaces.plan_interpreter import outputs
from tests.spaces.toy_spaces import TOYS

SMALL = Skeleton(channels=4, cells=2, classes=7, input_shape=(3, 8, 8))
IMPROBABLE = 1e-4
"""A fair draw fails a chi-square test with this probability; seeds are fixed, so it fails always or never."""


@pytest.fixture(params=[*SPACES.names(), *TOYS])
def space(request) -> Space:
    return load_space(request.param) if isinstance(request.param, str) else request.param()


@pytest.fixture
def some(space: Space) -> list[Architecture]:
    """Forty architectures of the space, drawn with a fixed seed."""
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(40)]


def enumerable(space: Space) -> bool:
    return space.count() <= LARGEST_ENUMERATED


def fair(counts: np.ndarray) -> bool:
    """Whether counts may come from equal chances."""
    return stats.chisquare(counts).pvalue > IMPROBABLE


def proposals(space: Space, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    """Random choices in range, valid or not, without end."""
    while True:
        yield tuple(rng.integers(space.options).tolist())


# -- values and text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPACES.names())
def test_name_is_that_of_the_register(name):
    assert load_space(name).name == name
    assert load_space(name) is load_space(name)


def test_options(space):
    assert isinstance(space.options, tuple)
    assert all(isinstance(count, int) and count >= 1 for count in space.options)


def test_text_is_read_back(space, some):
    for architecture in some:
        text = space.format(architecture)
        assert space.parse(text) == architecture
        assert space.parse(f"  {text}\n") == architecture
        assert "\n" not in text
    assert len({space.format(a) for a in some}) == len(set(some))


def test_index_is_the_inverse_of_from_index(space, some):
    assert [space.from_index(space.index(a)) for a in some] == some
    assert all(space.index(a) >= 0 for a in some)
    first = space.from_index(0)
    assert first.choices == (0,) * len(space.options)
    assert space.index(first) == 0


def test_enumeration_is_complete_and_in_order(space):
    if not enumerable(space):
        pytest.skip(f"{space.name} is too large to enumerate")
    everything = list(space)
    assert len(everything) == len(set(everything)) == space.count() == len(space)
    places = [space.index(a) for a in everything]
    assert places == sorted(places)
    assert all(a in space for a in everything)


def test_choices_array(space, some):
    array = space.choices_array(some)
    assert array.shape == (len(some), len(space.options))
    assert [tuple(row) for row in array.tolist()] == [a.choices for a in some]
    assert space.choices_array([]).shape == (0, len(space.options))


def test_architectures_are_values(space, some):
    first = some[0]
    assert first == space.architecture(first.choices) == space.architecture(np.array(first.choices))
    assert hash(first) == hash(space.architecture(first.choices))
    assert all(type(choice) is int for a in some for choice in a.choices)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.choices = ()


def test_membership(space, some):
    assert all(a in space for a in some)
    choices = some[0].choices
    for wrong in (choices[1:], choices + (0,), (space.options[0],) + choices[1:], (-1,) + choices[1:]):
        assert Architecture(space.name, wrong) not in space
    assert Architecture("another_space", choices) not in space
    assert choices not in space
    assert space.format(some[0]) not in space


@pytest.mark.parametrize("text", ["", "nonsense", "|||", "0,1,2", "nonsense:0,1,2"])
def test_unreadable_text_is_refused_in_one_sentence(space, text):
    with pytest.raises(ValueError, match="expected") as raised:
        space.parse(text)
    assert "\n" not in str(raised.value)
    assert repr(text) in str(raised.value)


def test_wrong_choices_are_refused_in_one_sentence(space, some):
    choices = some[0].choices
    for wrong in (choices[1:], choices + (0,), (space.options[0],) + choices[1:], (-1,) + choices[1:], ()):
        with pytest.raises(ValueError, match=space.name) as raised:
            space.architecture(wrong)
        assert "\n" not in str(raised.value)


def test_choices_that_do_not_go_together_are_refused(space):
    tried = list(itertools.islice(proposals(space, np.random.default_rng(6)), 200))
    for choices in itertools.filterfalse(space.is_valid, tried):
        assert Architecture(space.name, choices) not in space
        with pytest.raises(ValueError, match="not a valid architecture"):
            space.architecture(choices)
    for choices in filter(space.is_valid, tried):
        assert space.architecture(choices) in space


def test_places_outside_the_space_are_refused(space):
    size = int(np.prod([int(count) for count in space.options], dtype=object))
    for place in (-1, size, size + 1):
        with pytest.raises(IndexError, match=space.name):
            space.from_index(place)


# -- moves ------------------------------------------------------------------------------------------------------


def test_moves_stay_in_the_space_and_change_nothing(space, some):
    rng = np.random.default_rng(1)
    before = [a.choices for a in some]
    for first, second in itertools.pairwise(some):
        made = [space.sample(rng), space.mutate(first, rng), space.crossover(first, second, rng)]
        made += [*space.neighbors(first), space.canonical(first)]
        assert all(a in space for a in made)
    assert [a.choices for a in some] == before


def test_same_seed_same_answer(space, some):
    def moves(seed: int) -> list[Architecture]:
        rng = np.random.default_rng(seed)
        drawn = [space.sample(rng) for _ in range(20)]
        drawn += [space.mutate(a, rng) for a in some]
        return drawn + [space.crossover(a, b, rng) for a, b in itertools.pairwise(some)]

    state = np.random.get_state()[1].copy()  # noqa: NPY002 - to see that it is left alone
    assert moves(5) == moves(5)
    assert moves(5) != moves(6)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_sample_is_uniform(space):
    """Each architecture as often as any other, where they can be counted; each option as often as it should."""
    rng = np.random.default_rng(2)
    size = max(6 * space.count(), 4000) if enumerable(space) else 4000
    sampled = space.choices_array(space.sample(rng) for _ in range(size))
    if enumerable(space):
        wanted = space.choices_array(space)
        counts = Counter(map(tuple, sampled.tolist()))
        assert fair(np.array([counts[tuple(choices)] for choices in wanted.tolist()]))
        wanted = np.repeat(wanted, 100, axis=0)
    else:
        wanted = np.array(list(itertools.islice(filter(space.is_valid, proposals(space, rng)), 4000)))
    for place, count in enumerate(space.options):
        table = np.stack([np.bincount(drawn[:, place], minlength=count) for drawn in (sampled, wanted)])
        table = table[:, table.sum(axis=0) > 0]
        assert table.shape[1] == 1 or stats.chi2_contingency(table).pvalue > IMPROBABLE / len(space.options)


def test_neighbours_differ_in_one_choice_and_are_mutual(space, some):
    for architecture in some[:10]:
        near = space.neighbors(architecture)
        assert len(near) == len(set(near))
        for other in near:
            assert sum(a != b for a, b in zip(architecture.choices, other.choices, strict=True)) == 1
            assert architecture in space.neighbors(other)
        every = (
            architecture.choices[:place] + (option,) + architecture.choices[place + 1 :]
            for place, count in enumerate(space.options)
            for option in range(count)
        )
        assert {a.choices for a in near} == {c for c in every if space.is_valid(c)} - {architecture.choices}


def test_mutation_is_uniform_over_neighbours(space, some):
    rng = np.random.default_rng(3)
    for architecture in some[:5]:
        near = dict.fromkeys(space.neighbors(architecture), 0)
        for _ in range(50 * len(near)):
            near[space.mutate(architecture, rng)] += 1
        assert fair(np.array(list(near.values())))


def test_crossover_takes_each_choice_from_a_parent(space, some):
    rng = np.random.default_rng(4)
    first_taken = differing = 0
    for first, second in itertools.pairwise(some):
        child = space.crossover(first, second, rng)
        assert all(c in pair for c, *pair in zip(child.choices, first.choices, second.choices, strict=True))
        assert space.crossover(first, first, rng) == first
        differing += sum(a != b for a, b in zip(first.choices, second.choices, strict=True))
        first_taken += sum(
            a != b and a == c for a, b, c in zip(first.choices, second.choices, child.choices, strict=True)
        )
    assert 0.35 * differing < first_taken < 0.65 * differing


# -- classes ----------------------------------------------------------------------------------------------------


def test_canonical_is_of_the_class_and_stays(space, some):
    for architecture in some:
        representative = space.canonical(architecture)
        assert space.canonical(representative) == representative
        assert space.canonical_hash(representative) == space.canonical_hash(architecture)
        assert len(space.canonical_hash(architecture)) == 32
        assert set(space.canonical_hash(architecture)) <= set("0123456789abcdef")


def test_classes_divide_the_space(space):
    if not enumerable(space):
        with pytest.raises(ValueError, match="too many"):
            _ = space.classes
        return
    members = list(itertools.chain.from_iterable(space.classes.values()))
    assert len(members) == len(set(members)) == space.count()
    for key, group in itertools.islice(space.classes.items(), 200):
        assert {space.canonical_hash(a) for a in group} == {key}
        assert {space.canonical(a) for a in group} == {group[0]}


def test_dataflow_is_written_anew_and_read_by_nobody_else(space, some):
    for architecture in some[:5]:
        first, second = space.dataflow(architecture), space.dataflow(architecture)
        assert isinstance(first, Dataflow)
        assert first is not second
        assert first.canonical_form == second.canonical_form
        assert first.canonical_hash("a") != first.canonical_hash("b")


# -- what is built ----------------------------------------------------------------------------------------------


def test_plan_can_be_executed(space, some):
    for architecture in some[:10]:
        plan = space.plan(architecture, SMALL)
        assert isinstance(plan, Plan)
        assert plan == space.plan(architecture, SMALL)
        assert plan.input_shape == SMALL.input_shape
        assert infer_shapes(plan)[-1] == infer_shapes(prune(plan))[-1] == (SMALL.classes, 1, 1)


def test_pruned_plan_computes_the_same(space, some):
    for architecture in some[:20]:
        plan = space.plan(architecture, SMALL)
        pruned = prune(plan)
        assert np.allclose(outputs(plan), outputs(pruned), rtol=1e-9, atol=1e-12)
        assert prune(pruned) == pruned
        assert len(pruned.steps) <= len(plan.steps)
        read = {source for step in pruned.steps for source in step.inputs}
        assert read | {0, len(pruned.steps) - 1} == set(range(len(pruned.steps)))
        assert not any(step.operation == "skip" for step in pruned.steps)


def test_cost_as_built_is_that_of_the_class_and_at_most_the_published(space, some):
    for architecture in some[:10]:
        published = published_complexity(space, architecture, SMALL)
        built = built_complexity(space, architecture, SMALL)
        assert 0 < built.parameters <= published.parameters
        assert 0 < built.flops <= published.flops
        assert built_complexity(space, space.canonical(architecture), SMALL) == built


def test_costs_of_many_are_those_of_each(space, some):
    for built, one in ((False, published_complexity), (True, built_complexity)):
        parameters, flops = complexities(space, some[:15], SMALL, built=built)
        assert parameters.dtype == flops.dtype == np.int64
        each = [one(space, architecture, SMALL) for architecture in some[:15]]
        assert parameters.tolist() == [cost.parameters for cost in each]
        assert flops.tolist() == [cost.flops for cost in each]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need torch")
def test_network_gives_logits(space, some):
    import torch

    from nasbench.networks.build import build_network

    pictures = torch.randn(2, *SMALL.input_shape, generator=torch.Generator().manual_seed(0))
    for architecture in some[:5]:
        network = build_network(space.plan(architecture, SMALL), seed=0)
        assert network(pictures).shape == (2, SMALL.classes)
        assert torch.isfinite(network(pictures)).all()
        parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
        assert parameters == built_complexity(space, architecture, SMALL).parameters


def test_graphs_are_valid_and_tell_architectures_apart(space, some):
    graphs = {a: space.graphs(a) for a in some}
    assert len(set(graphs.values())) == len(graphs)
    assert len({len(cells) for cells in graphs.values()}) == 1
    for architecture, cells in graphs.items():
        assert cells == space.graphs(architecture)
        for cell in cells:
            assert isinstance(cell, Dag)
            assert len(cell.labels) >= 2
            assert len(set(cell.edges)) == len(cell.edges)
            assert cell.adjacency.sum() == len(cell.edges)
            assert not np.tril(cell.adjacency).any()
            assert all(label and isinstance(label, str) for label in cell.labels)
            pruned = cell.pruned()
            assert pruned.pruned() == pruned
            assert sorted(pruned.paths()) == sorted(cell.paths())

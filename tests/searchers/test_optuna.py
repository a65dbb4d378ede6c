"""Optuna's samplers as searchers, tables as Optuna's objective: names, exact resume, Optuna itself as second way."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest

import nasbench
from nasbench.registry import SEARCHERS
from nasbench.space import Architecture
from searchers.candidates import Candidates
from searchers.measure import Measure
from searchers.methods.optuna import OptunaSearch, make_sampler
from searchers.optuna_objective import optuna_objective
from searchers.request import parse_searchers, parse_settings
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CHEAP = ["cmaes", "nsgaii", "qmc", "random", "tpe"]
EVERY = pytest.mark.parametrize("name", [*CHEAP, pytest.param("gp", marks=pytest.mark.slow)])


def hill(architecture: Architecture) -> float:
    return -float(sum((choice - 3) ** 2 for choice in architecture.choices))


def followed(searcher, queries: int, score=hill) -> list[Architecture]:
    asked = []
    for _ in range(queries):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], score(asked[-1]))
    return asked


# -- names --------------------------------------------------------------------------------------------------------


def test_a_variant_is_named_after_a_colon() -> None:
    assert SEARCHERS.variants("optuna") == [f"optuna:{name}" for name in sorted([*CHEAP, "gp"])]
    assert SEARCHERS.variants("random_search") == []
    assert SEARCHERS.load("optuna:random").sampler == "random"
    assert parse_searchers("optuna:tpe, optuna:random") == ("optuna:tpe", "optuna:random")
    settings = parse_settings(["optuna:tpe.options=n_startup_trials=5, multivariate=True"])
    assert settings == {"optuna:tpe": {"options": "n_startup_trials=5, multivariate=True"}}


def test_wrong_names_suggest_the_nearest() -> None:
    for text, expected in (("optuna:tpee", "tpe"), ("optun:tpe", "optuna"), ("optuna:", "optuna")):
        with pytest.raises(LookupError, match=expected):
            SEARCHERS.load(text)
    with pytest.raises(LookupError, match="no variant of the searcher random_search is called 'fast'"):
        SEARCHERS.load("random_search:fast")
    with pytest.raises(LookupError, match="did you mean 'n_startup_trials'"):
        make_searcher("optuna:tpe", NB201, 0, options="n_startup_trial=5")
    with pytest.raises(ValueError, match="name=value"):
        make_searcher("optuna:tpe", NB201, 0, options="five")


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(ImportError, match=r"'optuna:cmaes' needs cmaes.*nasbench-forge\[optuna\]"):
        make_searcher("optuna:cmaes", NB201, 0)
    monkeypatch.delitem(sys.modules, "searchers.methods.optuna")
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"'optuna' needs optuna.*nasbench-forge\[optuna\]"):
        SEARCHERS.load("optuna:tpe")
    assert "optuna" not in parse_searchers("all")
    assert "random_search" in parse_searchers("all")


# -- runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHEAP)
def test_it_asks_what_optuna_asks_by_itself(name: str) -> None:
    """``study.optimize`` with the sampler's seed, without anything of ours between."""
    searcher = make_searcher(f"optuna:{name}", NB201, 5)
    asked = followed(searcher, 40)
    ordered = name in ("cmaes", "qmc")

    def objective(trial: optuna.Trial) -> float:
        names = [f"choice{place}" for place in range(6)]
        if ordered:
            choices = tuple(trial.suggest_int(name, 0, 4) for name in names)
        else:
            choices = tuple(trial.suggest_categorical(name, (0, 1, 2, 3, 4)) for name in names)
        trial.set_user_attr("choices", choices)
        return hill(Architecture(NB201.name, choices))

    study = optuna.create_study(direction="maximize", sampler=make_sampler(name, "", searcher.memory()["seed"]))
    study.optimize(objective, n_trials=40)
    assert [architecture.choices for architecture in asked] == [t.user_attrs["choices"] for t in study.trials]


@EVERY
def test_150_at_once_are_75_and_75(name: str) -> None:
    queries = 24 if name == "gp" else 150
    whole = make_searcher(f"optuna:{name}", NB201, 1)
    asked = followed(whole, queries, kit.third_fails)
    begun = make_searcher(f"optuna:{name}", NB201, 1)
    followed(begun, queries // 2, kit.third_fails)
    state = json.loads(json.dumps(begun.state(), allow_nan=False))
    later = make_searcher(f"optuna:{name}", NB201, 99)
    later.restore(state)
    assert followed(later, queries - queries // 2, kit.third_fails) == asked[queries // 2 :]
    assert json.dumps(later.state()) == json.dumps(whole.state())


@EVERY
def test_every_sampler_stays_in_a_restricted_space(name: str) -> None:
    space = Candidates(NB201, kit.sample(40))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is what must not change
    searcher = make_searcher(f"optuna:{name}", space, 0)
    assert all(architecture in space for architecture in followed(searcher, 15, kit.third_fails))
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("name", CHEAP)
def test_another_seed_asks_otherwise(name: str) -> None:
    first, second = (followed(make_searcher(f"optuna:{name}", NB201, seed), 20) for seed in (1, 2))
    assert first != second


def test_what_is_out_is_remembered_over_a_stop() -> None:
    """Four asked at once, stopped, told in another order; one more told that nobody asked."""
    one = make_searcher("optuna:tpe", NB201, 3)
    followed(one, 12)
    out = [one.ask() for _ in range(4)]
    two = make_searcher("optuna:tpe", NB201, 3)
    two.restore(json.loads(json.dumps(one.state())))
    for searcher in (one, two):
        for architecture in (*out[::-1], kit.sample(1)[0]):
            searcher.tell(architecture, hill(architecture))
    assert followed(one, 20) == followed(two, 20)


def test_another_answer_than_before_is_refused() -> None:
    searcher = make_searcher("optuna:random", NB201, 0)
    followed(searcher, 3)
    state = searcher.state()
    state["memory"]["log"][2][1] = [4 - choice for choice in state["memory"]["log"][2][1]]
    later = make_searcher("optuna:random", NB201, 0)
    later.restore(state)
    with pytest.raises(ValueError, match="go on with the versions"):
        later.ask()


def test_an_invalid_proposal_is_answered_by_a_nearest_architecture() -> None:
    space = Candidates(NB201, kit.sample(40))
    searcher = make_searcher("optuna:random", space, 0)
    assert isinstance(searcher, OptunaSearch)
    for proposal in kit.sample(200, seed=5):
        found = searcher._nearest(proposal.choices)
        distance = [sum(a != b for a, b in zip(proposal.choices, c.choices, strict=True)) for c in space]
        assert sum(a != b for a, b in zip(proposal.choices, found, strict=True)) == min(distance)


def test_it_begins_among_the_most_promising_and_resumes() -> None:
    def made() -> OptunaSearch:
        return make_searcher("optuna:random", NB201, 4, warm_start="parameters", share=0.1)  # type: ignore[return-value]

    searcher = made()
    asked = followed(searcher, 30)
    sizes = searcher.hints.values("parameters", asked)
    every = searcher.hints.values("parameters", list(NB201))
    assert sizes[:10].min() >= np.quantile(every, 0.75)
    assert np.median(sizes[10:]) < np.quantile(every, 0.75)
    begun, later = made(), made()
    followed(begun, 6)
    later.restore(json.loads(json.dumps(begun.state())))
    assert followed(later, 24) == asked[6:]


def test_nothing_is_said_and_verbosity_stays(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    followed(make_searcher("optuna:qmc", NB201, 0), 5, kit.third_fails)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


# -- tables as an objective ---------------------------------------------------------------------------------------


def test_a_table_is_an_objective(tmp_path: Path) -> None:
    table = nasbench.open_table(kit.build_table(tmp_path / "t.h5", kit.sample(800)))
    objective = optuna_objective(table)
    study = optuna.create_study(direction=objective.direction, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=60)
    best = NB201.parse(study.best_trial.user_attrs["architecture"])
    assert study.best_value == pytest.approx(table.query(best, "val_accuracy"))
    done = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    failed = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.FAIL]
    assert len(done) + len(failed) == 60 and done and failed
    assert all(trial.user_attrs["reason"] for trial in failed)
    for trial in done:
        cell = NB201.architecture([trial.params[f"choice{place}"] for place in range(6)])
        assert trial.value == pytest.approx(table.query(cell, "val_accuracy"))


def test_a_loss_is_minimised_and_a_test_metric_out_of_reach(tmp_path: Path) -> None:
    table = nasbench.open_table(kit.build_table(tmp_path / "t.h5", kit.sample(30)))
    objective = optuna_objective(table, "val_loss@2", ordered=True)
    assert objective.direction == "minimize"
    cell = table.architectures[0]
    trial = optuna.trial.FixedTrial({f"choice{place}": choice for place, choice in enumerate(cell.choices)})
    assert objective(trial) == pytest.approx(table.query(cell, "val_loss"))
    with pytest.raises(ValueError, match="hidden from searchers"):
        optuna_objective(table, "test_accuracy")


def test_an_evaluator_is_an_objective_and_invalid_choices_fail() -> None:
    objective = optuna_objective(kit.Formula(kit.Necklaces(), measure=str(Measure.parse("val_accuracy@12"))))
    valid, invalid = ({"choice0": 0, "choice1": 1, "choice2": 2, "choice3": last} for last in (1, 0))
    trial = optuna.trial.FixedTrial(valid)
    assert objective(trial) == kit.made_up_score(Architecture("necklaces", (0, 1, 2, 1)))
    trial = optuna.trial.FixedTrial(invalid)
    assert np.isnan(objective(trial))
    assert "not a valid architecture" in trial.user_attrs["reason"]

"""Early stopping: what is stopped, what the searcher is told, how far guesses are trusted, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from searchers.searcher import make_searcher
from searchers.stopping import learned_from, look
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
EPOCHS = np.arange(1.0, 13.0)


def test_a_guess_by_the_last_value_adds_the_mean_rise() -> None:
    curves = np.random.default_rng(0).normal(50, 5, (20, 12)).cumsum(axis=1)
    outlook = look(curves, EPOCHS, 2, "last_value")
    beyond = curves[:, -1] - curves[:, 1]
    assert (outlook.rise, outlook.spread) == (pytest.approx(beyond.mean()), pytest.approx(beyond.std(ddof=1)))
    assert outlook.guess(np.array([[3.0, 7.0]])) == pytest.approx(7 + beyond.mean())


def test_curves_of_the_families_are_followed_to_their_end() -> None:
    """90 - A x^-1: after four epochs fits are near the end, and far surer than the last value."""
    rng = np.random.default_rng(0)
    amounts = rng.uniform(10, 60, 30)
    curves = 90 - amounts[:, None] / EPOCHS + rng.normal(0, 0.05, (30, 12))
    fitted, last = (look(curves, EPOCHS, 4, curve) for curve in ("curve_fit", "last_value"))
    assert fitted.spread < last.spread / 4
    new = 90 - 35 / EPOCHS
    assert fitted.guess(new[None, :4]) == pytest.approx(new[-1], abs=1.0)


def test_of_fewer_than_three_checks_the_last_value_stands() -> None:
    curves = np.random.default_rng(0).normal(size=(10, 12))
    assert look(curves, EPOCHS, 2, "curve_fit").habits is None
    assert look(curves, EPOCHS, 3, "curve_fit").habits is not None


def test_nothing_is_stopped_before_some_have_finished() -> None:
    trace = kit.finished(kit.make_curved_run("curve_stopping", NB201, checks=4), 80)
    assert trace.epochs[:40].tolist() == [3, 6, 9, 12] * 10
    assert trace.epochs[40:].tolist() != [3, 6, 9, 12] * 10


def test_a_hopeless_training_is_stopped_and_a_hopeful_one_goes_on() -> None:
    """Curves that rise alike: one below the best is stopped at its first check, one above is trained to the end."""
    searcher = make_searcher("curve_stopping", NB201, 0, curve="last_value", checks=4)
    searcher.epochs = tuple(range(1, 13))
    told = []
    searcher._inner.tell = lambda architecture, score: told.append(score)
    worths = [*range(50, 60), 55.0, 70.0, 69.9]
    asked = []
    for worth in worths:
        for check in range(4):
            question = searcher.ask()
            asked.append((worth, getattr(question, "epochs", 12)))
            searcher.tell(getattr(question, "architecture", question), worth + 3 * check + 0.01 * (worth % 3) * check)
            if searcher._now is None:
                break
    assert [epochs for worth, epochs in asked if worth == 70.0] == [3, 6, 9, 12]
    assert [epochs for worth, epochs in asked[40:] if worth == 55.0] == [3]
    assert told[10] == pytest.approx(55 + 9, abs=0.1), "the guess of the one stopped"
    assert told[11] == pytest.approx(70 + 9, abs=0.1)
    assert len(told) == len(worths)


def test_no_chance_is_too_small_stops_nothing_and_certainty_stops_all() -> None:
    never = kit.finished(kit.make_curved_run("curve_stopping", NB201, chance=0.0, checks=3), 90)
    assert never.epochs.tolist() == [4, 8, 12] * 30
    always = kit.finished(kit.make_curved_run("curve_stopping", NB201, chance=1.0, checks=3), 90)
    assert always.epochs[30:].tolist() == [4] * 60


def test_it_follows_another_searcher() -> None:
    """Without curves it is that searcher, question for question."""
    mine = kit.finished(kit.make_run("curve_stopping", NB201, 2, searcher="regularized_evolution"), 80)
    np.testing.assert_array_equal(
        mine.choices, kit.finished(kit.make_run("regularized_evolution", NB201, 2), 80).choices
    )


def test_how_many_are_learned_from() -> None:
    assert [learned_from(count, 3) for count in (3, 4, 5, 6, 7, 8, 9)] == [3, 4, 5, 5, 7, 7, 9]


def test_a_searcher_of_partial_trainings_is_refused() -> None:
    searcher = make_searcher("curve_stopping", NB201, 0, searcher="hyperband")
    assert searcher.ask() in NB201  # it asks for whole trainings as long as it knows of no others
    with pytest.raises(LookupError, match="nobody"):
        make_searcher("curve_stopping", NB201, 0, searcher="nobody")


@pytest.mark.parametrize("wrong", [{"curve": "crystal_ball"}, {"checks": 0}, {"chance": 2.0}, {"initial": 2}])
def test_what_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"curve_stopping.{next(iter(wrong))} must be"):
        make_searcher("curve_stopping", NB201, 0, **wrong)

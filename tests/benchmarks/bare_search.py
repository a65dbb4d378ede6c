"""What searches are timed against: a bare loop of regularized evolution, and Optuna's random sampler."""

from __future__ import annotations

import numpy as np

POPULATION, SAMPLE = 20, 5

Accuracies = dict[tuple[int, ...], float]


def evolve(accuracy: Accuracies, options: tuple[int, ...], queries: int, seed: int) -> float:
    """The best accuracy that regularized evolution finds; nothing but the algorithm."""
    rng = np.random.default_rng(seed)
    population: list[tuple[tuple[int, ...], float]] = []
    best = 0.0
    oldest = 0
    for _ in range(queries):
        if len(population) < POPULATION:
            child = tuple(int(rng.random() * count) for count in options)
        else:
            draws = [population[int(rng.random() * POPULATION)] for _ in range(SAMPLE)]
            parent = max(draws, key=lambda member: member[1])[0]
            place = int(rng.random() * len(options))
            other = int(rng.random() * (options[place] - 1))
            child = (*parent[:place], other + (other >= parent[place]), *parent[place + 1 :])
        value = accuracy[child]
        best = max(best, value)
        if len(population) < POPULATION:
            population.append((child, value))
        else:
            population[oldest] = (child, value)
            oldest = (oldest + 1) % POPULATION
    return best


def optuna_random(accuracy: Accuracies, options: tuple[int, ...], queries: int, seed: int) -> float:
    """The best accuracy that Optuna's random sampler finds, asked and told, stored in memory."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space: dict[str, optuna.distributions.BaseDistribution] = {
        f"choice{place}": optuna.distributions.CategoricalDistribution(range(n)) for place, n in enumerate(options)
    }
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed))
    for _ in range(queries):
        trial = study.ask(space)
        study.tell(trial, accuracy[tuple(trial.params.values())])
    return float(study.best_value)

"""Words for searches whose scores were lessened by costs: by what they selected, and of what numbers are."""

from __future__ import annotations

from reports.result import Comparison
from reports.section import measure_words


def penalties_of(comparison: Comparison) -> dict[str, float]:
    """Weight of each cost that scores were lessened by; empty where none was."""
    for evaluator in comparison.info.get("evaluators", []):
        if isinstance(evaluator, dict) and evaluator.get("penalties"):
            return {str(name): float(weight) for name, weight in evaluator["penalties"].items()}
    return {}


def selected_words(comparison: Comparison) -> str:
    """What incumbents were chosen by, such as ``penalised score, validation accuracy - 0.05 flops,``."""
    measure, penalties = measure_words(comparison.select), penalties_of(comparison)
    if not penalties:
        return measure
    sign = "-" if comparison.select.sign > 0 else "+"
    terms = "".join(f" {sign} {weight:g} {name}" for name, weight in penalties.items())
    return f"penalised score, {measure}{terms},"


def worth_note(comparison: Comparison) -> str:
    """What is to be said after the measure that runs are judged by: whether it holds penalties."""
    if not penalties_of(comparison):
        return ""
    return ", without penalties" if comparison.worth == "true_test" else ", less the penalties"

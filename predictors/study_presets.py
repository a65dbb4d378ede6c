"""Published protocols as settings of a study.

``white2021``: White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021: 11
train sizes evenly spaced on a logarithmic axis from 5 to 1000, 15 numbers of epochs seen likewise, 200 tested
architectures, 100 trials, rows drawn at random. ``suite_zero``: Krishnakumar et al., "NAS-Bench-Suite-Zero",
NeurIPS 2022: XGBoost on the encoding, on zero-cost scores, and on both, 1000 tested. Architectures that a predictor
sees trained for some epochs need a table with learning curves, and zero-cost scores one with scores: what a table
lacks is left out, and said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nasbench
from nasbench.registry import PREDICTORS, unknown
from predictors.encoding import load_encoding
from predictors.measured import read_measured
from predictors.study_names import read_name, with_epochs

LOGARITHMIC = (5, 8, 14, 24, 42, 71, 121, 205, 347, 589, 1000)
"""Train sizes of both protocols."""
LEAST_SEEN = 1.866
"""The first number of epochs seen of ``white2021`` before it is rounded down, 2 to the power 0.9."""


@dataclass(frozen=True)
class Preset:
    """Settings that stand in a study where the command does not give them.

    Args:
        predictors: as :mod:`predictors.study_names` writes them.
        sizes: of training.
        seeds: trials.
        tested: architectures.
        split: as the paper draws.
        fidelities: how many numbers of epochs seen; 0 for none.
    """

    predictors: tuple[str, ...]
    sizes: tuple[int, ...] = LOGARITHMIC
    seeds: int = 100
    tested: int = 200
    split: str = "random"
    fidelities: int = 0

    def epochs_seen(self, schedule: int) -> tuple[int, ...]:
        """Numbers of epochs seen of a schedule, evenly spaced on a logarithmic axis, rounded down."""
        if not self.fidelities or schedule < 2:
            return ()
        steps = range(self.fidelities)
        ratio = (schedule - 1) / LEAST_SEEN
        seen = [int(LEAST_SEEN * ratio ** (step / (self.fidelities - 1)) + 1e-9) for step in steps]
        return tuple(dict.fromkeys(max(1, epochs) for epochs in seen))


PRESETS: dict[str, Preset] = {
    "white2021": Preset(
        predictors=(*PREDICTORS.names(), "xgboost[one_hot+zero_cost]", "xgboost[one_hot+zero_cost+learning_curve]"),
        fidelities=15,
    ),
    "suite_zero": Preset(
        predictors=("xgboost[one_hot]", "xgboost[zero_cost]", "xgboost[one_hot+zero_cost]"), tested=1000
    ),
}
"""Presets by name; the first runs every predictor that is there."""


def load_preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in PRESETS:
        raise unknown("preset", name, list(PRESETS))
    return PRESETS[name]


def preset_epochs(preset: Preset, features: Path) -> tuple[int, ...]:
    """Numbers of epochs seen that a preset asks for of the shortest schedule of a table of learning curves."""
    with nasbench.open_table(features) as table:
        return preset.epochs_seen(table.for_search().schedules[0]) if table.for_search().schedules else ()


def fitting_sizes(preset: Preset, table: Path, metric: str, schedule: int | None, tested: int) -> tuple[int, ...]:
    """The preset's train sizes that leave enough of a table's classes to test on."""
    count = read_measured(table, metric, schedule).class_count
    return tuple(size for size in preset.sizes if size <= count - tested)


def available(texts: Iterable[str], epochs_seen: Iterable[int], features: Path) -> tuple[list[str], dict[str, str]]:
    """Predictors that can be run, and why each of the others cannot.

    Args:
        texts: predictors as :mod:`predictors.study_names` writes them.
        epochs_seen: those that see the beginning of a training are asked once for each of these.
        features: the table that encodings look things up in.
    """
    epochs_seen = tuple(epochs_seen)
    kept: list[str] = []
    left_out: dict[str, str] = {}
    for text in texts:
        try:
            expanded = with_epochs(read_name(text), epochs_seen)
        except (LookupError, ValueError, ImportError) as error:
            left_out[text] = str(error)
            continue
        for named in expanded:
            try:
                predictor = named.make(0, features)
                encoding = load_encoding(predictor.encoding)
                with nasbench.open_table(features) as table:
                    encoding.covers(table.space, table.for_search().architectures[:1])
                    predictor.check_features(encoding.feature_names(table.space))
            except (LookupError, ValueError, ImportError) as error:
                left_out[named.text()] = str(error)
            else:
                kept.append(named.text())
    return list(dict.fromkeys(kept)), left_out

"""Result folders that tests of reports share, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.report import Report, make_report
from reports.results import read_results
from reports.settings import Settings
from tests.reports.result_folders import make_comparison, make_fit, make_study


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A complete fit, study and comparison, and a comparison that was interrupted."""
    root = tmp_path_factory.mktemp("results")
    left_out = (("surrogate", "local_search", 2), ("surrogate", "local_search", 3))
    return {
        "fit": make_fit(root / "fit"),
        "study": make_study(root / "study"),
        "compare": make_comparison(root / "compare"),
        "stopped": make_comparison(root / "stopped", 4, 30, left_out=left_out, clock="none"),
    }


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Few resamples, for speed."""
    return Settings(resamples=200)


@pytest.fixture(scope="session")
def report(folders: dict[str, Path], settings: Settings) -> Report:
    """A report of all four folders."""
    return make_report(read_results(folders.values()), settings)

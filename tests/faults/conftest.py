"""The case that `new` writes, and its small ensemble as nothing disturbed it."""

from __future__ import annotations

import pytest

from spillover.api import CaseModel, load
from spillover.api.verbs import new
from tests.faults.runs import all_of_it, run


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> CaseModel:
    folder = tmp_path_factory.mktemp("case") / "tiny-demo"
    new(folder, "tiny-demo")
    return load(folder)


@pytest.fixture(scope="session")
def undisturbed(small: CaseModel) -> str:
    return all_of_it(run(small))

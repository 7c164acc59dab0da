"""What holds for every test: random tests that find the same on every machine, and one demo for all that
don't end it.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.running import Demo

# `derandomize`: a run that failed for one person fails for the next. No deadline, since a busy machine is no
# failure; no database, since what it remembers would differ from machine to machine.
settings.register_profile("valetkey", derandomize=True, deadline=None, database=None, max_examples=200)
settings.load_profile("valetkey")


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo, running for all tests of this process. Tests that end it start one of their own."""
    with Demo.started() as running:
        yield running

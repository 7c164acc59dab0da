"""The demo in the language that shows what was forgotten, and Django for what is tested without a demo."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.demo import pseudo
from tests.running import Demo


@pytest.fixture(scope="session")
def marked_demo() -> Iterator[Demo]:
    with pseudo.started() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def some_settings() -> None:
    """Words ask whether they are to be translated. Where no other test has made settings, they are not.

    Made as late as this, since the tests of `valetkey.django` make theirs while they are collected.
    """
    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        settings.configure(USE_I18N=False)

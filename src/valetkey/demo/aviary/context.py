"""What every page is given."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone


def clock(request: HttpRequest) -> dict[str, Any]:
    """The provider's clock, which every page shows: half of all refused timestamps are somebody's clock."""
    return {"now": timezone.now()}

"""What Aviary says about a status that it has posted. Pure."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from valetkey.demo.site.exchange import Exchange

_WHEN = "%a %b %d %H:%M:%S %z %Y"


@dataclass(frozen=True, slots=True)
class Posted:
    """A status: as whom, when (in UTC) and under which number it stands at Aviary, and whether it was cut."""

    text: str
    screen_name: str
    when: datetime
    number: str
    cut: bool


def read(exchange: Exchange) -> Posted | None:
    """The status in the answer; None where it holds none."""
    if not exchange.accepted:
        return None
    try:
        found = json.loads(exchange.answer_body)
        return Posted(
            text=str(found["text"]),
            screen_name=str(found["user"]["screen_name"]),
            when=datetime.strptime(found["created_at"], _WHEN).astimezone(UTC),
            number=str(found["id_str"]),
            cut=bool(found["truncated"]),
        )
    except (ValueError, KeyError, TypeError):
        return None

"""24 November 2026: the same for readers on both sides of the Atlantic."""

DATE_FORMAT = "j F Y"

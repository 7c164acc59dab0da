"""Aviary: the demo's microblogging service, and the provider that people's applications ask for access."""

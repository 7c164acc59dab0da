"""Django's adapter: a whole provider, and protected views; ``"valetkey.django"`` in ``INSTALLED_APPS``."""

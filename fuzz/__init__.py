"""Inputs by the million: each target reads one, and raises where something is so that must not be.

``make fuzz`` runs them. A target is a function of octets that returns when all is well; a refusal that is
documented is well. Targets need nothing but the code and the tests' helpers: what steers them stands in
``__main__.py``.
"""

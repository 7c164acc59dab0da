"""What holds for every test: random tests that find the same on every machine."""

from hypothesis import settings

# `derandomize`: a run that failed for one person fails for the next. No deadline, since a busy machine is no failure; no database, since
# what it remembers would differ from machine to machine.
settings.register_profile("valetkey", derandomize=True, deadline=None, database=None, max_examples=200)
settings.load_profile("valetkey")

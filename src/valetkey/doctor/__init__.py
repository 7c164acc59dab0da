"""The doctor: which mistake made a signature wrong, with proof (needs nothing but the core)."""

"""What type checkers tell those who use this package."""

"""The demo: Aviary (a microblogging service), the tutorial's test site, and what starts them both."""

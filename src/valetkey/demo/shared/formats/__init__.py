"""What Django's own formats of a language would write otherwise."""

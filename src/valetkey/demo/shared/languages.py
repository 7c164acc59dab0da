"""The languages of both sites, and how each writes a date."""

#: Django's ``LANGUAGES``. A browser's Accept-Language chooses; English is for everybody else.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]

#: Django's ``FORMAT_MODULE_PATH``. Only English has formats of its own there.
FORMATS = "valetkey.demo.shared.formats"

"""`make messages`: reads out of the code what a person reads, brings each .po up to date, and compiles it.

Babel reads and compiles, since a fresh machine hasn't GNU gettext, which Django's own commands call. What is
written depends on the code and on the translations alone: there is no date in it, so that running this twice
changes nothing the second time.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SRC = Path(__file__).parents[1] / "src"
#: Each has a `locale` folder of its own, with a folder for each language.
PACKAGES = ("valetkey/django", "valetkey/demo/shared", "valetkey/demo/aviary", "valetkey/demo/site")

_ONE, _TWO = None, (1, 2)
_WITH_CONTEXT, _TWO_WITH_CONTEXT = ((1, "c"), 2), ((1, "c"), 2, 3)
_CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), _ONE),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), _TWO),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), _WITH_CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), _TWO_WITH_CONTEXT),
}
_COMMENTS = ("Translators:",)


class Translation(Catalog):
    """A catalogue whose head names language, plural and charset, and neither dates nor people."""

    def __iter__(self) -> Iterator[Message]:
        head, *messages = super().__iter__()
        fields = (
            f"Language: {self.locale_identifier}",
            f"Plural-Forms: {self.plural_forms}",
            "MIME-Version: 1.0",
            f"Content-Type: text/plain; charset={self.charset}",
            "Content-Transfer-Encoding: 8bit",
        )
        head.string = "".join(f"{field}\n" for field in fields)
        yield head
        yield from messages


def extracted(package: Path) -> Catalog:
    """What the code below `package` has to say: its Python files and its templates."""
    catalog = Catalog()
    for path in sorted(path for path in package.rglob("*") if path.is_file()):
        if path.suffix == ".py":
            source = path.read_bytes()
        elif "templates" in path.parts and path.suffix in (".html", ".txt"):
            source = from_template(path.read_text(encoding="utf-8"))
        else:
            continue
        for line, words, comments, context in extract("python", BytesIO(source), _CALLS, _COMMENTS):
            place = (path.relative_to(package).as_posix(), line)
            catalog.add(words, locations=[place], auto_comments=comments, context=context)
    return catalog


def from_template(text: str) -> bytes:
    """A template as Python source that calls gettext; everything else has become letters.

    Each line without its indentation, which the tokens of Python would have to agree on.
    """
    lines = templatize(text).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def translations(package: Path) -> list[Path]:
    """The .po of each language that `package` has a folder for."""
    return [folder / "LC_MESSAGES" / "django.po" for folder in sorted((package / "locale").glob("*/"))]


def read(po: Path) -> Translation:
    """The translations of a .po; none where it isn't there yet."""
    language = po.parents[1].name
    head = f"# Valetkey, {language}. How to translate: docs/messages.md."
    catalog = Translation(locale=language, header_comment=head, fuzzy=False)
    if po.exists():
        with po.open("rb") as file:
            for message in read_po(file, locale=language, ignore_obsolete=True):
                if message.id:
                    catalog[message.id] = message
    return catalog


def updated(package: Path, po: Path) -> Translation:
    """The translations of what the code says today. What was reworded keeps its old translation, marked as
    fuzzy until somebody has looked at it; what is said no more is dropped.
    """
    catalog = read(po)
    catalog.update(extracted(package))
    return catalog


def written(catalog: Catalog) -> bytes:
    """As a .po: in the order of the code, and without line numbers, which change with every edit."""
    file = BytesIO()
    write_po(file, catalog, width=100, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """As a .mo, which is what Django reads. Nothing fuzzy or empty is in it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main() -> int:
    for package in (SRC / name for name in PACKAGES):
        for po in translations(package):
            catalog = updated(package, po)
            po.parent.mkdir(parents=True, exist_ok=True)
            po.write_bytes(written(catalog))
            po.with_suffix(".mo").write_bytes(compiled(catalog))
            left = sum(1 for message in catalog if message.id and (message.fuzzy or not is_whole(message)))
            print(f"{po.relative_to(SRC)}: {len(catalog)} messages, {left} to translate")
    return 0


def is_whole(message: Message) -> bool:
    """Whether it has a translation, for each number where it counts."""
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return all(strings)


if __name__ == "__main__":
    sys.exit(main())

"""The demo in a language that was made up, in which every translated string stands between marks.

What a page shows outside the marks was forgotten, or glued: ⟦You allowed it on ⟪3. November 2026⟫.⟧ is a
sentence with a value in it, and the value is looked at for itself.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog

from tests.running import Demo
from tools import messages

#: A browser that asks for this language gets the marks, so that nothing in the demo knows of them.
LANGUAGE = "de"

_VALUE = re.compile(r"%\(\w+\)[sd](?![^<]*>)")  # not within a tag: an address there must stay one
_MARKS = re.compile("([⟦⟧⟪⟫])")
# What no translation is for: addresses, people, and dates as Django writes them in this language.
_UNTRANSLATED = re.compile(
    r"https?://\S+|[a-z]+://|\bhttps?\b|@\w+|\d{1,2}\. \w+ \d{4}|\bUTC\b|\bOAuth 1\.0a?\b"
)

_READ = {"alt", "aria-label", "placeholder", "title"}
# Decoration, what says that it is English or a name, and what people wrote.
_NO_LANGUAGE = {("aria-hidden", "true"), ("lang", "en"), ("translate", "no"), ("dir", "auto")}
_NEVER_READ = {"bdi", "code", "pre", "script", "style", "svg"}
_EMPTY = {"br", "hr", "img", "input", "link", "meta", "wbr"}


@contextmanager
def started(*options: str) -> Iterator[Demo]:
    """The demo, from a copy of `src` in which this language has the place of :data:`LANGUAGE`."""
    with tempfile.TemporaryDirectory(prefix="pseudo-") as folder:
        src = Path(folder) / "src"
        shutil.copytree(messages.SRC, src, ignore=shutil.ignore_patterns("__pycache__"))
        for name in messages.PACKAGES:
            compiled = messages.compiled(marked(messages.extracted(src / name)))
            (src / name / "locale" / LANGUAGE / "LC_MESSAGES" / "django.mo").write_bytes(compiled)
        with Demo.started(*options, environment={"PYTHONPATH": str(src)}) as demo:
            yield demo


def marked(catalog: Catalog) -> Catalog:
    """`catalog` with a translation for each message: itself, between marks."""
    translated = messages.Translation(locale=LANGUAGE)
    for message in catalog:
        if message.id:
            words = message.id
            string = tuple(map(_marked, words)) if isinstance(words, tuple) else _marked(str(words))
            translated.add(message.id, string, context=message.context)
    return translated


def _marked(words: str) -> str:
    return f"⟦{_VALUE.sub(lambda value: f'⟪{value[0]}⟫', words)}⟧"


def unmarked(html: str, known: Iterable[str] = ()) -> list[str]:
    """What a person reads on a page and no mark is around. `known`: what is no language, such as the names of
    people and applications. What people wrote (``bdi``, ``dir="auto"``), code, and what says that it is
    English or a name need no naming.
    """
    reader = _Reader(sorted(known, key=len, reverse=True))
    reader.feed(html)
    reader.close()
    assert not reader.open, f"a mark is not closed: {reader.open}"
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, known: list[str]) -> None:
        super().__init__()
        self.known = known
        self.found: list[str] = []
        self.open: list[str] = []  # marks around the place that is read
        self.silent: list[str] = []  # elements around it, from the one that nobody reads

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        for name in (*_READ, *(name for name in given if name.startswith("data-say"))):
            if not self.silent and name in given:
                self.judge(given[name], [])
        silent = tag in _NEVER_READ or {"code", "mono"} & set(given.get("class", "").split())
        if tag not in _EMPTY and (self.silent or silent or _NO_LANGUAGE & given.items()):
            self.silent.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag not in _EMPTY:
            self.silent.pop()

    def handle_data(self, text: str) -> None:
        if self.silent:
            text = "".join(_MARKS.findall(text))
        self.judge(text, self.open)

    def judge(self, text: str, marks: list[str]) -> None:
        for piece in _MARKS.split(text):
            if piece in ("⟦", "⟪"):
                marks.append(piece)
            elif piece in ("⟧", "⟫"):
                opened = marks.pop() if marks else ""
                assert opened + piece in ("⟦⟧", "⟪⟫"), f"marks that don't match: {text}"
            elif not marks or marks[-1] == "⟪":
                self.keep(piece)

    def keep(self, text: str) -> None:
        for name in self.known:
            text = text.replace(name, "")
        if any(letter.isalpha() for letter in _UNTRANSLATED.sub("", text)):
            self.found.append(text.strip())

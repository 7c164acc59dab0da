"""Every language is complete, and its catalogues are what the code and the translations make."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tools import messages
from valetkey.demo.shared.languages import LANGUAGES

SRC = messages.SRC
FOLDERS = [SRC / name for name in messages.PACKAGES]
CATALOGUES = [(package, po) for package in FOLDERS for po in messages.translations(package)]
NAMES = [f"{package.name}, {po.parents[1].name}" for package, po in CATALOGUES]

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|`[^`]*`")
TAG = re.compile(r"<[^>]*>")
each = pytest.mark.parametrize(("package", "po"), CATALOGUES, ids=NAMES)


def key(message: Message) -> tuple[str, ...]:
    words = message.id if isinstance(message.id, tuple) else (message.id,)
    return (message.context or "", *map(str, words))


def forms(message: Message) -> list[tuple[str, str]]:
    """Each form of the translation, beside the English that it translates."""
    if not isinstance(message.id, tuple):
        return [(str(message.id), str(message.string))]
    assert isinstance(message.string, (list, tuple))
    return [(message.id[min(number, 1)], text) for number, text in enumerate(message.string)]


@each
def test_a_language_says_what_the_code_says_and_nothing_else(package: Path, po: Path) -> None:
    wanted = {key(message) for message in messages.extracted(package) if message.id}
    held = {key(message) for message in messages.read(po) if message.id}
    assert wanted - held == set(), "run `make messages`, and translate them"
    assert held - wanted == set(), "run `make messages`, which drops them"


@each
def test_no_translation_is_fuzzy_or_empty(package: Path, po: Path) -> None:
    left = [key(m) for m in messages.read(po) if m.id and (m.fuzzy or not messages.is_whole(m))]
    assert left == []


@each
def test_a_translation_keeps_placeholders_code_and_markup(package: Path, po: Path) -> None:
    for message in messages.read(po):
        for english, translated in forms(message) if message.id else ():
            for kind in (PLACEHOLDER, TAG):
                assert Counter(kind.findall(translated)) == Counter(kind.findall(english)), translated


@each
def test_a_translation_is_punctuated_as_the_english(package: Path, po: Path) -> None:
    for message in messages.read(po):
        for english, translated in forms(message) if message.id else ():
            text = TAG.sub("", translated)
            assert not re.search("[\"'“](?=\\w)", text), f"„…“, please: {translated}"
            assert text.count("„") == text.count("“"), translated
            assert re.findall(r"[.:?…]?$", english) == re.findall(r"[.:?…]?$", translated), translated


@each
def test_the_compiled_catalogue_is_made_from_the_translations(package: Path, po: Path) -> None:
    assert po.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(po)), "run `make messages`"


@pytest.mark.parametrize("package", messages.PACKAGES)
def test_every_package_has_every_language_of_the_sites(package: str) -> None:
    folders = {po.parents[1].name for po in messages.translations(SRC / package)}
    assert folders == {code for code, _ in LANGUAGES} - {"en"}


TEMPLATE = """
<p>It isn't "code"</p>
        <b>{% translate "Deep, isn’t it?" %}</b>
  <i>{% include "x" with hint=_('Show<span class="vh"> it</span>') %}</i>
{# Translators: a colour #}
{% blocktranslate with a=b count n=c trimmed %}
   {{ n }} bird
{% plural %}
   {{ n }} birds, 100 %
{% endblocktranslate %}
"""


def test_sentences_are_found_in_a_template_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE, encoding="utf-8")
    found = [message for message in messages.extracted(tmp_path) if message.id]
    assert [message.id for message in found] == [
        "Deep, isn’t it?",
        'Show<span class="vh"> it</span>',
        ("%(n)s bird", "%(n)s birds, 100 %%"),
    ]
    assert found[-1].auto_comments == ["Translators: a colour"]


PROGRAM = """
def said(count):
    # Translators: seen by all
    first = gettext_lazy("One " "two")
    return ngettext("%(n)d try", "%(n)d tries", count), pgettext("verb", "Post"), _(first)
"""


def test_sentences_are_found_in_a_program(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text(PROGRAM, encoding="utf-8")
    found = {key(message) for message in messages.extracted(tmp_path) if message.id}
    assert found == {("", "One two"), ("", "%(n)d try", "%(n)d tries"), ("verb", "Post")}


def test_a_reworded_sentence_keeps_its_translation_as_a_guess_and_a_lost_one_goes(tmp_path: Path) -> None:
    po = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    (tmp_path / "said.py").write_text('_("Nothing was changed here.")\n_("Gone")\n', encoding="utf-8")
    first = messages.updated(tmp_path, po)
    first["Nothing was changed here."].string = "Hier wurde nichts geändert."
    first["Gone"].string = "Fort"
    po.parent.mkdir(parents=True)
    po.write_bytes(messages.written(first))
    (tmp_path / "said.py").write_text('_("Nothing has changed here.")\n', encoding="utf-8")
    (kept,) = (message for message in messages.updated(tmp_path, po) if message.id)
    assert (kept.id, kept.string, kept.fuzzy) == (
        "Nothing has changed here.",
        "Hier wurde nichts geändert.",
        True,
    )
    assert b"nichts" not in messages.compiled(messages.updated(tmp_path, po))

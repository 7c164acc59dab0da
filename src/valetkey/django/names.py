"""Which names an application may have, and which two look alike.

The dialog asks people to trust a name, so a name may not lie: no characters that can't be seen or that turn
the text around, no letters of two alphabets (the Latin “a” and the Cyrillic “а” are one picture), and none
that looks like another application's.
"""

import re
import unicodedata
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Characters that show nothing, though Unicode counts them as letters or marks: fillers, joiners, variation
# selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

# Blocks whose letters are pictures of Latin ones (phonetic alphabets, small capitals, Lisu, Cherokee), which
# nobody writes a name with for another reason, and the marks that say "checked".
_IN_DISGUISE = re.compile(
    "[\u0250-\u02af\u13a0-\u13ff\u1d00-\u1dbf\u2c60-\u2c7f\ua4d0-\ua4ff\ua720-\ua7ff\uab30-\uabbf"
    "\u2611\u2705\u2713\u2714]"
)

#: Characters of a name, and of what is compared of it.
LONGEST = 80
SKELETON_LENGTH = 255

# Scripts that one text may mix: Japanese, Korean and Chinese do, with Latin among them (UTS 39, "highly
# restrictive").
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)

# The letters of other alphabets, and the digits, that are drawn like a Latin letter. Not all of Unicode's
# confusables: these are the ones that a whole name can be written with, since two alphabets in one name are
# refused anyway.
_LOOKALIKES = (
    "аa сc ԁd еe һh іi јj ӏl оo рp ԛq ѕs ԝw хx уy ѵv зz бb"
    " αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw"
    " 0o 1l |l ıi"
)
_DRAWN_LIKE = {ord(pair[0]): pair[1] for pair in _LOOKALIKES.split()}
# Pairs of letters that are drawn like one, and an i that capitals make an l.
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))


def check_name(name: str) -> None:
    """:raises ValidationError: for a name with characters that can't be seen, or with letters of two
    alphabets, or letters that are drawn for looking like others. One that is too long for an application
    is left to the check of its length.
    """
    if len(name) > LONGEST:
        return
    unseen = any(unicodedata.category(character) in _UNSEEN_CATEGORIES for character in name)
    odd_blank = any(character != " " and unicodedata.category(character) == "Zs" for character in name)
    if (
        unseen
        or odd_blank
        or name != name.strip()
        or _INVISIBLE.search(name)
        or _IN_DISGUISE.search(name)
        or _mixes_alphabets(name)
        or _towers(name)
    ):
        raise ValidationError(_("This name mixes alphabets or holds invisible characters."), code="name")


def skeleton(name: str) -> str:
    """What is left of `name` when all that eyes skip is taken away: equal for two names that look alike."""
    # Cut first: normalising takes the square of the length of a run of combining marks.
    decomposed = unicodedata.normalize("NFKD", name[:LONGEST])
    letters = "".join(
        character for character in decomposed if not unicodedata.category(character).startswith("M")
    )
    drawn = letters.casefold().translate(_DRAWN_LIKE)
    for pair, single in _PAIRS:
        drawn = drawn.replace(pair, single)
    # A name of nothing but signs is its own skeleton.
    bare = "".join(character for character in drawn if character.isalnum()) or drawn.strip()
    return bare[:SKELETON_LENGTH]


def is_reserved(name: str, reserved: Iterable[str]) -> bool:
    """Whether `name` contains one of the `reserved` words, or what looks like it."""
    drawn = skeleton(name)
    return any(skeleton(word) in drawn for word in reserved)


def _mixes_alphabets(name: str) -> bool:
    scripts = {
        unicodedata.name(character, "?").split()[0]
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character).startswith("L")
        and not unicodedata.name(character, "").startswith("MODIFIER")
    }
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _towers(name: str) -> bool:
    """Whether three or more marks stand on one letter, which covers the lines around it."""
    marks = "".join(
        "m" if unicodedata.category(character) == "Mn" else "."
        for character in unicodedata.normalize("NFC", name)
    )
    return "mmm" in marks

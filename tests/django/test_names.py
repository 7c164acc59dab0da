"""A name may not lie: about its letters, or about whose it is."""

import pytest
from django.core.exceptions import ValidationError

from valetkey.django.names import SKELETON_LENGTH, check_name, is_reserved, skeleton


@pytest.mark.parametrize(
    "name",
    [
        "Kestrel",
        "Birds & Co. 2",
        "Café",
        "Пернатые",
        "鳥の歌 Radio",
        "새 Player",
        "Ελλάδα",
        "طيور",
        "a",
        "🐦 Bird",
        "O’Neil",
    ],
)
def test_a_name_in_one_alphabet_is_fine(name: str) -> None:
    check_name(name)


@pytest.mark.abuse("A57")
@pytest.mark.parametrize(
    "name",
    [
        *(
            "Kеstrel",
            "Αviary",
            "Aviaryе",
            "Kestrel\u200b",
            "Kest\u00adrel",
            "\u202eleirtseK",
            "Kestrel\n",
            " Kestrel",
        ),
        *(
            "Kestrel ",
            "Kest\u00a0rel",
            "Kest\trel",
            "Kestrel\x00",
            "K\u0335\u0336\u0337estrel",
            "\u3164",
            "\u2800",
        ),
        *("Kestrel\ufe0f", "Kestrel\ue000", "\u2066Kestrel\u2069", "Kes\u2028trel", "Kestrel\U000e0041"),
    ],
)
def test_a_name_with_what_cannot_be_seen_or_of_two_alphabets_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        check_name(name)


@pytest.mark.abuse("A57")
@pytest.mark.parametrize(
    "other",
    [
        "kestrel",
        "KESTREL",
        "K e s t r e l",
        "Kestrel.",
        "Késtrel",
        "Ｋｅｓｔｒｅｌ",
        "Kestre1",
        "Kestre|",
        "KestreI",
        "Kеstrel",
    ],
)
def test_names_that_look_alike_have_one_skeleton(other: str) -> None:
    assert skeleton(other) == skeleton("Kestrel")


@pytest.mark.parametrize("other", ["Kestrels", "Merlin", "Kest", "", "🐦"])
def test_names_that_look_different_have_two(other: str) -> None:
    assert skeleton(other) != skeleton("Kestrel")


def test_a_name_of_signs_has_a_skeleton_of_its_own() -> None:
    assert skeleton("🐦") not in ("", skeleton("🦉"))


@pytest.mark.abuse("A57")
@pytest.mark.parametrize(
    ("name", "reserved"),
    [("Aviary Official", True), ("The AVIARY", True), ("Аviаrу", True), ("Av1ary", True), ("Birds", False)],
)
def test_a_reserved_word_is_found_in_whatever_spelling(name: str, reserved: bool) -> None:
    assert is_reserved(name, ["Aviary"]) is reserved


@pytest.mark.abuse("A57")
@pytest.mark.parametrize(
    "name",
    ["ꓮꓦꓲꓮꓣꓬ", "ᴀᴠɪᴀʀʏ", "Aviɑry", "Avɩary", "Aviarꭚ", "Tutorial test ꜱite", "Ꭺviary", "Verified ✔ app"],
    ids=ascii,
)
def test_letters_that_are_pictures_of_others_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        check_name(name)


@pytest.mark.abuse("A07")
def test_a_long_run_of_marks_is_not_put_in_order() -> None:
    marks = "a" + "\u0301" * 500_000 + "\u0327" * 500_000
    assert len(skeleton(marks)) <= SKELETON_LENGTH
    check_name(marks)  # the check of its length refuses it

from valetkey.demo.site.difference import Difference, Part, difference

START = "POST&http%3A%2F%2F127.0.0.1%3A12001%2F1%2Fstatuses%2Fupdate.json&oauth_version%3D1.0"


def marked(parts: tuple[Part, ...]) -> str:
    return "".join(f"[{part.text}]" if part.differs else part.text for part in parts)


def both(signed: str, verified: str) -> tuple[str, str]:
    found = difference(signed, verified)
    assert found
    return marked(found.signed), marked(found.verified)


def test_equal_strings_have_no_difference() -> None:
    assert difference(START, START) is None


def test_a_letter_more_is_marked_and_nothing_else() -> None:
    assert difference("POST&https%3A%2F", "POST&http%3A%2F") == Difference(
        (Part("POST&http"), Part("s", differs=True), Part("%3A%2F")), (Part("POST&http%3A%2F"),)
    )


def test_what_is_far_from_it_is_left_out() -> None:
    signed, verified = both(START.replace("http", "https"), START)
    assert signed == "POST&http[s]%3A%2F%2F127.0.0.1…"
    assert verified == "POST&http%3A%2F%2F127.0.0.1…"
    signed, verified = both(START, f"{START}%26status%3Da")
    assert signed == "…&oauth_version%3D1.0"
    assert verified == "…&oauth_version%3D1.0[%26status%3Da]"


def test_a_parameter_that_one_lacks_is_marked_as_a_whole() -> None:
    assert both("x&oauth_c%3Dc", "x&oauth_a%3Da%26oauth_c%3Dc") == (
        "x&oauth_c%3Dc",
        "x&[oauth_a%3Da%26]oauth_c%3Dc",
    )
    assert both("x&a%3D1.0", "x&a%3D1.0%26s%3D1.0") == ("x&a%3D1.0", "x&a%3D1.0[%26s%3D1.0]")
    assert both("x&a%3D1%26b%3D1", "x&a%3D1") == ("x&a%3D1[%26b%3D1]", "x&a%3D1")


def test_a_character_is_marked_as_a_whole_however_often_it_is_encoded() -> None:
    signed, verified = both("a%252520b%252526c%3D", "a%2520b%2526c%3D")
    assert signed == "a[%252520]b[%252526]c%3D"
    assert verified == "a[%2520]b[%2526]c%3D"


def test_a_long_difference_is_cut() -> None:
    signed, verified = both("x" * 10_000, "y" * 10_000)
    assert signed == f"[{'x' * 48}]…"
    assert verified == f"[{'y' * 48}]…"


def test_long_strings_take_no_long_time() -> None:
    signed, verified = "%2520" * 100_000, "%252520" * 100_000
    assert both(signed, verified) == (f"[{'%2520' * 48}]…", f"[{'%252520' * 48}]…")

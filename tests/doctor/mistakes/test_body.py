"""Each mistake with the body, against base strings put together by hand."""

from urllib.parse import quote

import pytest

from tests.doctor.mistakes.wrong import FORM, JSON, PHOTOS, PROTOCOL, base, line, sent, told
from valetkey.doctor.mistakes.body import BODY
from valetkey.doctor.recipe import Recipe

TEXT = {"Content-Type": "text/plain"}
NO_TYPE: dict[str, str] = {}
Q = f"{PHOTOS}?size=m"


def posted(url: str, headers: dict[str, str], body: str) -> Recipe:
    return sent(url, "POST", headers, body)


# The URL, the headers and the body; which mistake; the parameters that were signed; a word of the sentence.
WRONG: list[tuple[str, dict[str, str], str, str, list[str], str]] = [
    (PHOTOS, FORM, "a=1&b=2", "form-left-out", [], "form body was left out, not signed"),
    (Q, FORM, "a=1", "form-left-out", ["size=m"], "form"),
    (Q, FORM, "a=1", "form-left-out", [], "query"),
    (PHOTOS, TEXT, "a=1&b=2", "form-not-sent-as-one", ["a=1", "b=2"], "Content-Type is “text/plain”"),
    (PHOTOS, NO_TYPE, "a=1&b=2", "form-not-sent-as-one", ["a=1", "b=2"], "Content-Type is missing"),
    (PHOTOS, TEXT, "a=%20", "form-not-sent-as-one", ["a=%2520"], "not decoded"),
    (PHOTOS, TEXT, "a=1\r\n", "form-not-sent-as-one", ["a=1"], "form"),
    (PHOTOS, FORM, "a=1", "form-twice", ["a=1", "a=1"], "twice"),
    (PHOTOS, FORM, "a=1&b=2", "form-one-pair", ["a=1%26b%3D2"], "one parameter"),
    (PHOTOS, FORM, "a=1&b=2", "form-one-pair", ["a%3D1%26b%3D2="], "name"),
    (PHOTOS, FORM, "a=1&b=2", "form-one-pair", ["body=a%3D1%26b%3D2"], "body"),
    (Q, FORM, "size=m&b=2", "query-and-body", ["size=m", "b=2"], "once"),
    (Q, FORM, "size=l&b=2", "query-and-body", ["size=m", "b=2"], "query's alone"),
    (Q, FORM, "size=l&b=2", "query-and-body", ["size=l", "b=2"], "body's alone"),
    (PHOTOS, FORM, "a=1\n", "body-line-break", ["a=1"], "line break"),
    (PHOTOS, FORM, "a=1", "body-line-break", ["a=1%0A"], "not sent"),
    (PHOTOS, FORM, "a=1", "body-line-break", ["a=1%0D%0A"], "CR LF"),
    (PHOTOS, JSON, '{"a":1}', "body-signed", ["%7B%22a%22%3A1%7D="], "JSON body was signed"),
    (PHOTOS, JSON, '{"a":1}', "body-signed", ["=%7B%22a%22%3A1%7D"], "value"),
    (PHOTOS, JSON, '{"a":1}', "body-signed", ["body=%7B%22a%22%3A1%7D"], "“body”"),
    (PHOTOS, JSON, '{"a": 1}', "body-signed", ["%7B%22a%22%3A1%7D="], "name"),
    (
        PHOTOS,
        JSON,
        '{"a":"b=c&d"}',
        "body-signed",
        ["%7B%22a%22%3A%22b=c", "d%22%7D="],
        "as if it were a form",
    ),
    (PHOTOS, JSON, '{"a":1}', "body-signed", ["%7B%22a%22%3A%201%7D="], "name"),
    (PHOTOS, JSON, '{"a":1}', "body-signed", ["%5Bobject%20Object%5D="], "name"),
    (PHOTOS, JSON, "[]", "body-signed", ["0=%5B", "1=%5D"], "character"),
    (PHOTOS, TEXT, "hello", "body-signed", ["hello="], "text/plain body was signed"),
    (PHOTOS, JSON, '{"a":"x y","n":1.50}', "json-attributes", ["a=x%20y", "n=1.50"], "JSON body was signed"),
    (PHOTOS, JSON, '{"n":1.50}', "json-attributes", ["n=1.5"], "attributes"),
    (PHOTOS, JSON, '{"n":2.0}', "json-attributes", ["n=2"], "attributes"),
    (PHOTOS, JSON, '{"t":true,"z":null}', "json-attributes", ["t=true", "z=null"], "JavaScript"),
    (PHOTOS, JSON, '{"t":true,"z":null}', "json-attributes", ["t=True", "z=None"], "Python"),
    (PHOTOS, JSON, '{"t":true,"f":false,"z":null}', "json-attributes", ["t=1", "f=", "z="], "PHP"),
    (PHOTOS, JSON, '{"t":true,"z":null}', "json-attributes", ["t=true"], "left out"),
    (PHOTOS, JSON, '{"a":1,"o":{"b":2}}', "json-attributes", ["a=1"], "nested ones left out"),
    (PHOTOS, JSON, '{"o":{"b":2.5}}', "json-attributes", ["o=%7B%22b%22%3A2.5%7D"], "compact JSON"),
    (PHOTOS, JSON, '{"o":{"b":2}}', "json-attributes", ["o=%7B%22b%22%3A%202%7D"], "nested ones as JSON"),
    (
        PHOTOS,
        JSON,
        '{"o":{"b":[2,3]}}',
        "json-attributes",
        ["o%5Bb%5D%5B0%5D=2", "o%5Bb%5D%5B1%5D=3"],
        "a[b], a[0]",
    ),
    (PHOTOS, JSON, '{"o":[2,3]}', "json-attributes", ["o%5B%5D=2", "o%5B%5D=3"], "a[]"),
    (PHOTOS, JSON, '{"o":{"b":2}}', "json-attributes", ["o.b=2"], "a.b"),
    (PHOTOS, JSON, '{"o":{"b":2}}', "json-attributes", ["o=%5Bobject%20Object%5D"], "[object Object]"),
    (PHOTOS, JSON, '{"o":[2,3]}', "json-attributes", ["o=2%2C3"], "comma"),
    (PHOTOS, JSON, '{"o":[2,3]}', "json-attributes", ["o=Array"], "Array"),
    (
        PHOTOS,
        JSON,
        '{"o":[2,3],"p":{}}',
        "json-attributes",
        ["o=2", "o=3", "p=%5Bobject%20Object%5D"],
        "repeated",
    ),
    (PHOTOS, JSON, '{"o":[2,3],"p":{}}', "json-attributes", ["o=2", "o=3", "p=%7B%7D"], "compact JSON"),
    (PHOTOS, JSON, '{"o":[2],"p":{"q":4}}', "json-attributes", ["o=2"], "objects left out"),
    (PHOTOS, JSON, '{"o":{"b":[2,3]}}', "json-attributes", ["o=map%5Bb%3A%5B2%203%5D%5D"], "Go"),
    (PHOTOS, JSON, '{"o":{"b":[2,3]}}', "json-attributes", ["o=%7B%22b%22%3D%3E%5B2%2C%203%5D%7D"], "Ruby"),
    (PHOTOS, FORM, '{"a":1}', "json-attributes", ["a=1"], "JSON"),
]


@pytest.mark.parametrize(("url", "headers", "body", "slug", "pairs", "word"), WRONG)
def test_a_body_signed_wrong_gives_this_base_string(
    url: str, headers: dict[str, str], body: str, slug: str, pairs: list[str], word: str
) -> None:
    found = told(BODY, posted(url, headers, body))
    assert word in found[slug, base(line(*pairs), method="POST")]


def test_a_form_may_have_been_put_behind_the_url() -> None:
    found = told(BODY, posted(PHOTOS, FORM, "a=1"))
    assert "behind the URL" in found["form-left-out", base(line(), f"{PHOTOS}?a=1", "POST")]


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        (["title=Sunset"], "multipart"),
        (["title=Sunset", "image=a.png"], "names of its files"),
        (["title=Sunset", "image="], "empty"),
        (["title=Sunset", f"image={quote('PNG!')}"], "contents"),
    ],
)
def test_the_fields_of_a_multipart_body_may_have_been_signed(pairs: list[str], word: str) -> None:
    parts = (
        '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nSunset\r\n',
        '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\nPNG!\r\n",
    )
    found = told(
        BODY,
        posted(PHOTOS, {"Content-Type": "multipart/form-data; boundary=x"}, f"{''.join(parts)}--x--\r\n"),
    )
    assert word in found["multipart-signed", base(line(*pairs), method="POST")]


@pytest.mark.parametrize("body", ["", "{", "{" * 5000, "[" * 5000, '{"a":' * 900 + "1" + "}" * 900, "3"])
def test_no_body_makes_the_doctor_stumble(body: str) -> None:
    found = told(BODY, posted(PHOTOS, JSON, body))
    assert base(line(), method="POST") not in {text for _, text in found}


def test_of_a_very_long_body_only_the_plainest_mistakes_are_tried() -> None:
    text = f'{{"a": "{"x" * 60_000}"}}'
    found = told(BODY, posted(PHOTOS, JSON, text))
    assert ("body-signed", base(line(f"{quote(text, safe='')}="), method="POST")) in found
    assert "json-attributes" not in {slug for slug, _ in found}


def test_the_signature_is_never_among_what_was_signed() -> None:
    own = "&".join(f"{name}={value}" for name, value in PROTOCOL.items())
    recipe = posted(PHOTOS, FORM | {"Authorization": ""}, f"a=%26&{own}&oauth_signature=c2lnbmF0dXJl")
    assert not [text for _, text in told(BODY, recipe) if "c2lnbmF0dXJl" in text]

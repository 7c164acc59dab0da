"""What some services' signatures have that RFC 5849's haven't, one by one."""

import pickle
from typing import Any
from urllib.request import Request

import pytest

from tests.loopback import serving
from tests.services.presets import CONSUMER, NOW, STAMP, TOKEN, by_hmac
from tests.vectors import Vector, load, name
from tests.wire import FORM, URL, problem, verify
from valetkey import AccessToken, Answer, Consumer, MemoryStore, Service, Signed, Signer, Unsignable, Verifier
from valetkey.protocol.header import parse_authorization
from valetkey.services import Quirks
from valetkey.services.quirks import QuirkySigner
from valetkey.urllib import opener


def sign(
    quirks: Quirks, method: str = "GET", url: str = URL, *, token: Any = TOKEN, **request: Any
) -> Signed:
    options = {key: request.pop(key) for key in ("placement", "body_hash", "realm") if key in request}
    service = Service(quirks=quirks, **options)
    return service.signer(CONSUMER, token).sign(method, url, **{**STAMP, **request})


def plain(method: str = "GET", url: str = URL, **request: Any) -> Signed:
    return Signer(CONSUMER, TOKEN).sign(method, url, **{**STAMP, **request})


@pytest.mark.parametrize("vector", [*load("end_to_end"), *load("generated")], ids=name)
def test_without_a_quirk_it_signs_as_the_plain_signer_does(vector: Vector) -> None:
    request = vector["request"]
    made = [
        signer.sign(
            request["method"], request["url"], headers=request["headers"], body=request["body"], **STAMP
        )
        for signer in (
            QuirkySigner(CONSUMER, TOKEN, Quirks(), body_hash=True),
            Signer(CONSUMER, TOKEN, body_hash=True),
        )
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize("placement", ["query", "body"])
def test_without_a_quirk_it_places_as_the_plain_signer_does(placement: Any) -> None:
    by_plain = Signer(CONSUMER, TOKEN, placement=placement).sign("POST", f"{URL}?a=1", **STAMP)
    assert sign(Quirks(), "POST", f"{URL}?a=1", placement=placement) == by_plain


# -- realm


def test_a_realm_is_made_from_the_url_that_is_sent() -> None:
    made = sign(Quirks(realm=lambda url: url.partition("?")[0]), url="https://h/é?a=1")
    assert parse_authorization(made.headers["Authorization"]).realm == "https://h/%C3%A9"
    assert "realm" not in made.base_string


# -- further protocol parameters


def test_a_parameter_that_a_service_always_wants_is_sent_and_signed() -> None:
    made = sign(Quirks(oauth={"oauth_callback": "about:blank"}))
    assert ("oauth_callback", "about:blank") in made.parameters
    assert "oauth_callback%3Dabout%253Ablank" in made.base_string


def test_the_caller_may_say_otherwise() -> None:
    made = sign(Quirks(oauth={"oauth_callback": "about:blank"}), oauth={"oauth_callback": "oob"})
    assert ("oauth_callback", "oob") in made.parameters


def test_an_empty_token_is_sent_and_signed_where_there_is_none() -> None:
    quirks = Quirks(oauth={"oauth_token": ""})
    made = sign(quirks, token=None)
    assert ("oauth_token", "") in made.parameters
    assert "%26oauth_token%3D%26oauth_version" in made.base_string
    assert 'oauth_token=""' in made.headers["Authorization"]
    assert made.signature == by_hmac(made.base_string, "cs&", "sha1")
    assert ("oauth_token", "tk") in sign(quirks).parameters


# -- the body's hash

EMPTY_SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
HELLO = {"sha1": "Lve95gjOVATpfV8EL5X4nxwjKHE=", "sha256": "f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk="}


@pytest.mark.parametrize("hash_name", HELLO)
def test_the_hash_is_the_services_whatever_the_signature_method(hash_name: str) -> None:
    service = Service(signature_method="HMAC-SHA512", body_hash=True, quirks=Quirks(body_hash=hash_name))
    made = service.signer(CONSUMER).sign(
        "POST", URL, headers={"Content-Type": "application/xml"}, body="Hello World!", **STAMP
    )
    assert dict(made.parameters)["oauth_body_hash"] == HELLO[hash_name]


def test_one_hash_alone_is_sent() -> None:
    made = sign(
        Quirks(body_hash="sha1"), "POST", headers={"Content-Type": "text/xml"}, body="x", body_hash=True
    )
    assert made.headers["Authorization"].count("oauth_body_hash") == 1


def test_a_form_and_no_body_at_all_have_no_hash_unless_everything_has() -> None:
    for body in (None, "a=1"):
        made = sign(Quirks(body_hash="sha256"), "POST", headers=FORM, body=body, body_hash=True)
        assert "oauth_body_hash" not in dict(made.parameters)


def test_where_everything_has_a_hash_so_has_nothing() -> None:
    made = sign(Quirks(body_hash="sha256", hash_all=True), body_hash=True)
    assert dict(made.parameters)["oauth_body_hash"] == EMPTY_SHA256


def test_where_everything_has_a_hash_a_form_is_hashed_and_its_parameters_are_not_signed() -> None:
    made = sign(Quirks(hash_all=True), "POST", f"{URL}?b=2", headers=FORM, body="a=1", body_hash=True)
    assert "oauth_body_hash" in dict(made.parameters)
    assert ("a", "1") not in made.parameters
    assert ("b", "2") in made.parameters
    assert made.body == b"a=1"


# -- multipart


def part(disposition: str, content: bytes, *more: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: form-data; {disposition}", *more])
    return head.encode() + b"\r\n\r\n" + content


TITLE = part('name="title"', "Café & more".encode())
PHOTO = part('name="photo"; filename="p.jpg"', b"\xff\xd8\r\n--x\r\n\xff", "Content-Type: image/jpeg")
TAGS = part("name=tags", b"a b\r\nc", "Content-Type: text/plain").replace(b"Content-Disp", b"content-disp")
EMPTY = part('name="is_public"', b"")


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"---b-\r\n" + one + b"\r\n" for one in parts) + b"---b---\r\n"


def fields(made: Signed) -> list[tuple[str, str]]:
    return [(name, value) for name, value in made.parameters if not name.startswith("oauth_")]


MULTIPART = {"Content-Type": "multipart/form-data; boundary=-b-"}


def test_the_fields_of_a_multipart_form_are_signed_as_a_form_of_them_would_be() -> None:
    body = multipart(TITLE, PHOTO, TAGS, EMPTY)
    made = sign(Quirks(multipart={"photo"}), "POST", f"{URL}?a=1", headers=MULTIPART, body=body)
    form = "title=Caf%C3%A9%20%26%20more&tags=a+b%0D%0Ac&is_public="
    assert made.base_string == plain("POST", f"{URL}?a=1", headers=FORM, body=form).base_string
    assert made.body == body
    assert made.headers["Content-Type"] == MULTIPART["Content-Type"]
    assert ("title", "Café & more") in made.parameters


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="-b-"',
        "Multipart/Form-Data;charset=utf-8;BOUNDARY=-b-",
        "multipart/form-data; boundary=-b-; charset=utf-8",
    ],
)
def test_the_boundary_is_read_however_it_is_written(content_type: str) -> None:
    made = sign(
        *(Quirks(multipart=()), "POST"),
        headers={"Content-Type": content_type},
        body=b"preamble\r\n" + multipart(TITLE) + b"epilogue",
    )
    assert fields(made) == [("title", "Café & more")]


def test_a_file_is_not_signed_whatever_it_is_called_and_a_named_one_however_it_is_sent() -> None:
    bare_photo, file = part('name="photo"', b"raw"), part('filename="a"; name="other"', b"x")
    body = multipart(bare_photo, file, EMPTY)
    made = sign(Quirks(multipart={"photo"}), "POST", headers=MULTIPART, body=body)
    assert fields(made) == [("is_public", "")]


def test_without_the_quirk_nothing_of_a_multipart_form_is_signed() -> None:
    made = sign(Quirks(), "POST", headers=MULTIPART, body=multipart(TITLE))
    assert made.base_string == plain("POST").base_string


def test_other_bodies_are_what_they_are() -> None:
    quirks = Quirks(multipart={"photo"})
    assert (
        sign(quirks, "POST", headers=FORM, body="a=1").base_string
        == plain("POST", headers=FORM, body="a=1").base_string
    )
    assert sign(quirks, "POST", body="{}").base_string == plain("POST").base_string


UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no body": ({"headers": MULTIPART}, "give it as octets"),
    "no boundary": ({"headers": {"Content-Type": "multipart/form-data"}, "body": b"x"}, "its boundary"),
    "no name": ({"headers": MULTIPART, "body": multipart(b"A: b\r\n\r\nx")}, "can't be read as multipart"),
    "no blank line": (
        {"headers": MULTIPART, "body": multipart(b'Content-Disposition: form-data; name="a"')},
        "can't be read as multipart",
    ),
    "no UTF-8": (
        {"headers": MULTIPART, "body": multipart(part('name="a"', b"\xff"))},
        "isn't UTF-8",
    ),
    "signed before": (
        {
            "headers": MULTIPART,
            "body": multipart(part('name="oauth_nonce"', b"1")),
        },
        "holds oauth_nonce already",
    ),
}


@pytest.mark.parametrize(("request_", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_multipart_form_that_can_not_be_read_is_refused(request_: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsignable, match=reason) as caught:
        sign(Quirks(multipart={"photo"}), "POST", **request_)
    assert caught.value.what == "body"


# -- the header, the key


def test_raw_values_stand_in_the_header_as_they_are_and_the_signature_encoded() -> None:
    made = sign(Quirks(raw_header=True), nonce="a!b+c/d=")
    assert 'oauth_nonce="a!b+c/d="' in made.headers["Authorization"]
    read = parse_authorization(made.headers["Authorization"])
    assert read.parameters[-1] == ("oauth_signature", made.signature)


@pytest.mark.parametrize("nonce", ['a", oauth_token="b', "a\\", "é", "a\r\nX: 1"], ids=ascii)
def test_what_would_break_out_of_a_raw_value_is_refused(nonce: str) -> None:
    with pytest.raises(Unsignable, match="oauth_nonce: this service takes it as it is"):
        sign(Quirks(raw_header=True), nonce=nonce)


def test_the_key_may_be_the_consumer_secret_alone() -> None:
    made = sign(Quirks(secret_alone=True), token=None)
    assert made.signature == by_hmac(made.base_string, "cs", "sha1")


# -- all of them


def test_a_quirky_signature_is_one_that_a_verifier_can_check_where_the_rfc_would_give_it() -> None:
    store = MemoryStore(clock=lambda: NOW)
    store.add(Consumer(CONSUMER.key, CONSUMER.secret))
    verifier = Verifier(store, require_token=False)
    made = sign(Quirks(oauth={"oauth_callback": "about:blank"}), token=None)
    assert verify(verifier, made, NOW).oauth["oauth_callback"] == "about:blank"
    assert problem(verifier, sign(Quirks(secret_alone=True), token=None), NOW) == ("signature_invalid", 401)


@pytest.mark.parametrize(
    ("quirks", "headers", "body"),
    [
        (Quirks(multipart={"photo"}), MULTIPART, multipart(TITLE, PHOTO)),
        (Quirks(hash_all=True, raw_header=True), FORM, b"a=1"),
        (Quirks(realm=lambda url: url, oauth={"oauth_token": ""}), {"Content-Type": "text/plain"}, b"x"),
    ],
    ids=["multipart", "hash and raw header", "realm and token"],
)
def test_an_adapter_sends_what_such_a_signer_signs(
    quirks: Quirks, headers: dict[str, str], body: bytes
) -> None:
    signer = Service(quirks=quirks, body_hash=True).signer(CONSUMER)
    with serving(lambda arrived: Answer(200)) as service:
        opener(signer).open(Request(f"{service.origin}/a?b=2", body, headers), timeout=10).close()
    arrived = service.last
    sent = dict(parse_authorization(arrived.headers["Authorization"]).parameters)
    again = signer.sign(
        "POST",
        f"{service.origin}{arrived.target}",
        headers=headers,
        body=arrived.body,
        nonce=sent["oauth_nonce"],
        timestamp=sent["oauth_timestamp"],
    )
    assert again.headers["Authorization"] == arrived.headers["Authorization"]
    assert arrived.body == body


def test_quirks_are_a_value_that_can_be_pickled() -> None:
    assert Quirks(multipart=["photo"]) == Quirks(multipart={"photo"})
    assert Quirks(multipart=["photo"]) != Quirks()
    assert pickle.loads(pickle.dumps(Quirks(body_hash="sha1"))) == Quirks(body_hash="sha1")  # just made


def test_a_quirky_signer_prints_without_secrets() -> None:
    consumer = Consumer("ck", "canary-1", rsa_key=CONSUMER.rsa_key)
    signer = QuirkySigner(consumer, AccessToken("tk", "canary-2"), Quirks(secret_alone=True))
    shown = f"{signer!r}{vars(signer)!r}"
    assert "secret_alone" in shown
    assert not [secret for secret in ("canary", "PRIVATE KEY") if secret in shown]

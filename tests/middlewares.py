"""What both middlewares keep to: one set of tests, run over WSGI and over ASGI.

A middleware's own test file says how its interface carries a request, and gets these tests by a subclass of
:class:`Keeps`.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.demo.sockets import Octets
from tests.wire import CONSUMER, FORM, HELD, TOKEN, tapped
from valetkey import Answer, MemoryStore, Signed, Signer, Verified, Verifier
from valetkey.protocol.encoding import form_decode

ORIGIN = "https://api.example"
JSON = {"Content-Type": "application/json"}
CHUNKED = ("Transfer-Encoding", "chunked")


@dataclass
class Seen:
    """What the application was called with: `read_before` octets had been read of the body by then."""

    oauth: Verified[Any, Any] | None
    body: bytes
    read_before: int


@dataclass
class Outcome:
    answer: Answer | None
    seen: list[Seen] = field(default_factory=list)
    read: int = 0

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status

    @property
    def problem(self) -> str:
        assert self.answer is not None
        return dict(form_decode(self.answer.body))["oauth_problem"]

    @property
    def oauth(self) -> Verified[Any, Any]:
        (seen,) = self.seen
        assert seen.oauth is not None
        return seen.oauth

    @property
    def body(self) -> bytes:
        (seen,) = self.seen
        return seen.body


def store() -> MemoryStore:
    made = MemoryStore()
    made.add(CONSUMER, TOKEN)
    return made


def sign(method: str = "GET", target: str = "/x", origin: str = ORIGIN, **options: Any) -> Signed:
    body_hash = options.pop("body_hash", False)
    return Signer(CONSUMER, HELD, body_hash=body_hash).sign(method, origin + target, **options)


def octets(method: str = "GET", target: str = "/x", **options: Any) -> Octets:
    return Octets.of(sign(method, target, **options))


def form(body: str = "status=a+b&x=%C3%A9") -> Octets:
    return octets("POST", headers=FORM, body=body)


TARGETS = [
    "/a%2Fb",
    "/%7Ea",
    "/~a",
    "/a+b",
    "/%c3%a9",
    "/a%20b",
    "//a",
    "/a/../b",
    "/a;x=1",
    "/%25?a=%31&a=+",
    "/é?é",
]

HOSTS: dict[str, list[str]] = {
    "none": [],
    "two": ["api.example", "evil.example"],
    "the same twice": ["api.example", "api.example"],
    "with a user": ["evil@api.example"],
    "half a bracket": ["[::1"],
    "letters for a port": ["api.example:x"],
    "empty": [""],
    "with a blank": ["api example"],
    "several in one": ["api.example,evil.example"],
    "with a path": ["api.example/x"],
    "with a query": ["api.example?x"],
}

OAUTH_AND: dict[str, list[str]] = {
    "Basic, then OAuth": ["Basic x", "{oauth}"],
    "OAuth, then Basic": ["{oauth}", "Basic x"],
    "OAuth twice": ["{oauth}", "{oauth}"],
    "Basic and OAuth in one": ["Basic x, {oauth}"],
    "OAuth and Basic in one": ["{oauth}, Basic x"],
}


class Keeps(ABC):
    @abstractmethod
    def call(
        self,
        sent: Octets,
        verifier: Verifier[Any, Any] | None = None,
        *,
        mount: str = "",
        seen_path: str | None = None,
        raw: bool = True,
        cut: bool = False,
        length: int | None = None,
        **options: Any,
    ) -> Outcome:
        """Hands `sent` to the middleware, in front of an application that reads the body to its end.

        :param mount: where the application stands, and `seen_path` the rest of the decoded path, if it isn't
            that of the target.
        :param raw: whether the server tells the target as it was sent.
        :param cut: whether the connection breaks at the end of the octets.
        :param length: how many octets the body has, where it isn't that of `sent`: of blanks.
        :param options: of the middleware.
        """

    # -- who is let in

    def test_a_signed_request_is_let_in_with_what_was_proved(self) -> None:
        outcome = self.call(octets("GET", "/x?a=1&a=2"))
        assert (outcome.status, outcome.oauth.consumer, outcome.oauth.token) == (200, CONSUMER, TOKEN)
        assert outcome.oauth.parameters == (("a", "1"), ("a", "2"))
        assert outcome.oauth.body_signed

    def test_a_replay_is_refused_and_does_not_reach_the_application(self) -> None:
        verifier = Verifier(store())
        sent = form()
        assert self.call(sent, verifier).status == 200
        again = self.call(sent, verifier)
        assert (again.status, again.problem, again.seen) == (401, "nonce_used", [])

    def test_who_sends_no_credentials_is_challenged_and_no_cache_keeps_it(self) -> None:
        outcome = self.call(Octets("GET", "/x", (("Host", "api.example"),)))
        assert outcome.answer is not None
        assert (outcome.status, outcome.problem, outcome.seen) == (401, "parameter_absent", [])
        assert outcome.answer.headers["WWW-Authenticate"].startswith(
            'OAuth oauth_problem="parameter_absent", '
        )
        assert outcome.answer.headers["Cache-Control"] == "no-store"
        assert outcome.answer.headers["Content-Type"] == FORM["Content-Type"]
        assert outcome.answer.headers["Content-Length"] == str(len(outcome.answer.body))

    def test_the_answer_to_head_has_no_body(self) -> None:
        outcome = self.call(Octets("HEAD", "/x", (("Host", "api.example"),)))
        assert outcome.answer is not None
        assert (outcome.status, outcome.answer.body) == (401, b"")
        assert int(outcome.answer.headers["Content-Length"]) > 0

    @pytest.mark.parametrize("fails", ["find", "claim_nonce"])
    def test_a_store_that_fails_gets_503_and_when_to_come_again(
        self, fails: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        def tap(name: str, args: tuple[Any, ...]) -> None:
            if name == fails:
                raise OSError("the disk is gone")

        outcome = self.call(octets(), Verifier(tapped(store(), tap)))
        assert outcome.answer is not None
        assert (outcome.status, outcome.seen) == (503, [])
        assert outcome.answer.headers["Retry-After"] == "5"
        assert b"disk" not in outcome.answer.body
        assert "the disk is gone" in caplog.text

    def test_a_refusal_is_logged_under_the_id_that_the_answer_names(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        wrong = Signer(CONSUMER).sign("GET", f"{ORIGIN}/x")
        for sent in (Octets.of(wrong), octets().but(target="http://evil.example/")):
            outcome = self.call(sent)
            assert outcome.answer is not None
            assert dict(form_decode(outcome.answer.body))["refusal"] in caplog.text

    @pytest.mark.parametrize(
        "origin",
        ["api.example", "https://api.example/v1", "ftp://api.example", "https://user@api.example", ""],
    )
    def test_an_origin_that_is_none_is_an_error_at_once(self, origin: str) -> None:
        with pytest.raises(ValueError, match=r"^origin: it must be an origin such as https://api\.example"):
            self.call(octets(), origin=origin)

    # -- which address is verified

    @pytest.mark.rule(2)
    @pytest.mark.abuse("A08")
    @pytest.mark.parametrize("target", TARGETS)
    def test_the_raw_target_is_verified_as_it_was_sent(self, target: str) -> None:
        sent = octets("GET", target).but(target=target.encode().decode("latin-1"))
        assert self.call(sent, seen_path="/decoded").status == 200

    @pytest.mark.parametrize(
        ("target", "signed"),
        [
            ("/a%2Fb", "/a/b"),
            ("/%7Ea", "/~a"),
            ("/a+b?q=%c3%a9", "/a+b?q=%c3%a9"),
            ("/%c3%a9", "/%C3%A9"),
            ("/a%25", "/a%25"),
        ],
    )
    def test_a_target_that_the_server_hides_is_encoded_anew(self, target: str, signed: str) -> None:
        assert self.call(octets("GET", signed).but(target=target), raw=False).status == 200

    @pytest.mark.rule(2)
    @pytest.mark.parametrize("raw", [True, False])
    def test_where_the_application_is_mounted_is_part_of_the_path(self, raw: bool) -> None:
        outcome = self.call(octets("GET", "/api/x?a=1"), mount="/api", seen_path="/x", raw=raw)
        assert outcome.status == 200

    @pytest.mark.parametrize("path", ["/x", "/api/x", "/a%2Fb", "/%C3%A9", "/"])
    def test_a_prefix_that_a_proxy_has_taken_off_is_part_of_the_path(self, path: str) -> None:
        sent = octets("GET", f"/ap%C3%AF{path}").but(target=path)
        assert self.call(sent, mount="/apï").status == 200

    def test_a_prefix_that_a_proxy_has_taken_off_is_put_back_behind_a_further_mount_too(self) -> None:
        sent = octets("GET", "/v1/api/a%2Fb").but(target="/api/a%2Fb")
        assert self.call(sent, mount="/v1/api", seen_path="/a/b").status == 200

    @pytest.mark.rule(2)
    @pytest.mark.abuse("A18")
    @pytest.mark.parametrize(
        "name", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"]
    )
    def test_forwarded_headers_choose_nothing(self, name: str) -> None:
        assert self.call(octets().plus((name, "http"))).status == 200

    @pytest.mark.abuse("A11")
    @pytest.mark.abuse("A89")
    @pytest.mark.parametrize("hosts", HOSTS.values(), ids=HOSTS)
    def test_an_absurd_host_is_refused_and_costs_nothing(self, hosts: list[str]) -> None:
        verifier, sent = Verifier(store()), octets()
        absurd = sent.without("Host").plus(*(("Host", host) for host in hosts))
        assert self.call(absurd, verifier).status == 400
        assert self.call(absurd, verifier, origin=ORIGIN).status == 200

    @pytest.mark.rule(2)
    @pytest.mark.abuse("A18")
    @pytest.mark.abuse("A89")
    def test_a_configured_origin_is_verified_whatever_the_request_says(self) -> None:
        elsewhere = octets("GET", "/x", origin="https://evil.example")
        assert self.call(elsewhere, origin=ORIGIN).problem == "signature_invalid"
        assert (
            self.call(
                octets().without("Host").plus(("Host", "evil.example")), origin="HTTPS://api.example:443/"
            ).status
            == 200
        )

    @pytest.mark.abuse("A89")
    @pytest.mark.parametrize("target", ["https://api.example/x?y", "HTTPS://API.EXAMPLE:443/x?y"])
    def test_the_absolute_form_of_this_host_is_its_path(self, target: str) -> None:
        assert self.call(octets("GET", "/x?y").but(target=target)).status == 200

    @pytest.mark.rule(2)
    @pytest.mark.abuse("A18")
    @pytest.mark.abuse("A89")
    @pytest.mark.parametrize(
        "target",
        [
            *(
                "https://evil.example/x",
                "https://api.example.evil.example/",
                "https://api.example:81/x",
                "*",
                "x",
                "",
            ),
            *("ftp://api.example/x", "https:///x", "api.example:443", "https://evil@x y/"),
            *("/x#", "/x#y", "/x?a=1#&b=2"),
        ],
    )
    @pytest.mark.parametrize("origin", [ORIGIN, None])
    def test_a_target_of_another_kind_is_refused_and_costs_nothing(
        self, target: str, origin: str | None
    ) -> None:
        verifier, sent = Verifier(store()), octets()
        assert self.call(sent.but(target=target), verifier, origin=origin).status == 400
        assert self.call(sent, verifier).status == 200

    # -- the body

    @pytest.mark.abuse("A88")
    @pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
    @pytest.mark.parametrize("body", ["", "status=a+b&x=%C3%A9", "a=1&" * 500, "&&=", "a=%0D%0A"])
    def test_the_application_gets_the_form_that_was_verified_octet_for_octet(
        self, body: str, chunked: bool
    ) -> None:
        sent = form(body)
        outcome = self.call(sent.without("Content-Length").plus(CHUNKED) if chunked else sent)
        assert outcome.body == body.encode()
        assert outcome.oauth.body_signed
        assert list(outcome.oauth.parameters) == form_decode(body)

    @pytest.mark.abuse("A01")
    def test_a_form_that_was_changed_is_refused_and_costs_nothing(self) -> None:
        verifier, sent = Verifier(store()), form("status=hello")
        assert self.call(sent.but(body=b"status=HELLO"), verifier).problem == "signature_invalid"
        assert self.call(sent, verifier).status == 200

    @pytest.mark.abuse("A01")
    @pytest.mark.parametrize("second", [FORM, JSON], ids=str)
    def test_a_body_of_two_types_is_refused(self, second: dict[str, str]) -> None:
        for first in (FORM, JSON):
            sent = octets("POST", headers=first, body=b"a=1")
            assert self.call(sent.plus(*second.items())).status == 400

    @pytest.mark.abuse("A88")
    @pytest.mark.parametrize("place", ["header", "query"])
    @pytest.mark.parametrize(
        "headers", [JSON, {}, {"Content-Type": "multipart/form-data; boundary=x"}], ids=str
    )
    def test_a_body_whose_hash_was_sent_is_read_and_handed_on(
        self, headers: dict[str, str], place: Any
    ) -> None:
        signer = Signer(CONSUMER, HELD, body_hash=True, placement=place)
        verifier = Verifier(store())
        sent = Octets.of(signer.sign("POST", f"{ORIGIN}/x", headers=headers, body=b"\x00\xff{}"))
        assert self.call(sent.but(body=b"\x00\xff[]"), verifier).problem == "signature_invalid"
        assert (
            self.call(sent.but(body=b"").without("Content-Length"), verifier).problem == "signature_invalid"
        )
        outcome = self.call(sent, verifier)
        assert (outcome.body, outcome.oauth.body_signed) == (b"\x00\xff{}", True)

    @pytest.mark.abuse("A01")
    @pytest.mark.parametrize("name", ["oauth_body_hash", "oauth%5Fbody_hash", "%6fauth_body_hash"])
    def test_a_hash_is_found_however_its_name_is_written(self, name: str) -> None:
        """An unread body would be taken for an empty one, whose hash this is."""
        sent = octets("POST", f"/x?{name}=2jmj7l5rSw0yVb%2FvlWAYkK%2FYBwk%3D", headers=JSON, body=b"{}")
        assert self.call(sent.but(body=b"unsigned")).status in (400, 401)

    @pytest.mark.abuse("A88")
    @pytest.mark.parametrize("headers", [JSON, {}, {"Content-Type": "text/plain"}], ids=str)
    @pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
    def test_a_body_that_is_not_needed_goes_through_unread_and_is_not_called_signed(
        self, headers: dict[str, str], chunked: bool
    ) -> None:
        sent = octets("POST", headers=headers, body=b"any octets")
        outcome = self.call(sent.without("Content-Length").plus(CHUNKED) if chunked else sent)
        assert outcome.seen[0].read_before == 0
        assert (outcome.body, outcome.oauth.body_signed) == (b"any octets", False)

    @pytest.mark.abuse("A88")
    def test_a_body_that_is_not_needed_may_have_any_size(self) -> None:
        outcome = self.call(
            octets("POST", headers=JSON, body=b" " * 2_000), Verifier(store(), max_octets=1_000)
        )
        assert len(outcome.body) == 2_000

    @pytest.mark.abuse("A84")
    @pytest.mark.parametrize("signed", ["a form", "a hash"])
    def test_a_body_that_is_too_large_is_not_read_further_than_it_may_be(self, signed: str) -> None:
        sent = form() if signed == "a form" else octets("POST", headers=JSON, body=b"{}", body_hash=True)
        verifier = Verifier(store(), max_octets=100_000)
        told = self.call(
            sent.without("Content-Length").plus(("Content-Length", "100001")), verifier, length=100_001
        )
        assert (told.status, told.seen, told.read) == (413, [], 0)
        chunked = sent.without("Content-Length").plus(CHUNKED)
        endless = self.call(chunked, verifier, length=1_000_000_000)
        assert (endless.status, endless.seen) == (413, [])
        assert endless.read < 200_000
        assert self.call(sent, verifier).status == 200, "it cost nothing"

    @pytest.mark.abuse("A84")
    def test_a_form_of_just_the_size_that_is_allowed_is_read(self) -> None:
        verifier = Verifier(store(), max_octets=100)
        assert self.call(form("a=" + "1" * 98), verifier).status == 200
        assert self.call(form("a=" + "1" * 99), verifier).status == 413

    @pytest.mark.abuse("A83")
    @pytest.mark.parametrize("length", ["-3", "+3", "3_0", "x", "3, 3", "9" * 5_000, "0x3", "\xb2"])
    def test_a_content_length_that_is_no_number_is_refused(self, length: str) -> None:
        assert self.call(form("a=b").without("Content-Length").plus(("Content-Length", length))).status == 400

    @pytest.mark.abuse("A83")
    @pytest.mark.abuse("A87")
    @pytest.mark.parametrize("end", [0, 1, 10, 18])
    def test_a_body_that_ends_early_is_refused_and_costs_nothing(self, end: int) -> None:
        verifier, sent = Verifier(store()), form()
        cut = self.call(sent.but(body=sent.body[:end]), verifier)
        assert (cut.status, cut.seen) == (400, [])
        assert self.call(sent, verifier).status == 200

    @pytest.mark.abuse("A87")
    @pytest.mark.parametrize("end", [0, 1, 10, 18])
    @pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
    def test_a_body_whose_connection_breaks_claims_nothing(
        self, end: int, chunked: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        verifier, whole = Verifier(store()), form()
        sent = whole.without("Content-Length").plus(CHUNKED) if chunked else whole
        broken = self.call(sent.but(body=sent.body[:end]), verifier, cut=True)
        assert (broken.status, broken.seen) == (400, [])
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
        assert self.call(whole, verifier).status == 200

    # -- two authorizations

    @pytest.mark.abuse("A86")
    @pytest.mark.parametrize("optional", [False, True])
    @pytest.mark.parametrize("values", OAUTH_AND.values(), ids=OAUTH_AND)
    def test_of_two_authorizations_none_counts_and_nothing_is_spent(
        self, values: list[str], optional: bool
    ) -> None:
        verifier, sent = Verifier(store()), octets()
        oauth = dict(sent.fields)["Authorization"]
        fields = [("Authorization", value.format(oauth=oauth)) for value in values]
        outcome = self.call(sent.without("Authorization").plus(*fields), verifier, optional=optional)
        assert outcome.status in (400, 401)
        assert outcome.seen == []
        assert self.call(sent, verifier).status == 200

    @pytest.mark.parametrize("optional", [False, True])
    def test_a_field_that_stands_in_for_authorization_counts_where_the_verifier_says_so(
        self, optional: bool
    ) -> None:
        sent = octets("POST", headers=JSON, body=b"{}", body_hash=True)
        fields = [
            (name.replace("Authorization", "X-OAuth1-Authorization"), value) for name, value in sent.fields
        ]
        moved = sent.but(fields=tuple(fields))
        verifier = Verifier(store(), quirks=["x-oauth1-authorization"])
        assert self.call(moved, optional=False).problem == "parameter_absent"
        assert self.call(moved.but(body=b"[]"), verifier, optional=optional).problem == "signature_invalid"
        outcome = self.call(moved, verifier, optional=optional)
        assert (outcome.body, outcome.oauth.body_signed) == (b"{}", True)

    def test_a_body_that_must_be_signed_and_is_not_is_refused_unread(self) -> None:
        verifier = Verifier(store(), require_body_hash=True)
        for headers in (JSON, {}):
            outcome = self.call(octets("POST", headers=headers, body=b"{}"), verifier)
            assert (outcome.problem, outcome.read) == ("parameter_absent", 0)
        assert self.call(octets("POST"), verifier).status == 200

    # -- where it is optional

    @pytest.mark.parametrize(
        "fields",
        [
            *(
                [],
                [("Authorization", "Basic x")],
                [("Authorization", "OAuth2 x")],
                [("Cookie", "oauth_signature=x")],
            ),
            [("Host", "evil.example"), ("Host", "api.example")],
        ],
        ids=str,
    )
    def test_where_it_is_optional_what_claims_nothing_goes_through(
        self, fields: Iterable[tuple[str, str]]
    ) -> None:
        for target in ("/x", "/x?oauth_token=x&oauth_verifier=x", "/x?q=oauth_signature", "*"):
            outcome = self.call(Octets("GET", target, tuple(fields)), optional=True)
            assert [seen.oauth for seen in outcome.seen] == [None]

    @pytest.mark.abuse("A88")
    def test_where_it_is_optional_forms_and_other_bodies_go_through_octet_for_octet(self) -> None:
        for headers in (FORM, JSON, {}):
            fields = (("Host", "api.example"), *headers.items(), ("Content-Length", "5"))
            outcome = self.call(Octets("POST", "/x", fields, b"a=1%&"), optional=True)
            assert (outcome.body, outcome.seen[0].oauth) == (b"a=1%&", None)

    @pytest.mark.abuse("A59")
    @pytest.mark.parametrize(
        ("target", "fields", "body"),
        [
            ("/x", [("Authorization", "OAuth x")], b""),
            ("/x", [("Authorization", "oauth")], b""),
            ("/x?oauth_signature=x", [], b""),
            ("/x?q=100%&%6Fauth_consumer_key", [], b""),
            ("/x", [*FORM.items(), ("Content-Length", "17")], b"oauth_signature=x"),
            (
                "/x",
                [("content-type", f"{FORM['Content-Type'].upper()}; a=b"), CHUNKED],
                b"oauth%5fsignature=%&x",
            ),
        ],
        ids=ascii,
    )
    def test_where_it_is_optional_what_claims_to_be_signed_is_taken_at_its_word(
        self, target: str, fields: list[tuple[str, str]], body: bytes
    ) -> None:
        outcome = self.call(Octets("POST", target, (("Host", "api.example"), *fields), body), optional=True)
        assert outcome.status in (400, 401)
        assert outcome.seen == []

    def test_where_it_is_optional_a_signed_request_is_verified(self) -> None:
        verifier, sent = Verifier(store()), form()
        assert self.call(sent, verifier, optional=True).oauth.token == TOKEN
        assert self.call(sent, verifier, optional=True).problem == "nonce_used"

"""Secrets at rest are worth nothing without the keys, and belong to one row."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.test import override_settings

from tests.django import walk
from tests.django.databases import Router
from tests.django.settings import FOLDER
from valetkey import RequestToken as Held
from valetkey.django import encryption
from valetkey.django.encryption import Unreadable, seal, unseal
from valetkey.django.models import AccessToken, Application, RequestToken

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def keys(*names: str) -> override_settings:
    return override_settings(VALETKEY={**settings.VALETKEY, "ENCRYPTION_KEYS": list(names)})


def test_what_was_sealed_for_a_row_is_read_for_that_row() -> None:
    assert unseal("token", "key", seal("token", "key", "the sécret")) == "the sécret"


@pytest.mark.rfc("4.5-1")
@pytest.mark.abuse("A71")
def test_equal_secrets_are_not_equal_at_rest() -> None:
    assert seal("token", "key", "secret") != seal("token", "key", "secret")


@pytest.mark.abuse("A75")
@pytest.mark.parametrize(("kind", "key"), [("token", "another"), ("another", "key"), ("tokenkey", "")])
def test_what_was_sealed_for_another_row_is_not_read(kind: str, key: str) -> None:
    with pytest.raises(Unreadable, match="another row"):
        unseal(kind, key, seal("token", "key", "secret"))


@pytest.mark.parametrize("sealed", ["", "nonsense", "é", "gAAAAA", "\x00"])
def test_what_is_no_ciphertext_is_unreadable_and_not_current(sealed: str) -> None:
    with pytest.raises(Unreadable):
        unseal("token", "key", sealed)
    assert not encryption.is_current(sealed)


@pytest.mark.parametrize("plain", [b"secret", b"[1]", b"3", json.dumps({"a": 1}).encode()])
def test_a_ciphertext_of_another_shape_is_unreadable(plain: bytes) -> None:
    with keys(NEW), pytest.raises(Unreadable):
        unseal("token", "key", Fernet(NEW).encrypt(plain).decode())


@pytest.mark.abuse("A80")
def test_an_unreadable_secret_is_named_by_its_row_and_never_shown() -> None:
    failure = Unreadable("access token", "the-key", "no key")
    assert str(failure) == "the secret of the access token 'the-key' can't be read: no key"


@pytest.mark.abuse("A74")
@pytest.mark.rule(8)
def test_the_first_key_encrypts_and_all_decrypt() -> None:
    with keys(OLD):
        old = seal("token", "key", "secret")
    with keys(NEW, OLD):
        assert unseal("token", "key", old) == "secret"
        assert not encryption.is_current(old)
        new = seal("token", "key", "secret")
        assert encryption.is_current(new)
    with keys(NEW):
        assert unseal("token", "key", new) == "secret"
        with pytest.raises(Unreadable, match="none of ENCRYPTION_KEYS"):
            unseal("token", "key", old)


OTHER = Fernet.generate_key().decode()
#: With which keys it was written, with which it is read, and whether that works.
ORDERS = {
    "as it was": ([OLD], [OLD], True),
    "the new key in front": ([OLD], [NEW, OLD], True),
    "the new key behind": ([OLD], [OLD, NEW], True),
    "the old key taken out too soon": ([OLD], [NEW], False),
    "the new key only": ([NEW, OLD], [NEW], True),
    "a wrong key": ([OLD], [OTHER], False),
    "a worker that doesn't know the new key yet": ([NEW, OLD], [OLD], False),
    "a worker that has the new key behind": ([NEW, OLD], [OLD, NEW], True),
    "a worker that has no longer the old key": ([OLD, NEW], [NEW], False),
}


@pytest.mark.abuse("A74")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.rule(8)
def test_in_whatever_order_keys_change_a_secret_is_read_or_it_is_this_side_s_fault(
    order: str, caplog: pytest.LogCaptureFixture
) -> None:
    written, read, works = ORDERS[order]
    with keys(*written):
        application = walk.register()
        token, request = walk.token_of(application, walk.person()), walk.ask(application)
        signed = walk.signer(application, token).sign("GET", f"{walk.ORIGIN}/api/read")
    with keys(*read):
        answers = [
            walk.send(signed),
            walk.first_leg(application),
            walk.exchange(application, request, "guessed"),
            walk.open_page(walk.browser(token.user), request.key),
        ]
    expected = [200, 200, 401, 200] if works else [503] * 4
    assert [answer.status_code for answer in answers] == expected
    assert ("none of ENCRYPTION_KEYS decrypts it" in caplog.text) is not works
    if not works:
        assert "signature_invalid" not in caplog.text
        with keys(*written, *read):
            assert walk.send(signed).status_code == 200, "nothing was spent"


@pytest.mark.rule(8)
def test_outside_debug_nothing_is_encrypted_with_secret_key() -> None:
    with keys(), pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        seal("token", "key", "secret")


@pytest.mark.rule(8)
def test_in_debug_keys_come_from_secret_key_and_its_fallbacks() -> None:
    without = {name: value for name, value in settings.VALETKEY.items() if name != "ENCRYPTION_KEYS"}
    with override_settings(DEBUG=True, VALETKEY=without):
        sealed = seal("token", "key", "secret")
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
            assert unseal("token", "key", sealed) == "secret"
        with override_settings(SECRET_KEY="new"), pytest.raises(Unreadable):
            unseal("token", "key", sealed)


@pytest.mark.rfc("4.5-1")
@pytest.mark.abuse("A71")
@pytest.mark.rule(8)
def test_a_walk_leaves_no_secret_and_no_verifier_in_the_databases_files() -> None:
    application, user = walk.register(), walk.person()
    first_secret = application.secret
    application.add_secret()
    request, pinned = walk.ask(application), walk.ask(application, "oob")
    verifier, pin = walk.allow(user, request), walk.allow(user, pinned)
    said = walk.read_form(walk.exchange(application, request, verifier))
    waiting = walk.ask(application)
    shown = [application.key, request.key, said["oauth_token"]]
    hidden = [
        *(first_secret, application.secret, request.secret, pinned.secret, waiting.secret),
        *(verifier, said["oauth_token_secret"], settings.VALETKEY["ENCRYPTION_KEYS"][0]),
    ]
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    assert {"site.sqlite3", "site.sqlite3-wal", "nonces.sqlite3"} <= files.keys()
    octets = b"".join(files.values())
    for text in shown:  # else this test looks in the wrong place
        assert text.encode() in octets
    for text in hidden:
        assert text.encode() not in octets, text
        assert text.encode().hex().encode() not in octets
    # Eight digits can be there by chance, inside a longer number; as a value of their own they aren't.
    dump = "\n".join(connection.connection.iterdump())
    assert f"'{pin}'" not in dump
    assert said["oauth_token"] in dump


@pytest.mark.abuse("A71")
@pytest.mark.rule(8)
def test_no_row_of_any_table_holds_a_secret_or_a_verifier(database: str) -> None:
    kestrel, ada = walk.register(), walk.person()
    request, pinned = walk.ask(kestrel), walk.ask(kestrel, "oob")
    verifier, pin = walk.allow(ada, request), walk.allow(ada, pinned)
    said = walk.read_form(walk.exchange(kestrel, request, verifier))
    assert walk.exchange(kestrel, pinned, "guessed").status_code == 401  # which leaves a row
    rows = []
    with connections[Router.chosen].cursor() as cursor:
        for table in connections[Router.chosen].introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")
            rows += [str(value) for row in cursor.fetchall() for value in row]
    assert {said["oauth_token"], request.key, kestrel.key} <= set(rows), "they can be found, or this is blind"
    for secret in (kestrel.secret, request.secret, pinned.secret, said["oauth_token_secret"], verifier):
        assert not [text for text in rows if secret in text]
    assert pin not in rows


@pytest.mark.abuse("A75")
@pytest.mark.rule(8)
def test_a_ciphertext_that_was_moved_to_another_row_makes_503_and_never_a_login() -> None:
    application = walk.register()
    mine, theirs = (walk.token_of(application, walk.person(name)) for name in ("ada", "bob"))
    # Whoever can write to the database gives bob's token the secret that they know.
    AccessToken.objects.filter(pk=theirs.pk).update(sealed_secret=mine.sealed_secret)
    known = Held(theirs.key, mine.secret)
    answer = walk.call("/api/read", application, known)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert walk.call("/api/read", application, mine).status_code == 200


@pytest.mark.abuse("A75")
@pytest.mark.parametrize("kind", [Application, AccessToken, RequestToken])
@pytest.mark.rule(8)
def test_two_rows_whose_ciphertexts_were_swapped_are_both_this_side_s_fault(kind: Any) -> None:
    ada, kestrel, merlin = walk.person(), walk.register(), walk.register("Merlin")
    tokens = [walk.token_of(kestrel, ada), walk.token_of(merlin, ada)]
    requests = [walk.ask(kestrel), walk.ask(merlin)]

    def swap() -> None:
        one, other = kind.objects.order_by("pk")
        for row, sealed in ((one, other.sealed_secret), (other, one.sealed_secret)):
            kind.objects.filter(pk=row.pk).update(sealed_secret=sealed)

    def answers() -> list[int]:
        pairs = zip((kestrel, merlin), tokens, requests, strict=True)
        if kind is RequestToken:
            return [walk.exchange(one, request, "guessed").status_code for one, _, request in pairs]
        return [walk.call("/api/read", one, token).status_code for one, token, _ in pairs]

    before = answers()
    swap()
    assert answers() == [503, 503]
    swap()
    assert answers() == before


@pytest.mark.abuse("A74")
def test_a_secret_without_its_key_makes_503_and_says_so_in_the_log_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with keys(OLD):
        application = walk.register()
    secret = application.secret
    with keys(NEW):
        answer = walk.call("/oauth/request_token", application, oauth={"oauth_callback": "oob"})
    assert answer.status_code == 503
    assert "ENCRYPTION_KEYS" not in answer.content.decode()
    assert "none of ENCRYPTION_KEYS decrypts it" in caplog.text
    assert secret not in caplog.text

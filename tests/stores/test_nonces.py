"""The name of a claim, and a store whose nonces are kept elsewhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stores.suite import PAIRS, Claim
from tests.wire import CONSUMER, HELD, NOW, TOKEN, Clock, awaited, memory, run, sign, tapped, verify
from valetkey import MemoryStore, Provider, Refused, Verifier
from valetkey.stores.nonces import digest, with_nonces

CLAIMS = st.tuples(
    st.text(":=01", max_size=3),
    st.none() | st.text(":=01", max_size=3),
    st.integers(),
    st.text(":=01", max_size=3),
)


@pytest.mark.abuse("A28")
@given(CLAIMS, CLAIMS)
def test_two_claims_have_one_name_only_if_they_are_the_same(one: Claim, other: Claim) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


@pytest.mark.abuse("A28")
def test_every_name_is_as_long_and_there_are_no_two() -> None:
    claims = {claim for pair in PAIRS for claim in pair}
    assert len({digest(*claim) for claim in claims}) == len(claims)
    assert {len(digest(*claim)) for claim in claims} == {32}


def test_text_that_utf8_cannot_hold_is_a_failure_and_no_claim() -> None:
    with pytest.raises(UnicodeEncodeError):
        digest("c", "t", NOW, "\ud800")


def test_one_store_keeps_the_nonces_and_the_other_all_else() -> None:
    store, nonces = memory(), MemoryStore(clock=Clock())
    joined = with_nonces(store, nonces)
    verified = verify(Verifier(joined), sign())
    assert (verified.consumer, verified.token) == (CONSUMER, TOKEN)
    assert (nonces._kept, store._kept) == (1, 0)
    joined.add(CONSUMER, HELD)
    assert store.find(CONSUMER.key, HELD.key)[1] is HELD
    assert Provider(joined).revoke(HELD.key)
    assert repr(joined) == f"with_nonces({store!r}, {nonces!r})"


def test_an_asynchronous_one_may_stand_beside_a_synchronous_one() -> None:
    pairs: list[tuple[Any, Any]] = [(memory(), awaited(memory())), (awaited(memory()), memory())]
    for store, nonces in pairs:
        verifier: Verifier[Any, Any] = Verifier(with_nonces(store, nonces))
        made = sign()

        async def walk(verifier: Verifier[Any, Any] = verifier, made: Any = made) -> None:
            assert await verifier.averify(made.method, made.url, headers=made.headers, now=NOW)
            with pytest.raises(Refused, match="nonce_used"):
                await verifier.averify(made.method, made.url, headers=made.headers, now=NOW)

        run(walk())


def test_a_failure_of_either_is_the_verifiers_503() -> None:
    def fail(name: str, arguments: tuple[Any, ...]) -> None:
        raise ConnectionError(name)

    for joined in (
        with_nonces(memory(), tapped(memory(), fail)),
        with_nonces(tapped(memory(), fail), memory()),
    ):
        with pytest.raises(Refused, match="503"):
            verify(Verifier(joined), sign())

"""Nonces in Valkey: against a real server, by both clients, sync and async."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
import redis.asyncio
import valkey
import valkey.asyncio

from tests.stores.servers import Address, Troubled
from tests.stores.suite import LATER, TODAY, Blocking, Claims, in_eight_processes, refused_while
from tests.wire import CONSUMER, HELD, NOW, TOKEN, URL, Clock, refusal, run
from valetkey import MemoryStore, Signed, Signer, Verifier
from valetkey.stores.nonces import with_nonces
from valetkey.stores.valkey import GRACE, PREFIX, RECHECK, AsyncValkeyNonces, Evicts, ValkeyNonces

CLAIM = ("c", "t", NOW, "n")


class TestNonces(Claims):
    @pytest.fixture(params=[valkey.Valkey, redis.Redis], ids=["valkey-py", "redis-py"])
    def nonces(self, valkey_server: Address, request: pytest.FixtureRequest) -> Iterator[ValkeyNonces]:
        with request.param(**valkey_server._asdict()) as client:
            yield ValkeyNonces(client)


class TestAsynchronous(Claims):
    @pytest.fixture(params=[valkey.asyncio.Valkey, redis.asyncio.Redis], ids=["valkey-py", "redis-py"])
    def nonces(self, valkey_server: Address, request: pytest.FixtureRequest) -> Iterator[Any]:
        make = request.param

        async def end(nonces: Any) -> None:
            await nonces._client.aclose()

        with Blocking.around(lambda: AsyncValkeyNonces(make(**valkey_server._asdict())), end) as made:
            yield made


@pytest.fixture
def client(valkey_server: Address) -> Iterator["valkey.Valkey"]:
    with valkey_server.client(socket_timeout=20) as made:
        yield made


def verifier(nonces: Any) -> Verifier[Any, Any]:
    store = MemoryStore()
    store.add(CONSUMER, TOKEN)
    return Verifier(with_nonces(store, nonces))


def signed() -> Signed:
    return Signer(CONSUMER, HELD).sign("GET", URL)


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_of_eight_processes_that_share_a_server_and_claim_one_nonce_one_wins(valkey_server: Address) -> None:
    before = (
        "import valkey; from valetkey.stores.valkey import ValkeyNonces;"
        f" nonces = ValkeyNonces(valkey.Valkey(*{tuple(valkey_server)})); nonces.check()"
    )
    call = f"nonces.claim_nonce('c', 't', 1, 'n', until={LATER})"
    assert sorted(in_eight_processes(before, call)) == [0] * 7 + [1]


# -- what the server holds


@pytest.mark.abuse("A71")
@pytest.mark.abuse("A77")
def test_a_name_shows_nothing_of_the_request_and_is_always_as_long(client: Any) -> None:
    nonces = ValkeyNonces(client, prefix="mine:")
    for nonce in ("n", "x" * 255, "n\r\nDEL mine:*"):
        assert nonces.claim_nonce("c", "t", NOW, nonce, until=LATER)
    names = client.keys("*")
    assert {len(name) for name in names} == {len("mine:") + 64}
    assert all(name.startswith(b"mine:") for name in names)


@pytest.mark.abuse("A26")
@pytest.mark.abuse("A77")
@pytest.mark.parametrize(("until", "least"), [(NOW + 300, 300), (NOW + 299.2, 300), (NOW - 5, 0), (NOW, 0)])
def test_each_name_expires_and_never_before_its_time(client: Any, until: float, least: int) -> None:
    nonces = ValkeyNonces(client, clock=Clock())
    assert nonces.claim_nonce(*CLAIM, until=until)
    (name,) = client.keys(f"{PREFIX}*")
    # Some of its time may have passed already.
    assert least + GRACE - 60 < client.ttl(name) <= least + GRACE


def test_a_nonce_whose_time_is_over_leaves_the_server(client: Any) -> None:
    nonces = ValkeyNonces(client, grace=1)
    assert nonces.claim_nonce(*CLAIM, until=TODAY)
    deadline = time.monotonic() + 60
    while client.dbsize():
        assert time.monotonic() < deadline, "it is there for ever"
        time.sleep(0.05)


def test_it_shows_no_password() -> None:
    nonces = ValkeyNonces(valkey.Valkey(password="a password"))
    assert repr(nonces) == "ValkeyNonces(Valkey, prefix='valetkey:nonce:')"


# -- a server that forgets


@pytest.mark.abuse("A77")
@pytest.mark.rule(1)
@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "volatile-lru", "allkeys-random"])
def test_a_server_that_may_evict_is_503_until_it_is_set_right(client: Any, policy: str) -> None:
    client.config_set("maxmemory-policy", policy)
    nonces = ValkeyNonces(client)
    with pytest.raises(Evicts, match=f"maxmemory-policy is {policy}.*set it to noeviction"):
        nonces.check()
    refused_while(mended(client), verifier(nonces), signed())
    nonces.check()


@contextmanager
def mended(client: Any) -> Iterator[None]:
    yield
    client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.abuse("A77")
def test_a_server_that_is_set_to_evict_later_is_noticed_within_a_minute(client: Any) -> None:
    clock = Clock()
    nonces = ValkeyNonces(client, clock=clock)
    assert nonces.claim_nonce("c", None, NOW, "1", until=NOW + 300)
    client.config_set("maxmemory-policy", "allkeys-lru")
    assert nonces.claim_nonce("c", None, NOW, "2", until=NOW + 300)
    clock.now += RECHECK
    for number in range(3):
        with pytest.raises(Evicts):
            nonces.claim_nonce("c", None, NOW, f"later {number}", until=NOW + 300)


@pytest.mark.abuse("A77")
def test_unchecked_and_evicting_a_full_server_does_forget_which_is_why_it_is_checked(client: Any) -> None:
    nonces = ValkeyNonces(client, check_eviction=False)
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 100_000)
    won = 0
    for number in range(100_000):
        won += nonces.claim_nonce(*CLAIM, until=LATER)
        client.set(f"somebody's {number}", "x" * 1_000)
        if won > 1:
            break
    assert won > 1, "it was accepted twice"


@pytest.mark.abuse("A77")
@pytest.mark.rule(1)
def test_a_full_server_that_does_not_evict_is_503_and_goes_on_when_there_is_room(client: Any) -> None:
    client.config_set("maxmemory", "1")
    refused_while(room(client), verifier(ValkeyNonces(client)), signed())


@contextmanager
def room(client: Any) -> Iterator[None]:
    with pytest.raises(valkey.exceptions.ResponseError, match="maxmemory"):
        client.set("x", "y")
    yield
    client.config_set("maxmemory", "0")


# -- a server that hangs, drops and loses


@pytest.fixture
def troubled(valkey_server: Address) -> Iterator[Troubled]:
    with Troubled.before(valkey_server) as made:
        yield made


@pytest.mark.abuse("A34")
@pytest.mark.abuse("A77")
@pytest.mark.rule(1)
@pytest.mark.parametrize("trouble", ["hangs", "drops"])
def test_a_server_that_hangs_or_drops_the_connection_is_503_and_spends_nothing(
    troubled: Troubled, trouble: str
) -> None:
    with troubled.address.client() as client:
        nonces = ValkeyNonces(client)
        nonces.check()
        refused_while(impatiently(troubled, client, trouble), verifier(nonces), signed())


@contextmanager
def impatiently(troubled: Troubled, client: Any, trouble: str) -> Iterator[None]:
    """A timeout that runs out while the server hangs. Before and after, a busy machine may take its time."""
    pool = client.connection_pool
    pool.connection_kwargs["socket_timeout"] = 0.2
    pool.reset()
    with troubled.doing(trouble):
        yield
    pool.disconnect()
    del pool.connection_kwargs["socket_timeout"]
    pool.reset()


@pytest.mark.abuse("A34")
@pytest.mark.abuse("A77")
def test_an_asynchronous_client_fails_closed_as_well(troubled: Troubled) -> None:
    async def walk() -> None:
        retry = valkey.asyncio.retry.Retry(valkey.backoff.NoBackoff(), 0)
        async with valkey.asyncio.Valkey(**troubled.address._asdict(), retry=retry) as client:
            nonces = AsyncValkeyNonces(client)
            await nonces.check()
            checks: Verifier[Any, Any] = verifier(nonces)
            request = signed()
            with troubled.doing("drops"):
                with pytest.raises(Exception, match="503"):
                    await checks.averify("GET", request.url, headers=request.headers)
            assert await checks.averify("GET", request.url, headers=request.headers)

    run(walk())


@pytest.mark.abuse("A77")
@pytest.mark.rule(1)
def test_a_claim_whose_answer_is_lost_is_503_and_never_accepted_twice(troubled: Troubled) -> None:
    with troubled.address.client() as client:
        nonces, request = ValkeyNonces(client), signed()
        nonces.check()
        checks = verifier(nonces)
        with troubled.doing("loses"):
            refused = refusal(lambda: checks.verify("GET", request.url, headers=request.headers))
        assert refused.status == 503
        again = refusal(lambda: checks.verify("GET", request.url, headers=request.headers))
        assert again.problem == "nonce_used", "the server has it, and can't know whose it was"


@pytest.mark.abuse("A77")
@pytest.mark.abuse("A95")
@pytest.mark.parametrize(
    "retrying",
    [
        lambda address: address.client(retries=3, retry_on_error=[valkey.exceptions.ConnectionError]),
        lambda address: redis.Redis(**address._asdict()),  # it does so by itself
    ],
    ids=["valkey-py", "redis-py"],
)
def test_a_client_that_asks_again_does_not_run_into_its_own_claim(
    troubled: Troubled, retrying: Callable[[Address], Any]
) -> None:
    with retrying(troubled.address) as client:
        nonces = ValkeyNonces(client)
        nonces.check()
        with troubled.doing("loses once"):
            assert nonces.claim_nonce(*CLAIM, until=LATER)
            assert troubled.trouble is None, "it has lost one"
        assert not nonces.claim_nonce(*CLAIM, until=LATER)


@pytest.mark.abuse("A77")
def test_nobody_there_is_503(valkey_server: Address) -> None:
    with Troubled.before(valkey_server) as nobody:
        address = nobody.address
    with address.client() as client:
        request = signed()
        refused = refusal(
            lambda: verifier(ValkeyNonces(client)).verify("GET", request.url, headers=request.headers)
        )
    assert (refused.status, int(refused.reply().headers["Retry-After"]) > 0) == (503, True)


# -- answers that no server gives


class Answers:
    """A client that gives these answers."""

    def __init__(self, made: object, held: object = None, policy: object = "noeviction") -> None:
        self.made, self.held, self.policy = made, held, policy

    def set(self, name: Any, value: Any, *, ex: int, nx: bool) -> Any:
        return self.made

    def get(self, name: Any) -> Any:
        return self.held

    def info(self, section: Any) -> Any:
        return {} if self.policy is None else {"maxmemory_policy": self.policy}


@pytest.mark.rule(1)
@pytest.mark.parametrize("made", [None, False, b"QUEUED", "OK", 1, object()])
def test_only_a_plain_yes_is_one(made: object) -> None:
    assert not ValkeyNonces(Answers(made)).claim_nonce(*CLAIM, until=LATER)


def test_a_server_that_does_not_tell_its_policy_is_refused() -> None:
    with pytest.raises(Evicts, match="maxmemory-policy is not told"):
        ValkeyNonces(Answers(True, policy=None)).check()

"""The database as a :class:`~valetkey.stores.ProviderStore`.

What must happen once is one conditional UPDATE, and the database's count of changed rows says who won. What
must be durable before the answer is its own transaction (``durable=True`` fails loudly inside another one):
the endpoints of the token legs are ``non_atomic_requests`` for that reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models, router, transaction
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.utils import timezone

from valetkey.django import conf, nonces
from valetkey.django.models import (
    KEY_LENGTH,
    AccessToken,
    Application,
    RequestState,
    RequestToken,
    Sealed,
    moment,
)
from valetkey.protocol import credentials

R = TypeVar("R", bound=Sealed)

#: Seconds that a request token's row outlives it, so that its page can say what became of it.
KEPT_AFTERWARDS = 3_600
#: One new request token in so many also deletes old ones, and so many at the most.
PRUNE_EVERY = 50
PRUNE_ROWS = 200


class DjangoStore:
    """Applications, tokens and nonces in the database (nonces, if the settings say so, in a cache).

    It holds no state, so that it can be shared by threads and asked anew by each request: what was revoked or
    suspended a moment ago is refused, in every worker.
    """

    def find(self, consumer_key: str, token: str | None) -> tuple[Application | None, AccessToken | None]:
        return _find(consumer_key, token, "access_tokens")

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        return nonces.claim(consumer_key, token, timestamp, nonce, until=until)

    def find_request_token(
        self, consumer_key: str, token: str | None
    ) -> tuple[Application | None, RequestToken | None]:
        return _find(consumer_key, token, "request_tokens")

    def open_request_token(self, token: str) -> tuple[Application | None, RequestToken | None]:
        request = exactly(RequestToken.objects.select_related("application", "user"), token)
        if request is None:
            return None, None
        request.open()
        return request.application, request

    def add_request_token(
        self,
        consumer_key: str,
        token: credentials.RequestToken,
        *,
        callback: str,
        expires: float,
        access: str | None = None,
    ) -> bool:
        application = exactly(Application.objects.all(), consumer_key)
        now = timezone.now()
        waiting = (RequestState.PENDING, RequestState.ALLOWED)
        limit = conf.current().max_open_request_tokens
        if (
            application is None
            or application.request_tokens.filter(state__in=waiting, expires_at__gt=now).count() >= limit
        ):
            return False
        request = RequestToken(
            application=application,
            key=token.key,
            callback=callback,
            requested_access=access,
            expires_at=moment(expires),
        )
        request.secret = token.secret
        request.save(force_insert=True)
        if request.pk % PRUNE_EVERY == 0:
            prune_request_tokens(PRUNE_ROWS)
        return True

    def decide(
        self, token: str, *, allowed: bool, user: Any, access: str | None, verifier_hash: str, expires: float
    ) -> bool:
        pending = RequestToken.objects.filter(key=token, state=RequestState.PENDING)
        application = Application.objects.filter(pk=OuterRef("application_id"))
        all_it_may_have = Subquery(application.values("access"))
        decided = pending.update(
            state=RequestState.ALLOWED if allowed else RequestState.DENIED,
            user=user,
            access=(access or all_it_may_have) if allowed else "",
            verifier_hash=verifier_hash,
            expires_at=moment(expires),
            decided_at=timezone.now(),
        )
        return decided == 1

    def count_try(self, token: str) -> int:
        with _durable() as alias:
            request = RequestToken.objects.using(alias).filter(key=token)
            # The update locks the row until the commit, so that the number read after it is this try's own.
            request.update(tries=F("tries") + 1)
            return request.values_list("tries", flat=True).first() or 0

    def exchange(self, request_token: str, access_token: credentials.AccessToken) -> AccessToken | None:
        with _durable() as alias:
            requests = RequestToken.objects.using(alias).filter(key=request_token)
            # A write that changes nothing, to lock the application's row before all others, as
            # `Application.reset` does: a reset comes entirely before this exchange, or entirely after.
            # (SQLite has no SELECT … FOR UPDATE, and needs to begin with a write.)
            Application.objects.using(alias).filter(pk__in=requests.values("application_id")).update(
                access=F("access")
            )
            if not requests.filter(state=RequestState.ALLOWED, user__isnull=False).update(
                state=RequestState.USED
            ):
                return None
            request = requests.select_related("application", "user").get()
            token = AccessToken(
                application=request.application,
                user=request.user,
                key=access_token.key,
                access=request.access,
                created_at=request.decided_at or timezone.now(),
            )
            token.secret = access_token.secret
            token.save(using=alias, force_insert=True)
            # Inside, so that a site's function that fails leaves the request token as it was.
            token.extra = _extra(token)
            return token

    def revoke(self, token: str) -> bool:
        found = exactly(AccessToken.objects.all(), token)
        if found is None:
            return False
        found.revoke()
        return True


def prune_request_tokens(rows: int) -> int:
    """Deletes up to `rows` request tokens that ended a while ago; how many those were."""
    old = RequestToken.objects.filter(expires_at__lt=moment(timezone.now().timestamp() - KEPT_AFTERWARDS))
    # Two steps: not every database knows LIMIT in a DELETE or right below an IN.
    keys = list(old.order_by("expires_at").values_list("pk", flat=True)[:rows])
    return RequestToken.objects.filter(pk__in=keys).delete()[0]


def _find(consumer_key: str, token: str | None, tokens: str) -> tuple[Application | None, Any]:
    """The application and its token, by one query, and by the same one whether they exist or not."""
    if not _can_be_stored(consumer_key) or not _can_be_stored(token or ""):
        return None, None
    relation = FilteredRelation(tokens, condition=Q(**{f"{tokens}__key": token or ""}))
    rows = Application.objects.annotate(found=relation).filter(key=consumer_key).order_by()
    rows = rows.select_related("found__user")  # type: ignore[misc]  # django-stubs looks among fields only
    application = rows.first()
    if application is None or application.key != consumer_key:
        return None, None
    found: Sealed | None = getattr(application, "found", None)
    if token is None or found is None or found.key != token:
        found = None
    # Opened here, where a secret that can't be read is the store's failure.
    application.open()
    if found is not None:
        found.open()
    return application, found


def exactly(rows: models.QuerySet[R], key: str) -> R | None:
    """The row with this very key. The database may fold case, accents or trailing blanks when it compares; we
    don't.
    """
    row = rows.filter(key=key).first() if _can_be_stored(key) else None
    return row if row is not None and row.key == key else None


def _can_be_stored(key: str) -> bool:
    # PostgreSQL refuses a NUL in a text with an error; no key has one.
    return len(key) <= KEY_LENGTH and "\x00" not in key


@contextmanager
def _durable() -> Iterator[str]:
    """A transaction that is committed when it ends, on the database that request tokens are written to, whose
    alias it gives.
    """
    alias = router.db_for_write(RequestToken)
    with transaction.atomic(using=alias, durable=True):
        yield alias


def _extra(token: AccessToken) -> dict[str, str]:
    function = conf.current().access_token_extra
    return {} if function is None else {str(name): str(value) for name, value in function(token).items()}

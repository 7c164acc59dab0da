"""What the demo starts with: somebody to log in as, the test site's application, and a token to try."""

from django.db import transaction

from valetkey.demo.aviary.models import Seeded, User
from valetkey.demo.config import DemoConfig, load
from valetkey.django.models import Access, AccessToken, Application

SCREEN_NAME, NAME = "robin", "Robin Okafor"
APPLICATION = "Tutorial test site"


def seed() -> None:
    """Makes what isn't there, tells the application today's addresses, and writes the credentials down."""
    config = load()
    with transaction.atomic():
        seeded = Seeded.objects.select_related("user", "application").first() or _first(config)
        _update(seeded, config.site_origin)
        token = _token(seeded)
    config.keep_credentials(
        {
            "consumer_key": seeded.application.key,
            "consumer_secret": seeded.application.secret,
            "username": seeded.user.get_username(),
            "password": config.password("robin-password"),
            "access_token": token.key,
            "access_token_secret": token.secret,
        }
    )


def _first(config: DemoConfig) -> Seeded:
    user = User.objects.sign_up(SCREEN_NAME, config.password("robin-password"), NAME)
    application = Application.objects.register(
        user, APPLICATION, access=Access.WRITE, description="Shows every step of OAuth 1.0a on the wire."
    )
    return Seeded.objects.create(user=user, application=application)


def _update(seeded: Seeded, origin: str) -> None:
    """The test site's address may be another at each start. What the owner has added stays."""
    application = seeded.application
    if seeded.site_origin != origin:
        before, now = _callbacks(seeded.site_origin), _callbacks(origin)
        added = [line for line in application.callbacks if line not in (*before, *now)]
        application.callback_lines = "\n".join([*now, *added])
        if application.website in ("", f"{seeded.site_origin}/"):
            application.website = f"{origin}/"
        application.save()
        seeded.site_origin = origin
        seeded.save()
    if application.access != Access.WRITE:
        application.change_access(Access.WRITE)


def _callbacks(origin: str) -> tuple[str, str]:
    """The tutorial writes its callback both ways."""
    return f"{origin}/verify/", f"{origin}/verify"


def _token(seeded: Seeded) -> AccessToken:
    """The token of yesterday, unless it was revoked meanwhile."""
    tokens = seeded.application.access_tokens.filter(
        user=seeded.user, own=True, revoked_at=None, access=Access.WRITE
    )
    return tokens.order_by("pk").first() or seeded.application.create_token(seeded.user)

"""Where everything is. The paths of programs are the ones of the service that the tutorial talks to."""

from django.urls import include, path, register_converter
from django.urls.converters import IntConverter

from valetkey.demo.aviary import account, api, developers, refusals, timeline
from valetkey.demo.shared import files


class RowNumber(IntConverter):
    """A number that a database can hold."""

    regex = "[0-9]{1,18}"


register_converter(RowNumber, "row")

pages = [
    path("", timeline.home, name="home"),
    path("status/<row:number>/", timeline.status, name="status"),
    path("signup/", account.sign_up, name="signup"),
    path("login/", account.log_in, name="login"),
    path("logout/", account.log_out, name="logout"),
    path("account/", account.account, name="account"),
    path("account/applications/", account.applications, name="applications"),
    path("account/applications/revoke/", account.revoke_all, name="revoke_all"),
    path("account/applications/<row:number>/", account.application, name="connected"),
    path("account/applications/<row:number>/revoke/", account.revoke, name="revoke"),
    path("developers/", developers.developers, name="developers"),
    path("developers/new/", developers.register, name="register"),
    path("developers/<row:number>/", developers.application, name="application"),
    path("developers/<row:number>/edit/", developers.edit, name="edit"),
    path("developers/<row:number>/access/", developers.change_access, name="access"),
    path("developers/<row:number>/secret/", developers.add_secret, name="add_secret"),
    path("developers/<row:number>/secret/retire/", developers.retire_secret, name="retire_secret"),
    path("developers/<row:number>/rsa/", developers.rsa_key, name="rsa_key"),
    path("developers/<row:number>/rsa/remove/", developers.remove_rsa_key, name="remove_rsa_key"),
    path("developers/refusals/<str:identifier>/", refusals.by_id, name="refusal_by_id"),
    path("developers/<row:number>/refusals/", refusals.listing, name="refusals"),
    path("developers/<row:number>/refusals/<str:identifier>/", refusals.one, name="refusal"),
    path("developers/<row:number>/reset/", developers.reset, name="reset"),
    path("developers/<row:number>/token/", developers.make_token, name="make_token"),
    path("developers/<row:number>/token/revoke/", developers.revoke_token, name="revoke_token"),
]

programs = [
    path("1/statuses/update.json", api.update),
    path("1/feed/timeline.json", api.home_timeline),
    path("1.1/statuses/update.json", api.update),
    path("1.1/statuses/home_timeline.json", api.home_timeline),
    path("1.1/statuses/public_timeline.json", api.public_timeline),
    path("1.1/statuses/user_timeline.json", api.user_timeline),
    path("1.1/account/verify_credentials.json", api.verify_credentials),
]

urlpatterns = [
    path("", include((pages, "aviary"))),
    path("oauth/", include("valetkey.django.urls")),
    *programs,
    path("static/<path:name>", files.serve),
]

handler400 = "valetkey.demo.aviary.errors.bad_request"
handler403 = "valetkey.demo.aviary.errors.forbidden"
handler404 = "valetkey.demo.aviary.errors.not_found"
handler500 = "valetkey.demo.aviary.errors.broken"

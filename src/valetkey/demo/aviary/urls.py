"""Where everything is. The paths of programs are the ones of the service that the tutorial talks to."""

from django.urls import include, path

from valetkey.demo.aviary import account, api, developers, timeline
from valetkey.demo.shared import files

pages = [
    path("", timeline.home, name="home"),
    path("status/<int:number>/", timeline.status, name="status"),
    path("signup/", account.sign_up, name="signup"),
    path("login/", account.log_in, name="login"),
    path("logout/", account.log_out, name="logout"),
    path("account/", account.account, name="account"),
    path("account/applications/", account.applications, name="applications"),
    path("account/applications/revoke/", account.revoke_all, name="revoke_all"),
    path("account/applications/<int:number>/", account.application, name="connected"),
    path("account/applications/<int:number>/revoke/", account.revoke, name="revoke"),
    path("developers/", developers.developers, name="developers"),
    path("developers/new/", developers.register, name="register"),
    path("developers/<int:number>/", developers.application, name="application"),
    path("developers/<int:number>/edit/", developers.edit, name="edit"),
    path("developers/<int:number>/access/", developers.change_access, name="access"),
    path("developers/<int:number>/secret/", developers.add_secret, name="add_secret"),
    path("developers/<int:number>/secret/retire/", developers.retire_secret, name="retire_secret"),
    path("developers/<int:number>/reset/", developers.reset, name="reset"),
    path("developers/<int:number>/token/", developers.make_token, name="make_token"),
    path("developers/<int:number>/token/revoke/", developers.revoke_token, name="revoke_token"),
]

programs = [
    path("1/statuses/update.json", api.update),
    path("1/feed/timeline.json", api.home_timeline),
    path("1.1/statuses/update.json", api.update),
    path("1.1/statuses/home_timeline.json", api.home_timeline),
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

"""Where everything is: the tutorial's paths."""

from django.urls import include, path

from valetkey.demo.shared import files
from valetkey.demo.site import views

pages = [
    path("", views.start, name="start"),
    path("auth/", views.connect, name="connect"),
    path("verify/", views.verify, name="verify"),
    path("verify", views.verify),  # the tutorial writes it both ways
    path("tweet/", views.write, name="write"),
    path("update/", views.update, name="update"),
]

urlpatterns = [
    path("", include((pages, "testsite"))),
    path("static/<path:name>", files.serve),
]

handler400 = "valetkey.demo.site.errors.bad_request"
handler403 = "valetkey.demo.site.errors.forbidden"
handler404 = "valetkey.demo.site.errors.not_found"
handler500 = "valetkey.demo.site.errors.broken"

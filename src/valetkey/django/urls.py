"""``path("oauth/", include("valetkey.django.urls"))`` serves the three legs below ``/oauth/``."""

from django.urls import path

from valetkey.django import views

app_name = "valetkey"
urlpatterns = [
    path("request_token", views.request_token, name="request_token"),
    path("authorize", views.authorize, name="authorize"),
    path("authenticate", views.authenticate, name="authenticate"),
    path("access_token", views.access_token, name="access_token"),
    path("invalidate_token", views.invalidate_token, name="invalidate_token"),
]

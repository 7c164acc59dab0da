"""The views that ATOMIC_REQUESTS has no transaction for: Django refuses to serve them with it."""

from django.urls import path

from tests.django import api

urlpatterns = [
    path("api/read", api.read),
    path("api/later", api.later),
    path("api/later-thing", api.LaterThing.as_view()),
]

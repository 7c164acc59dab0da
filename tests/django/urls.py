from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.django import api, rest_api


def log_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Log in")


urlpatterns = [
    path("oauth/", include("valetkey.django.urls")),
    path("admin/", admin.site.urls),
    path("login/", log_in),
    path("page/", api.page),
    path("api/read", api.read),
    path("api/write", api.write),
    path("api/two-legged", api.two_legged),
    path("api/two-legged-write", api.two_legged_write),
    path("api/fails", api.fails),
    path("api/remembers", api.remembers),
    path("api/thing", api.Thing.as_view()),
    path("api/any/<path:rest>", api.read),
    *(path(f"rest/{name}", view.as_view()) for name, view in rest_api.VIEWS.items()),
    path("rest/function", rest_api.function),
    path("rest/search-function", rest_api.search),
    path("rest/", include(rest_api.router.urls)),
]

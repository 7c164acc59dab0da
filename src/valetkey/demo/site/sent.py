"""The octets of a request as they go into the socket."""

from http.client import HTTPConnection, HTTPResponse
from typing import Any, NoReturn
from urllib.request import AbstractHTTPHandler, OpenerDirector, Request

from valetkey import Signed


def octets(signed: Signed) -> bytes:
    """What :func:`valetkey.urllib.send` writes for `signed`: the standard library's own code writes it, into
    a connection that leads nowhere.
    """
    request = Request(signed.url, data=signed.body, method=signed.method)  # noqa: S310  # nothing is opened
    for name, value in signed.headers.pairs:
        request.add_unredirected_header(name, value)
    director = OpenerDirector()
    director.add_handler(_Recording())
    try:
        director.open(request)
    except _Written as written:
        return written.octets
    raise AssertionError("the recording connection always ends so")


class _Written(Exception):
    def __init__(self, octets: bytes) -> None:
        super().__init__()
        self.octets = octets


class _Recorder(HTTPConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._octets = b""

    def send(self, data: Any) -> None:
        self._octets += data

    def getresponse(self) -> NoReturn:
        raise _Written(self._octets)


class _Recording(AbstractHTTPHandler):
    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(_Recorder, request)

    https_open = http_open
    http_request = https_request = AbstractHTTPHandler.do_request_

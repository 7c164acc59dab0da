"""An API with Flask. Below /api, only signed requests are let in.

gunicorn --forwarded-allow-ips= --threads 4 --chdir examples flask_api:app
"""

import os
from typing import Any

from flask import Flask, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from valetkey import Consumer, MemoryStore, Verifier
from valetkey.stores.memory import MemoryToken
from valetkey.wsgi import OAuth1Middleware

# In one process, and gone with it. A store of your own needs two methods: see valetkey.stores.
store = MemoryStore()
store.add(Consumer("heron", "heron's secret"), MemoryToken("a-token", "the token's secret", user="robin"))

api = Flask("api")


@api.get("/birds/<path:name>")
def bird(name: str) -> dict[str, Any]:
    signed = request.environ["oauth"]
    return {"bird": name, "by": signed.token.user, "with": signed.parameters}


@api.post("/notes")
def note() -> dict[str, Any]:
    """Takes any body; `signed` says whether the signature covers it."""
    signed = request.environ["oauth"]
    text = request.get_data(as_text=True)
    return {"by": signed.token.user, "text": text, "signed": signed.body_signed}


site = Flask("site")


@site.get("/health")
def health() -> str:
    return "well"


# What clients sign, https://api.example. Without it, a request may name any host.
ORIGIN = os.environ.get("ORIGIN")

app = DispatcherMiddleware(site, {"/api": OAuth1Middleware(api, Verifier(store), origin=ORIGIN)})

"""An API with FastAPI. Below /api, only signed requests are let in.

uvicorn --no-proxy-headers --app-dir examples fastapi_api:app
"""

import os
from typing import Any

from fastapi import FastAPI, Request

from valetkey import Consumer, MemoryStore, Verifier
from valetkey.asgi import OAuth1Middleware
from valetkey.stores.memory import MemoryToken

# In one process, and gone with it. A store of your own needs two methods: see valetkey.stores.
store = MemoryStore()
store.add(Consumer("heron", "heron's secret"), MemoryToken("a-token", "the token's secret", user="robin"))

api = FastAPI()


@api.get("/birds/{name:path}")
def bird(name: str, request: Request) -> dict[str, Any]:
    signed = request.scope["oauth"]
    return {"bird": name, "by": signed.token.user, "with": signed.parameters}


@api.post("/notes")
async def note(request: Request) -> dict[str, Any]:
    """Takes any body; `signed` says whether the signature covers it."""
    signed = request.scope["oauth"]
    text = (await request.body()).decode()
    return {"by": signed.token.user, "text": text, "signed": signed.body_signed}


app = FastAPI()
# What clients sign, https://api.example. Without it, a request may name any host.
ORIGIN = os.environ.get("ORIGIN")

app.mount("/api", OAuth1Middleware(api, Verifier(store), origin=ORIGIN))


@app.get("/health")
def health() -> str:
    return "well"

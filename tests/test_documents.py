"""The code of README.md and of docs/ runs, against the demo, and does what the page says."""

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.person import Person
from tests.running import Demo
from tests.stores.servers import Address
from tests.vectors import rsa_key
from valetkey.protocol.rsa import private_key

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
AVIARY = "http://127.0.0.1:12001"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def named(page: Path, name: str) -> str:
    """The Python block that says at its top which file it is."""
    (found,) = [block for block in blocks(page, "python") if block.startswith(f"# {name}\n")]
    return found


def script(page: Path) -> str:
    """All other Python blocks, one after the other, as a reader would type them."""
    return "\n".join(block for block in blocks(page, "python") if not re.match(r"# \w+\.py\n", block))


def run(code: str, demo: Demo, folder: Path, **environment: str) -> str:
    """What the code prints, as a program of its own, with the demo's credentials in the environment."""
    credentials = {
        "CONSUMER_KEY": demo.info["consumer_key"],
        "CONSUMER_SECRET": demo.info["consumer_secret"],
        "ACCESS_TOKEN": demo.info["access_token"],
        "ACCESS_TOKEN_SECRET": demo.info["access_token_secret"],
    }
    file = folder / "typed_in.py"
    file.write_text(code.replace(AVIARY, demo.info["provider"]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", file],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"} | credentials | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


#: What a person at the keyboard does where the code asks: opens the address, allows, and types the PIN.
AT_THE_KEYBOARD = """
import builtins, re
from tests.person import Person

def typed(prompt, shown=[]):
    person = Person()
    person.log_in({provider!r}, {username!r}, {password!r})
    return person.pin((re.findall(r"http\\S+", prompt) or re.findall(r"http\\S+", shown[-1]))[-1])

shown = []
say = builtins.print
builtins.print = lambda *words: (shown.append(str(words[0])), say(*words))
builtins.input = lambda prompt="": typed(prompt, shown)
"""


def at_the_keyboard(demo: Demo) -> str:
    return AT_THE_KEYBOARD.format(**demo.info)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_dialogue_with_python_goes_as_the_page_shows_it(page: Path) -> None:
    dialogue = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(dialogue, {}, page.name, page.name, 0)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readmes_pictures_come_in_both_schemes_and_load_quickly() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = re.findall(r'<img src="([^"]+)-light\.png"[^>]* alt="[^"]{100,}">', readme)
    assert len(names) == readme.count("<img ") == readme.count("<picture>")
    for name in names:
        assert f'media="(prefers-color-scheme: dark)" srcset="{name}-dark.png"' in readme
        assert all((ROOT / f"{name}-{scheme}.png").stat().st_size < 150_000 for scheme in ("light", "dark"))


def test_the_readmes_calls_read_the_timeline_walk_the_legs_and_verify(demo: Demo, tmp_path: Path) -> None:
    page = ROOT / "README.md"
    printed = run(at_the_keyboard(demo) + script(page) + "\nprint(token)", demo, tmp_path)
    assert isinstance(json.loads(printed.splitlines()[0]), list)
    assert "heron (('page', '2'),)" in printed
    assert "AccessToken(key=" in printed


#: A site of its own, whose addresses are what the code that follows calls `urlpatterns`.
DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"
os.environ["TESTS_DJANGO_DATA"] = os.getcwd()
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.urls import path
for alias in ("default", "nonces"):
    call_command("migrate", database=alias, verbosity=0)
settings.ROOT_URLCONF = "__main__"
"""


def test_the_readmes_view_lets_in_what_is_signed_and_nothing_else(demo: Demo, tmp_path: Path) -> None:
    view = named(ROOT / "README.md", "views.py")
    code = f"""
{DJANGO}
{view}
from django.contrib.auth.models import User
from django.test import RequestFactory
from valetkey import AccessToken, Consumer, Signer
from valetkey.django.models import Application

robin = User.objects.create_user("robin")
application = Application.objects.register(robin, "Heron", access="write")
token = application.create_token(robin)
signer = Signer(Consumer(application.key, application.secret), AccessToken(token.key, token.secret))
signed = signer.sign("POST", "http://testserver/?status=Hello")
header = {{"Authorization": signed.headers["Authorization"]}}
signed_request = RequestFactory().post("/?status=Hello", headers=header)
print(update(signed_request).content.decode(), update(RequestFactory().post("/?status=Hello")).status_code)
"""
    assert run(code, demo, tmp_path) == '{"by": "robin", "status": "Hello"} 401\n'


def test_the_services_page_walks_and_signs_at_x_and_netsuite(demo: Demo, tmp_path: Path) -> None:
    printed = run(script(ROOT / "docs" / "services.md"), demo, tmp_path)
    suitetalk = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/"
    restlets = "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
    assert printed.splitlines() == [
        "POST https://api.x.com/oauth/request_token?x_auth_access_type=read",
        "https://api.x.com/oauth/authorize?oauth_token=of%20the%20answer&force_login=true",
        "POST https://api.x.com/2/tweets",
        f"{suitetalk}record/v1/customer?limit=10",
        'OAuth realm="1234567_SB1"',
        f"{restlets}?script=6&deploy=1",
    ]


def test_the_services_page_signs_for_mastercard_with_a_key_from_a_container(
    demo: Demo, tmp_path: Path
) -> None:
    key = private_key(rsa_key("mastercard", "private_pem"))
    container = pkcs12.serialize_key_and_certificates(
        b"sandbox", key, None, None, BestAvailableEncryption(b"a password")
    )
    (tmp_path / "sandbox.p12").write_bytes(container)
    code = named(ROOT / "docs" / "services.md", "mastercard.py")
    url, header = run(code, demo, tmp_path, KEY_PASSWORD="a password").splitlines()
    assert url == "https://sandbox.api.mastercard.com/send/v1/partners/crossborder/quotes"
    assert 'oauth_consumer_key="key-id!client-id"' in header
    assert 'oauth_body_hash="' in header


def test_each_library_reads_the_timeline_and_walks_the_legs_as_the_page_of_clients_shows(
    demo: Demo, tmp_path: Path
) -> None:
    printed = run(at_the_keyboard(demo) + script(ROOT / "docs" / "clients.md"), demo, tmp_path)
    assert [line for line in printed.splitlines() if not line.startswith("by ")] == [
        "requests: 200",
        "a session: 200",
        "httpx2: 200",
        "httpx2, asynchronous: 200",
        "a transport: 200",
        "aiohttp: 200",
        "urllib: 200",
        "with a clock: 401",
        "moved: True 200",
    ]
    assert re.findall("^by .*?: AccessToken", printed, re.MULTILINE) == [
        "by requests: AccessToken",
        "by aiohttp: AccessToken",
    ]


def test_the_views_of_the_rest_framework_let_in_what_is_signed_and_sessions_where_they_say_so(
    demo: Demo, tmp_path: Path
) -> None:
    code = f"""
{DJANGO}
{named(ROOT / "docs" / "django.md", "api.py")}
from django.contrib.auth.models import User
from django.test import Client
from tests.django import walk

robin = User.objects.create_user("robin")
heron = walk.register("Heron")
token = walk.token_of(heron, robin, "read")
urlpatterns = [path("statuses", Statuses.as_view()), path("search", Search.as_view())]
client = Client()
print(walk.call("/statuses", heron, token).json())
print(walk.call("/statuses", heron, token, "POST", headers=walk.FORM, body="status=Hello").status_code)
token = walk.token_of(heron, robin)
print(walk.call("/statuses", heron, token, "POST", headers=walk.FORM, body="status=Hello").json())
print(client.get("/statuses").status_code, client.get("/statuses")["WWW-Authenticate"])
print([walk.call("/search", heron, held, "POST").json() for held in (token, None)])
client.force_login(robin)
print(client.get("/statuses").json(), client.post("/search").status_code)
"""
    assert run(code, demo, tmp_path).splitlines() == [
        "{'by': 'robin'}",
        "403",
        "{'by': 'robin', 'status': 'Hello'}",
        "401 OAuth",
        "[{'for': 'Heron'}, {'for': 'Heron'}]",
        "{'by': 'robin'} 401",
    ]


#: Posts, signed, with what was sent beside it, to what the page calls `app`.
ASGI_CALLS = """
import asyncio
import httpx
from valetkey import AccessToken, Signer
from valetkey.httpx import OAuth1

signer = Signer(Consumer("heron", "heron's secret"), AccessToken("a-token", "its secret"))

async def call():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example") as client:
        for auth in (OAuth1(signer), None):
            answer = await client.post("/statuses", data={"status": "Hello"}, auth=auth)
            print(answer.status_code, answer.text.partition("&")[0])

asyncio.run(call())
"""
WSGI_CALLS = """
from valetkey import AccessToken, Signer

def call(method, path, token=None, body=None):
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    signer = Signer(Consumer("heron", "heron's secret"), token)
    signed = signer.sign(method, "https://api.example" + path, headers=headers, body=body)
    for sent in (dict(signed.headers), headers):
        answer = app.test_client().open(path, method=method, headers=sent, data=signed.body)
        print(answer.status_code, answer.text.strip().partition("&")[0])
"""


@pytest.mark.parametrize("name", ["fastapi_api.py", "flask_api.py"])
def test_the_servers_page_protects_an_api(demo: Demo, tmp_path: Path, name: str) -> None:
    calls = WSGI_CALLS + 'call("POST", "/statuses", AccessToken("a-token", "its secret"), "status=Hello")'
    calls = ASGI_CALLS if name == "fastapi_api.py" else calls
    printed = run(f"{named(ROOT / 'docs' / 'servers.md', name)}\n{calls}", demo, tmp_path)
    assert printed == '200 {"by":"robin","status":"Hello"}\n401 oauth_problem=parameter_absent\n'


def test_the_servers_page_lets_each_view_decide(demo: Demo, tmp_path: Path) -> None:
    calls = f'{WSGI_CALLS}\ncall("GET", "/birds")\ncall("GET", "/nests")'
    printed = run(f"{named(ROOT / 'docs' / 'servers.md', 'optional_api.py')}\n{calls}", demo, tmp_path)
    birds, public, nests, refused, *_ = printed.splitlines()
    assert (birds, public) == ('200 {"for":"heron"}', '200 {"for":"everybody"}')
    assert (nests, refused[:3]) == ('200 {"for":"heron"}', "401")


def test_the_page_of_stores_keeps_verifies_and_encrypts(
    demo: Demo, tmp_path: Path, valkey_server: Address
) -> None:
    page = ROOT / "docs" / "stores.md"
    printed = run(script(page), demo, tmp_path)
    assert printed.splitlines() == [
        "SQLite: heron",
        "encrypted: 2",
        "(MemoryConsumer(key='heron', secret=…, rsa_key=None, signature_methods=None, callbacks=()),"
        " MemoryToken(key='a token', secret=…, user=None, access=None, problem=None))",
        "mine: heron",
    ]
    service = named(page, "service.py").replace("127.0.0.1:6379", f"127.0.0.1:{valkey_server.port}")
    used = """
from valetkey import Consumer, Refused, Signer
store.add(Consumer("heron", "a secret"))
request = Signer(Consumer("heron", "a secret")).sign("GET", "https://api.example/birds")
print(verifier.verify("GET", request.url, headers=request.headers).consumer.key)
try:
    verifier.verify("GET", request.url, headers=request.headers)
except Refused as refused:
    print(refused.problem, client.dbsize())
store.close()
client.close()
"""
    assert run(service + used, demo, tmp_path).splitlines() == ["heron", "nonce_used 1"]


def test_the_tutorials_module_posts_a_status(demo: Demo, tmp_path: Path) -> None:
    page = ROOT / "docs" / "tutorial.md"
    printed = run(at_the_keyboard(demo) + script(page), demo, tmp_path)
    assert json.loads(printed.splitlines()[-1])["text"] == "Hello, Aviary"


SITE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from wsgiref.simple_server import make_server
import django
from django.core.wsgi import get_wsgi_application
django.setup()
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
"""
SETTINGS = """
SECRET_KEY = "for a test"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = "."
"""
URLS = """
from django.urls import path
import views

pages = (views.auth, views.verify, views.tweet, views.update)
urlpatterns = [path(f"{page.__name__}/", page) for page in pages]
"""


def test_the_tutorials_site_walks_a_person_from_auth_to_a_posted_status(demo: Demo, tmp_path: Path) -> None:
    page = ROOT / "docs" / "tutorial.md"
    files = {
        "views.py": named(page, "views.py").replace(AVIARY, demo.info["provider"]),
        "settings.py": SETTINGS + named(page, "settings.py"),
        "urls.py": URLS,
        "site_.py": SITE,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = os.environ | {
        "CONSUMER_KEY": demo.info["consumer_key"],
        "CONSUMER_SECRET": demo.info["consumer_secret"],
    }
    command = [sys.executable, "site_.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as site:
        assert site.stdout
        try:
            walk(f"http://127.0.0.1:{site.stdout.readline().strip()}", demo)
        finally:
            site.kill()


def walk(site: str, demo: Demo) -> None:
    robin = Person()
    robin.log_in(demo.info["provider"], demo.info["username"], demo.info["password"])
    start = robin.get(f"{site}/auth/")
    (link,) = re.findall(r'href="([^"]+)"', start.text)
    back = robin.decide(link).location
    assert back is not None
    assert back.startswith(f"{site}/verify/?oauth_token=")
    form = robin.get(back)
    assert form.url == urljoin(site, "/tweet/")
    assert json.loads(robin.submit(form, status="From the tutorial").text)["text"] == "From the tutorial"
    assert "another request" in robin.get(back).text, "a second visitor with the same link gets nothing"
    (again,) = re.findall(r'href="([^"]+)"', robin.get(f"{site}/auth/").text)
    denied = robin.decide(again, "deny").location
    assert denied is not None
    assert "You said no" in robin.get(denied).text

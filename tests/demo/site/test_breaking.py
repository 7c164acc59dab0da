"""*Break it*, at the demo that is really running."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import Request

import pytest

from tests.demo.caller import Caller, as_json
from tests.demo.site import made
from tests.demo.site.test_service import REQUEST_TOKEN, Service, site_at
from tests.demo.site.walker import STEPS, Walker, read
from tests.loopback import Arrived, serving
from tests.person import Page
from tests.running import Demo
from valetkey import AccessToken, Answer, RequestToken
from valetkey.demo.config import DemoConfig
from valetkey.demo.site import service as called
from valetkey.demo.site.exchange import Exchange

TEXT = "Tea & toast + a kingfisher 🐦 صباح"
#: Each mistake, with the answer's status, problem and heading.
ANSWERS = {
    "scheme": ("401 Unauthorized · signature_invalid", "Signed for https, verified http"),
    "clock": ("401 Unauthorized · timestamp_refused", r"Clock 20 min( \d+ s)? slow"),
    "nonce": ("401 Unauthorized · nonce_used", "Nonce used before"),
    "secret": ("401 Unauthorized · signature_invalid", "The signature doesn’t match"),
    "left-out": ("401 Unauthorized · signature_invalid", r"\w+ was sent, but not signed"),
    "twice": ("401 Unauthorized · signature_invalid", "Encoded once too often"),
}
LEFT_OUT = {"/auth/": "oauth_callback", "/verify/": "oauth_verifier", "/update/": "status"}


@pytest.fixture(scope="module")
def robin(demo: Demo) -> Walker:
    """The demo's own person, who has connected and posted."""
    walker = Walker.robin(demo)
    walker.connect()
    walker.update(TEXT)
    return walker


def part_of(page: Page) -> str:
    """The part of the page that is about breaking it."""
    found = re.search(r'<section class="break".*?</main>', page.text, re.DOTALL)
    assert found, page.text
    return found[0]


def heading(page: Page) -> str:
    found = re.search(r'<h3 id="break" tabindex="-1">(.*?)</h3>', part_of(page))
    assert found, part_of(page)
    return re.sub("<[^>]*>", "", found[1])


def offers(page: Page) -> list[str]:
    return re.findall(r'<input type="radio" name="mistake" id="m-[a-z-]+" value="([a-z-]+)"', page.text)


def told(page: Page) -> str:
    """What is read there."""
    return read(page._replace(text=part_of(page)))


def latest(demo: Demo) -> str:
    return str(as_json(Caller(demo).get("/1/feed/timeline.json", count=1))[0]["id_str"])


# --- Each mistake on each step --------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_every_step_offers_each_mistake_and_has_sent_none(robin: Walker, step: str) -> None:
    page = robin.visit(step)
    assert offers(page) == list(ANSWERS)
    text = told(page)
    assert "Choose a mistake, and send it. The answer appears here." in text
    assert "Nothing is posted." in text


@pytest.mark.parametrize("slug", ANSWERS)
@pytest.mark.parametrize("step", STEPS)
def test_a_mistake_is_refused_by_its_own_name(robin: Walker, demo: Demo, step: str, slug: str) -> None:
    before = latest(demo), robin.session()
    shown = robin.visit(step)
    page = robin.fill(shown, mistake=slug)
    state, title = ANSWERS[slug]
    assert (page.status, page.title) == (200, shown.title)
    assert re.fullmatch(title, heading(page))
    text = told(page)
    assert state in text
    assert "In real life" in text
    assert ("That is proof, not a guess." in text) == (slug in ("scheme", "left-out", "twice"))
    assert ("Likely:" in text) == (slug == "secret")
    assert ("You signed" in text) == (slug in ("scheme", "left-out", "twice"))
    if slug == "left-out":
        assert heading(page).startswith(LEFT_OUT[step])
    assert f'value="{slug}" checked>' in page.text, "the choice is kept"
    assert part_of(page).count(" checked>") == 1
    assert latest(demo) == before[0], "nothing is posted"
    if step != "/auth/":  # where looking at the page asks for a token
        assert robin.session() == before[1], "nothing is kept"


def test_the_refusal_can_be_looked_up_in_aviarys_developers_corner() -> None:
    # A demo of its own, since of many refusals in a minute Aviary keeps only some.
    with Demo.started() as demo:
        robin = Walker.robin(demo)
        page = robin.fill(robin.visit("/auth/"), mistake="scheme")
        found = re.search(rf'href="({re.escape(robin.origin)}/developers/refusals/([0-9A-Z-]+)/)"', page.text)
        assert found
        assert f"Refusal {found[2]}." in told(page)
        same = robin.get(found[1])
    assert (same.status, same.title) == (200, "Signed for https, verified http")
    assert found[2] in same.text


def test_the_broken_request_and_its_answer_are_shown_as_they_were(robin: Walker) -> None:
    page = robin.fill(robin.visit("/update/"), mistake="scheme")
    text = told(page)
    assert "POST" in text
    assert "/1/statuses/update.json" in text
    assert "401 Unauthorized" in text
    assert "Aviary never tells the right one." in text
    assert "oauth_problem=signature_invalid" in text


def test_loading_the_page_again_sends_nothing(robin: Walker) -> None:
    robin.fill(robin.visit("/update/"), mistake="scheme")
    assert "Choose a mistake, and send it." in told(robin.visit("/update/"))


@pytest.mark.parametrize("step", STEPS)
def test_no_secret_is_on_the_page_of_a_mistake(demo: Demo, step: str) -> None:
    walker = Walker.new(demo)
    back = walker.allowed()
    (request_secret,) = walker.session()["started"].values()
    walker.get(back)
    walker.update(TEXT)
    secrets = (demo.info["consumer_secret"], walker.token()[1], request_secret)
    assert all(secrets)
    for slug in ANSWERS:
        text = walker.fill(walker.visit(step), mistake=slug).text
        for secret in secrets:
            assert secret not in text, slug


def test_a_request_token_that_was_exchanged_is_good_for_mistakes_alone(demo: Demo) -> None:
    walker = Walker.new(demo)
    walker.connect()
    session = walker.session()
    assert session["started"] == {}
    ((key, secret),) = session["spent"].items()
    answer = Caller(demo).access_token(RequestToken(key, secret), "any")
    assert (answer.status, b"token_used" in answer.body) == (401, True)


# --- What can't be broken, or not in every way ----------------------------------------------------


def test_a_token_that_was_typed_by_hand_signs_no_mistake_that_needs_its_secret(
    demo: Demo,
) -> None:
    nobody = Walker(demo)
    info = demo.info
    page = nobody.update("by hand", access=info["access_token"], secret=info["access_token_secret"])
    assert offers(page) == ["clock", "nonce", "secret"]
    for slug in ("clock", "nonce", "secret"):
        broken = nobody.fill(page, mistake=slug)
        assert re.fullmatch(ANSWERS[slug][1], heading(broken))
        assert info["access_token_secret"] not in broken.text


def test_a_request_that_was_refused_is_not_broken_once_more(robin: Walker, demo: Demo) -> None:
    page = Walker(demo).update("x", access=demo.info["access_token"], secret="wrong")
    assert page.title == "The signature doesn’t match"
    assert 'class="break"' not in page.text


@pytest.mark.parametrize("mistake", ["", "none", "scheme,clock", "../scheme", "<script>", "SCHEME"])
@pytest.mark.parametrize("step", STEPS)
def test_a_mistake_that_is_none_is_an_error_and_sends_nothing(robin: Walker, step: str, mistake: str) -> None:
    page = robin.fill(robin.visit(step), mistake=mistake)
    assert (page.status, "<title>Error: " in page.text) == (200, True)
    text = told(page)
    assert "Choose one of these mistakes. Nothing was sent." in text
    assert "401" not in text
    assert "<script>" not in part_of(page)


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("/auth/", "Connect to Aviary"),
        ("/verify/", "This browser hasn’t started anything"),
        ("/update/", "Write a status"),
    ],
)
def test_a_browser_that_has_sent_nothing_breaks_nothing(demo: Demo, step: str, title: str) -> None:
    nobody = Walker(demo)
    form = nobody.form(nobody.visit("/tweet/"), None, {"access": ""})
    fields = {"csrfmiddlewaretoken": form.fields["csrfmiddlewaretoken"], "mistake": "scheme"}
    page = nobody._open(Request(f"{nobody.site}{step}", urlencode(fields).encode()))
    assert page.location == step, "it leads to the page itself"
    page = nobody.follow(page)
    assert page.title == title
    assert "That is proof" not in page.text


@pytest.mark.parametrize("step", STEPS)
def test_a_form_from_elsewhere_breaks_nothing(robin: Walker, step: str) -> None:
    page = robin._open(Request(f"{robin.site}{step}", b"mistake=scheme"))
    assert (page.status, page.title) == (403, "What you sent didn’t arrive")


def test_a_person_who_connects_as_another_breaks_none_of_the_first_ones_requests(demo: Demo) -> None:
    walker, other = Walker.new(demo), Walker.new(demo)
    walker.connect()
    walker.update("of the first")
    page = walker.visit("/update/")
    # The same browser of the test site, and another person at Aviary.
    walker.get(other.allowed(walker.ask()))
    assert f"Welcome back, @{other.name}" in read(walker.visit("/"))
    broken = walker.fill(page, mistake="scheme")
    assert broken.location == "/update/"
    assert "of the first" not in walker.visit("/update/").text


# --- An Aviary that answers otherwise -------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    with serving(service) as service.loopback:
        yield service


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    yield from site_at(service.loopback.origin, tmp_path_factory.mktemp("site"))


@pytest.fixture
def connected(site: Demo, service: Service) -> Walker:
    """Somebody on the first step."""
    service.says(REQUEST_TOKEN)
    walker = Walker(site)
    assert walker.visit("/auth/").title == "Connect to Aviary"
    return walker


def test_what_is_accepted_by_mistake_is_a_bug(connected: Walker) -> None:
    page = connected.fill(connected.visit("/auth/"), mistake="scheme")
    text = told(page)
    assert "Aviary accepted this. That is a bug: tell us." in text
    assert "200 OK" in text
    assert "In real life" not in text
    assert made.REQUEST_TOKEN.secret not in page.text


def test_an_aviary_that_explains_nothing_says_where_it_does(connected: Walker, service: Service) -> None:
    page = connected.visit("/auth/")
    service.says(Answer(401, made.FORM, "oauth_problem=signature_invalid&refusal=7QK3-9MXD"))
    page = connected.fill(page, mistake="scheme")
    text = told(page)
    assert heading(page) == "The signature doesn’t match"
    assert (
        "Aviary can be reached from other computers, so it doesn’t explain wrong signatures in its answers."
        " Its developers’ corner does." in text
    )
    assert "Likely" not in text
    assert "No usual mistake" not in text
    assert "Refusal 7QK3-9MXD." in text


def test_an_aviary_that_is_gone_is_said_to_be(connected: Walker, service: Service) -> None:
    def hangs_up(arrived: Arrived) -> Answer:
        raise OSError

    page = connected.visit("/auth/")
    service.answering = hangs_up
    page = connected.fill(page, mistake="clock")
    assert (page.status, page.title) == (200, "Connect to Aviary")
    assert heading(page) == "Aviary doesn’t answer"


@pytest.mark.abuse("A58")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, b"\xff\x00<script>alert(1)</script>"),
        Answer(302, {"Location": "http://127.0.0.1:1/"}, ""),
        Answer(401, made.FORM, urlencode({"oauth_problem": "<b>", "mistake": "scheme", "refusal": "<i>"})),
        Answer(
            401,
            made.FORM,
            urlencode(
                {
                    "oauth_problem": "signature_invalid",
                    "oauth_problem_detail": "verified over the base string: <u>&&&",
                    "mistake": "parameter",
                    "mistake_about": "<s>`%(x)s",
                }
            ),
        ),
        Answer(
            401, made.FORM, "oauth_problem=timestamp_refused&oauth_acceptable_timestamps=9-999999999999999"
        ),
        Answer(429, {**made.FORM, "Retry-After": "60"}, "oauth_problem=consumer_key_refused"),
    ],
    ids=["broken", "elsewhere", "markup", "markup in the mistake", "centuries", "too many"],
)
def test_whatever_is_answered_is_shown_and_does_nothing(
    connected: Walker, service: Service, answer: Answer
) -> None:
    page = connected.visit("/auth/")
    service.says(answer)
    page = connected.fill(page, mistake="scheme")
    assert (page.status, page.title) == (200, "Connect to Aviary")
    assert f"{answer.status}" in told(page)
    assert not re.search(r"<(script>|b>|i>|u>|s>)", part_of(page).replace("<b>In real life</b>", ""))
    assert service.loopback.last.target == "/oauth/request_token"


def test_a_mistake_is_sent_to_the_services_own_address_and_nowhere_else(
    connected: Walker, service: Service
) -> None:
    page = connected.visit("/auth/")
    before = len(service.loopback.arrived)
    form = connected.form(page, None, {})
    fields = {
        "csrfmiddlewaretoken": form.fields["csrfmiddlewaretoken"],
        "mistake": "scheme",
        "url": "http://127.0.0.1:1/",
    }
    connected._open(Request(f"{connected.site}/auth/?url=http://127.0.0.1:1/", urlencode(fields).encode()))
    (arrived,) = service.loopback.arrived[before:]
    assert arrived.target == "/oauth/request_token"


# --- A request that is old ------------------------------------------------------------------------


@pytest.fixture
def configured(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """This process calls Aviary as the demo's test site does."""
    config = DemoConfig(
        demo.folder / "data", demo.info["site"], demo.info["provider"], ("127.0.0.1",), ("127.0.0.1",), True
    )
    for name, value in config.environment.items():
        monkeypatch.setenv(name, value)
    called.config.cache_clear()
    yield demo
    called.config.cache_clear()


def aged(exchange: Exchange) -> Exchange:
    """As it would be had it been sent an hour ago."""
    parameters = tuple(
        (name, str(int(value) - 3600) if name == "oauth_timestamp" else value, source)
        for name, value, source in exchange.parameters
    )
    kept = exchange.as_json()
    return Exchange.from_json({**kept, "parameters": parameters})


@pytest.mark.parametrize("step", ["connect", "verify", "update"])
def test_an_old_requests_nonce_is_used_by_another_one_that_changes_nothing(
    configured: Demo, step: str
) -> None:
    walker = Walker.new(configured)
    walker.connect()
    walker.update("only once")
    before = latest(configured)
    kept = walker.session()
    exchange = aged(Exchange.from_json(kept["steps"][step]["exchange"]))
    token: AccessToken | RequestToken | None = None
    if step == "verify":
        token = RequestToken(*next(iter(kept["spent"].items())))
    elif step == "update":
        token = AccessToken(*walker.token())
    broken, earlier = called.send_with("nonce", exchange, token)
    assert broken.problem["oauth_problem"] == "nonce_used"
    assert earlier == int(broken.oauth["oauth_timestamp"])
    assert latest(configured) == before

"""Every page of both sites, in every state, and how a browser is brought there. What looks at all pages walks
this list: the tests of accessibility and of width, and `python -m tests.browser.pages FOLDER [WORD …]`, which
takes a picture of each.

To add one, write a function that ends where somebody sees it, below `@state` with the address as `urls.py`
writes it. The states are shown in the order in which they stand here, in one demo.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from tests.browser import administrator
from tests.browser.person import PASSWORD, WIDTHS, Person, Program
from tests.demo.caller import Caller, granted
from tests.running import Demo
from tests.vectors import rsa_key
from valetkey.protocol.rsa import public_pem

MORNING = "Tea & toast + a kingfisher on the canal 🐦 صباح الخير"
RIVER = "مررتُ بالنهر قبل الشروق: ثلاث بجعات، وضباب خفيف، ولا أحد غيري. #صباح"
STRING = (
    "Signature base string of the day: POST&http%3A%2F%2F127.0.0.1%3A12001%2F1%2Fstatuses%2Fupdate.json&…"
    " It took me an hour to see the second %25."
)
HIDE = (
    "A long note from the bird hide, because the rain kept me in: two teals, one grey heron that never moved,"
    " and a coot which chased each of them."
)
#: As wide as what is typed may be.
WIDE = "W" * 40
LONG_CALLBACK = f"https://{'photos.' * 20}example/{'x' * 200}"


class Somebody(Person):
    """Who clicks without looking at two widths first."""

    def click(self, target: Locator) -> None:
        target.click()


class Cast:
    """Who plays in the states, in one tab: each comes with their own cookies."""

    def __init__(self, page: Page, demo: Demo) -> None:
        self.page, self.demo = page, demo
        self._cookies: dict[str, list[Any]] = {}
        self._now = ""
        # Registered now: who registers is who is there.
        self.heron = self._registered(
            self.robin, "Heron for the terminal", "Reads and posts from a shell.", "heron:ready"
        )
        token = self.heron.request_token(asked="read")
        self.heron.token = granted(self.heron.access_token(token, self.salma.allow(self.heron, token)))
        self.ringing = self._registered(self.robin, "Ringing log", "", "")
        self.long = self._registered(self.wide, WIDE, "x" * 200, LONG_CALLBACK)

    @staticmethod
    def _registered(owner: Person, name: str, description: str, callbacks: str) -> Program:
        typed = {"name": name, "description": description, "callbacks": callbacks, "access": "write"}
        return Program(owner.demo, name, owner.send("/developers/new/", **typed))

    @property
    def nobody(self) -> Somebody:
        return self._enter("")

    @property
    def robin(self) -> Somebody:
        """The owner of the test site's application."""
        return self._enter(self.demo.info["username"], self.demo.info["password"], new=False)

    @property
    def salma(self) -> Somebody:
        """Who writes from the right to the left, and has allowed nothing."""
        return self._enter("salma", name="سلمى الحداد")

    @property
    def wide(self) -> Somebody:
        """Whose names are as long as they may be."""
        return self._enter("W" * 15, name="W" * 50)

    @property
    def caller(self) -> Caller:
        return Caller(self.demo)

    def _enter(self, who: str, password: str = PASSWORD, *, name: str = "", new: bool = True) -> Somebody:
        context, person = self.page.context, Somebody(self.page, self.demo, who)
        if who != self._now:
            self._cookies[self._now] = list(context.cookies())
            context.clear_cookies()
            context.add_cookies(self._cookies.get(who, []))
            self._now = who
        if who and who not in self._cookies:
            self._cookies[who] = []
            typed = {"username": who, "password": password}
            person.send("/signup/" if new else "/login/", **typed, **({"name": name} if new else {}))
        return person

    def forget(self) -> None:
        """Who was here last has logged out."""
        self._cookies.pop(self._now, None)
        self.page.context.clear_cookies()
        self._now = ""

    # What was there before

    @cached_property
    def statuses(self) -> bool:
        """A timeline with a bit of everything, and more than a page of it."""
        self.wide.send("/", status="W" * 150)
        for text in (*(f"Ringed number {number}" for number in range(20)), HIDE, STRING):
            self.robin.send("/", status=text)
        self.salma.send("/", status=RIVER)
        self.caller.update(MORNING)
        return True

    @cached_property
    def refusals(self) -> bool:
        """Some of robin's application were refused."""
        robin = self.connected
        for mistake in ("clock", "nonce", "secret", "left-out", "twice", "scheme"):
            robin.visit("/update/")
            robin.page.locator(f"[name=mistake][value={mistake}]").check()
            robin.press("Send it with this mistake")
            robin.reads("401 Unauthorized")
        return True

    @property
    def connected(self) -> Somebody:
        """Robin, who has posted by the test site."""
        robin = self.robin
        robin.visit("/update/")
        if robin.heading.inner_text() != "Aviary posted your status":
            robin.connect()
            robin.visit("/tweet/")
            robin.type(Status=MORNING)
            robin.press("Post it to Aviary")
            robin.is_at("Aviary posted your status")
        return robin


@dataclass(frozen=True)
class State:
    """A page, as somebody sees it.

    :param address: its pattern, with the site's name before it, as in `aviary:status/<row:number>/`.
    """

    name: str
    address: str
    show: Callable[[Cast], None]


STATES: list[State] = []


def state(address: str) -> Callable[[Callable[[Cast], None]], Callable[[Cast], None]]:
    def add(show: Callable[[Cast], None]) -> Callable[[Cast], None]:
        STATES.append(State(show.__name__, address, show))
        return show

    return add


# Aviary: home, timeline, a status


@state("aviary:")
def home_without_statuses(cast: Cast) -> None:
    cast.nobody.see()


@state("aviary:")
def timeline_without_statuses(cast: Cast) -> None:
    cast.salma.see()


@state("aviary:")
def timeline_where_a_status_is_missing(cast: Cast) -> None:
    cast.salma.see()
    cast.salma.press("Post")


@state("aviary:")
def timeline_after_a_status_was_cut(cast: Cast) -> None:
    wide = cast.wide
    wide.see()
    wide.type(New_status="W" * 141)
    wide.press("Post")


@state("aviary:")
def home(cast: Cast) -> None:
    assert cast.statuses
    cast.nobody.see()


@state("aviary:")
def timeline(cast: Cast) -> None:
    assert cast.statuses
    cast.robin.see()


@state("aviary:")
def timeline_further_down(cast: Cast) -> None:
    assert cast.statuses
    cast.robin.see()
    cast.robin.follow("Older statuses")


@state("aviary:status/<row:number>/")
def a_status(cast: Cast) -> None:
    assert cast.statuses
    cast.nobody.see("/status/1/")


# Aviary: one's account


@state("aviary:signup/")
def sign_up(cast: Cast) -> None:
    cast.nobody.see("/signup/")


@state("aviary:signup/")
def sign_up_with_something_to_mend(cast: Cast) -> None:
    nobody = cast.nobody
    nobody.see("/signup/")
    nobody.type(Screen_name="rоbin", Name="\u200b", Password="short")
    nobody.press("Sign up")


@state("aviary:login/")
def log_in(cast: Cast) -> None:
    cast.nobody.see("/login/")


@state("aviary:login/")
def log_in_with_the_wrong_password(cast: Cast) -> None:
    cast.nobody.see("/login/")
    cast.nobody.log_in("nobody", "not the password")


@state("aviary:login/")
def log_in_because_an_application_asks(cast: Cast) -> None:
    cast.nobody.ask(cast.long)


@state("aviary:account/")
def account(cast: Cast) -> None:
    cast.wide.see("/account/")


@state("aviary:account/")
def account_saved(cast: Cast) -> None:
    cast.salma.see("/account/")
    cast.salma.press("Save name")


@state("aviary:account/")
def account_with_something_to_mend(cast: Cast) -> None:
    cast.salma.see("/account/")
    cast.salma.type(Name="\u202e")
    cast.salma.press("Save name")


@state("aviary:")
def home_after_the_log_out(cast: Cast) -> None:
    wide = cast.wide
    wide.see("/account/")
    wide.press("Log out")
    cast.forget()
    cast.wide.send("/login/", username="W" * 15, password=PASSWORD)
    cast.nobody.see()


@state("aviary:account/applications/")
def applications_none(cast: Cast) -> None:
    cast.wide.see("/account/applications/")


@state("aviary:account/applications/")
def applications(cast: Cast) -> None:
    salma = cast.salma
    salma.allow(cast.heron, cast.heron.request_token())
    for program in (cast.caller, cast.long):
        token = program.request_token()
        program.access_token(token, salma.allow(program, token))
    salma.see("/account/applications/")


@state("aviary:account/applications/<row:number>/")
def one_of_the_applications(cast: Cast) -> None:
    cast.salma.see("/account/applications/")
    cast.salma.follow("Heron for the terminal")


@state("aviary:account/applications/revoke/")
def revoke_all(cast: Cast) -> None:
    cast.salma.see("/account/applications/revoke/")


@state("aviary:account/applications/")
def applications_after_one_was_revoked(cast: Cast) -> None:
    cast.salma.see("/account/applications/")
    cast.salma.press(f"Revoke {WIDE}")


# Aviary: the developers' corner


@state("aviary:developers/")
def developers_for_nobody(cast: Cast) -> None:
    cast.nobody.see("/developers/")


@state("aviary:developers/")
def developers_without_an_application(cast: Cast) -> None:
    cast.salma.see("/developers/")


@state("aviary:developers/")
def developers(cast: Cast) -> None:
    cast.robin.see("/developers/")


@state("aviary:developers/new/")
def register(cast: Cast) -> None:
    cast.salma.see("/developers/new/")


@state("aviary:developers/new/")
def register_with_something_to_mend(cast: Cast) -> None:
    salma = cast.salma
    salma.see("/developers/new/")
    salma.type(Callback_addresses=f"javascript:alert(1)\nhttp://{'x' * 60}.example/\nhttps://a.example/#b")
    salma.press("Register")


@state("aviary:developers/<row:number>/")
def an_application_registered_just_now(cast: Cast) -> None:
    robin = cast.robin
    robin.see("/developers/new/")
    robin.type(Name="Ringing log for the garden")
    robin.press("Register")


@state("aviary:developers/<row:number>/")
def an_application_with_all_names_long(cast: Cast) -> None:
    cast.wide.see(cast.long.path)


@state("aviary:developers/<row:number>/")
def an_application_with_two_secrets_a_token_and_refusals(cast: Cast) -> None:
    assert cast.refusals
    robin = cast.robin
    robin.see("/developers/1/")
    robin.press("Add a second secret")


@state("aviary:developers/<row:number>/")
def an_application_whose_access_was_raised(cast: Cast) -> None:
    path, robin = cast.heron.path, cast.robin
    for access in ("Read only", "Read and write"):
        robin.see(path)
        robin.page.get_by_label(access).check()
        robin.press("Save access")
        if access == "Read only":
            robin.press("Make an access token for @robin")
    robin.page.get_by_text("Show the consumer secret").click()


@state("aviary:developers/<row:number>/edit/")
def edit(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}edit/")


@state("aviary:developers/<row:number>/edit/")
def edit_with_something_to_mend(cast: Cast) -> None:
    robin = cast.robin
    robin.see("/developers/1/edit/")
    robin.type(Name="He")
    robin.press("Save")


@state("aviary:developers/<row:number>/rsa/")
def sign_with_rsa(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}rsa/")


@state("aviary:developers/<row:number>/rsa/")
def sign_with_rsa_and_a_private_key_pasted(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}rsa/")
    cast.wide.type(Public_RSA_key=rsa_key("mastercard", "private_pem") or "")
    cast.wide.press("Sign with this key")


@state("aviary:developers/<row:number>/")
def an_application_that_signs_with_rsa(cast: Cast) -> None:
    wide = cast.wide
    wide.see(f"{cast.long.path}rsa/")
    wide.type(Public_RSA_key=public_pem(rsa_key("mastercard", "private_pem")))
    wide.press("Sign with this key")
    wide.is_at(WIDE)


@state("aviary:developers/<row:number>/rsa/")
def replace_a_public_key(cast: Cast) -> None:
    cast.wide.see(cast.long.path)
    cast.wide.follow("Replace…")


@state("aviary:developers/<row:number>/rsa/remove/")
def remove_a_public_key(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}rsa/remove/")


@state("aviary:developers/<row:number>/")
def an_application_that_goes_back_to_its_secret(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}rsa/remove/")
    cast.wide.press("Remove the public RSA key")
    cast.wide.is_at(WIDE)


@state("aviary:developers/new/")
def register_with_rsa(cast: Cast) -> None:
    cast.robin.see("/developers/new/")
    cast.robin.page.get_by_text("Sign with RSA instead of a secret").click()


@state("aviary:developers/<row:number>/secret/retire/")
def retire_a_secret_that_is_in_use(cast: Cast) -> None:
    robin = cast.robin
    robin.see("/developers/1/")
    if robin.page.get_by_role("button", name="Add a second secret").is_visible():
        robin.press("Add a second secret")
    assert cast.caller.get("/1.1/account/verify_credentials.json").status == 200
    robin.see("/developers/1/secret/retire/")


@state("aviary:developers/<row:number>/reset/")
def reset(cast: Cast) -> None:
    cast.robin.see(f"{cast.heron.path}reset/")


@state("aviary:developers/<row:number>/")
def an_application_that_was_suspended(cast: Cast) -> None:
    program = cast.ringing
    administrator.suspend(cast.demo, program.consumer, "It posts what nobody wrote.")
    cast.robin.see(program.path)


@state("aviary:developers/<row:number>/refusals/")
def refusals_none(cast: Cast) -> None:
    cast.wide.see(f"{cast.long.path}refusals/")


@state("aviary:developers/<row:number>/refusals/")
def refusals(cast: Cast) -> None:
    assert cast.refusals
    cast.robin.see("/developers/1/refusals/")


@state("aviary:developers/<row:number>/refusals/<str:identifier>/")
def a_refusal_whose_mistake_is_proved(cast: Cast) -> None:
    assert cast.refusals
    cast.robin.see("/developers/1/refusals/")
    cast.robin.follow("Signed for https, verified http")


@state("aviary:developers/<row:number>/refusals/<str:identifier>/")
def a_refusal_whose_mistake_is_likely(cast: Cast) -> None:
    assert cast.refusals
    cast.robin.see("/developers/1/refusals/")
    cast.robin.follow("The signature doesn’t match")


@state("aviary:developers/<row:number>/refusals/<str:identifier>/")
def a_refusal_because_of_the_clock(cast: Cast) -> None:
    assert cast.refusals
    cast.robin.see("/developers/1/refusals/")
    cast.robin.follow("Clock 20 min")


@state("aviary:developers/<row:number>/refusals/<str:identifier>/")
def a_refusal_that_is_not_kept(cast: Cast) -> None:
    cast.robin.see("/developers/1/refusals/0000-0000/")


# Aviary: the page where somebody decides


@state("aviary:oauth/authorize")
def authorize_for_this_computer(cast: Cast) -> None:
    cast.salma.start()


@state("aviary:oauth/authorize")
def authorize_to_read_for_a_web_site(cast: Cast) -> None:
    program, salma = cast.long, cast.salma
    salma.open(program.authorize_url(program.request_token(LONG_CALLBACK, "read")))


@state("aviary:oauth/authorize")
def authorize_for_this_device(cast: Cast) -> None:
    program, wide = cast.heron, cast.wide
    wide.open(program.authorize_url(program.request_token("heron:ready")))


@state("aviary:oauth/authorize")
def authorize_for_a_pin_what_was_allowed_before(cast: Cast) -> None:
    cast.salma.ask(cast.heron, "read")


@state("aviary:oauth/authorize")
def authorize_more_than_before(cast: Cast) -> None:
    cast.salma.ask(cast.heron)


@state("aviary:oauth/authorize")
def authorize_what_was_revoked_before(cast: Cast) -> None:
    cast.salma.ask(cast.long)


@state("aviary:oauth/authorize")
def authorize_what_changed_meanwhile(cast: Cast) -> None:
    program, salma = cast.long, cast.salma
    salma.ask(program)
    cast.wide.send(program.path, access="read")
    cast.salma.press("Allow")
    cast.wide.send(program.path, access="write")


@state("aviary:oauth/authenticate")
def authenticate(cast: Cast) -> None:
    wide = cast.wide
    wide.see(f"/oauth/authenticate?oauth_token={cast.caller.request_token().key}")


@state("aviary:oauth/authorize")
def log_in_again(cast: Cast) -> None:
    wide = cast.wide
    wide.see(f"/oauth/authorize?force_login=true&oauth_token={cast.caller.request_token().key}")


@state("aviary:oauth/authorize")
def pin(cast: Cast) -> None:
    cast.salma.ask(cast.heron)
    cast.salma.press("Allow")


@state("aviary:oauth/authorize")
def pin_for_long_names(cast: Cast) -> None:
    cast.wide.ask(cast.long)
    cast.wide.press("Allow")


@state("aviary:oauth/authorize")
def pin_not_shown_again(cast: Cast) -> None:
    pin(cast)
    cast.page.wait_for_load_state()
    cast.page.reload()


@state("aviary:oauth/authorize")
def pin_cancelled(cast: Cast) -> None:
    pin(cast)
    cast.salma.press("Cancel this PIN")


@state("aviary:oauth/authorize")
def pin_stopped(cast: Cast) -> None:
    token = cast.salma.ask(cast.heron)
    cast.salma.press("Allow")
    for guess in range(5):
        cast.heron.access_token(token, f"{(int(cast.salma.pin) + guess + 1) % 10**8:08}")
    cast.page.wait_for_load_state()
    cast.page.reload()


# Aviary: nothing to decide


@state("aviary:oauth/authorize")
def nothing_denied(cast: Cast) -> None:
    cast.wide.ask(cast.long)
    cast.wide.press("Deny")


@state("aviary:oauth/authorize")
def nothing_decided(cast: Cast) -> None:
    cast.salma.start()
    address = cast.page.url
    cast.salma.press("Deny")
    cast.salma.open(address)


@state("aviary:oauth/authorize")
def nothing_another_account(cast: Cast) -> None:
    pin(cast)
    cast.robin.open(cast.page.url)


@state("aviary:oauth/authorize")
def nothing_expired(cast: Cast) -> None:
    token = cast.wide.ask(cast.long)
    administrator.let_expire(cast.demo, token)
    cast.page.wait_for_load_state()
    cast.page.reload()


@state("aviary:oauth/authorize")
def nothing_unknown(cast: Cast) -> None:
    cast.nobody.see("/oauth/authorize?oauth_token=guessed")


@state("aviary:oauth/authorize")
def nothing_suspended(cast: Cast) -> None:
    program = cast.ringing
    administrator.resume(cast.demo, program.consumer)
    cast.wide.ask(program)
    administrator.suspend(cast.demo, program.consumer)
    cast.page.wait_for_load_state()
    cast.page.reload()


@state("aviary:oauth/authorize")
def nothing_arrived(cast: Cast) -> None:
    cast.wide.ask(cast.long)
    cast.page.context.clear_cookies(name="aviary_csrftoken")
    cast.wide.press("Deny")


# Aviary: nothing went as meant


@state("aviary:developers/<row:number>/")
def missing(cast: Cast) -> None:
    cast.salma.see("/developers/1/")


@state("aviary:")
def form_that_did_not_arrive(cast: Cast) -> None:
    cast.salma.see()
    cast.page.context.clear_cookies(name="aviary_csrftoken")
    cast.salma.press("Post")


@state("aviary:")
def broken(cast: Cast) -> None:
    nobody = cast.nobody
    with administrator.broken(cast.demo):
        nobody.see()


@state("aviary:")
def another_host(cast: Cast) -> None:
    cast.nobody.open(cast.demo.info["provider"].replace("127.0.0.1", "localhost"))


# The test site


@state("site:")
def start(cast: Cast) -> None:
    cast.nobody.visit()


@state("site:")
def start_again(cast: Cast) -> None:
    cast.connected.visit()


@state("site:auth/")
def connect(cast: Cast) -> None:
    cast.nobody.visit("/auth/")


@state("site:verify/")
def verify(cast: Cast) -> None:
    cast.connected.visit("/verify/")


@state("site:verify/")
def verify_denied(cast: Cast) -> None:
    cast.wide.start()
    cast.wide.press("Deny")


@state("site:verify/")
def verify_with_nothing_started(cast: Cast) -> None:
    cast.nobody.visit("/verify/")


@state("site:verify/")
def verify_for_another_browser(cast: Cast) -> None:
    cast.wide.visit("/auth/")
    cast.wide.visit("/verify/?oauth_token=guessed&oauth_verifier=guessed")


@state("site:verify/")
def verify_refused(cast: Cast) -> None:
    wide = cast.wide
    wide.start()
    token = parse_qs(urlsplit(wide.page.url).query)["oauth_token"][0]
    wide.visit(f"/verify/?oauth_token={token}&oauth_verifier=guessed")


@state("site:tweet/")
def write(cast: Cast) -> None:
    cast.connected.visit("/tweet/")


@state("site:tweet/")
def write_unconnected(cast: Cast) -> None:
    cast.nobody.visit("/tweet/")


@state("site:update/")
def write_with_something_to_mend(cast: Cast) -> None:
    cast.nobody.visit("/tweet/")
    cast.nobody.press("Post it to Aviary")


@state("site:update/")
def update(cast: Cast) -> None:
    cast.connected.visit("/update/")


@state("site:update/")
def update_cut(cast: Cast) -> None:
    robin = cast.connected
    robin.visit("/tweet/")
    robin.type(Status="W%" * 80)
    robin.press("Post it to Aviary")


@state("site:update/")
def update_refused(cast: Cast) -> None:
    robin = cast.connected
    robin.visit("/tweet/")
    robin.type(Status=MORNING, Access_token_secret="not the secret")
    robin.press("Post it to Aviary")


@state("site:update/")
def break_it_by_scheme(cast: Cast) -> None:
    break_it(cast, "scheme")


@state("site:update/")
def break_it_by_secret(cast: Cast) -> None:
    break_it(cast, "secret")
    cast.page.get_by_text("The broken request and its answer").click()


@state("site:update/")
def break_it_by_clock(cast: Cast) -> None:
    break_it(cast, "clock")


@state("site:update/")
def break_it_by_nonce(cast: Cast) -> None:
    break_it(cast, "nonce")


@state("site:update/")
def break_it_by_a_parameter_left_out(cast: Cast) -> None:
    break_it(cast, "left-out")


@state("site:update/")
def break_it_by_encoding(cast: Cast) -> None:
    break_it(cast, "twice")


@state("site:auth/")
def break_it_on_the_first_step(cast: Cast) -> None:
    robin = cast.connected
    robin.visit("/auth/")
    robin.page.locator("[name=mistake][value=left-out]").check()
    robin.press("Send it with this mistake")


def break_it(cast: Cast, mistake: str) -> None:
    robin = cast.connected
    robin.page.locator(f"[name=mistake][value={mistake}]").check()
    robin.press("Send it with this mistake")


@state("site:update/")
def break_it_by_nothing(cast: Cast) -> None:
    robin = cast.connected
    robin.page.locator("[name=mistake]").first.evaluate("element => element.value = 'another'")
    robin.page.locator("[name=mistake]").first.check()
    robin.press("Send it with this mistake")


@state("site:")
def another_host_of_the_site(cast: Cast) -> None:
    cast.nobody.open(cast.demo.info["site"].replace("127.0.0.1", "localhost"))


@state("site:update/")
def form_that_did_not_arrive_at_the_site(cast: Cast) -> None:
    cast.nobody.visit("/tweet/")
    cast.page.context.clear_cookies()
    cast.nobody.type(Status="Lost")
    cast.nobody.press("Post it to Aviary")


# Pictures


def photograph(folder: Path, words: list[str]) -> None:
    from tests.browser.chromium import chromium
    from tests.browser.conftest import launch, new_context

    path = chromium()
    sizes = {"phone": (390, 844), "narrow": (320, 640), "desk": (1280, 900)}
    folder.mkdir(parents=True, exist_ok=True)
    with Demo.started() as demo, sync_playwright() as playwright, launch(playwright, path) as browser:
        cast = Cast(new_context(browser, WIDTHS["desktop"]).new_page(), demo)
        for found in STATES:
            if words and not any(word in found.name for word in words):
                continue
            found.show(cast)
            cast.page.wait_for_load_state()
            for scheme in ("light", "dark"):
                cast.page.emulate_media(color_scheme=scheme)
                for name, (width, height) in sizes.items():
                    cast.page.set_viewport_size(ViewportSize(width=width, height=height))
                    cast.page.screenshot(path=folder / f"{found.name}-{name}-{scheme}.png", full_page=True)
            cast.page.set_viewport_size(WIDTHS["desktop"])


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), sys.argv[2:])

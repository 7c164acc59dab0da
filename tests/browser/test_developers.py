"""The developers' corner: keys, secrets, access, and one's own access token."""

import re

from playwright.sync_api import expect

from tests.browser import administrator
from tests.browser.person import Person, consumer_on
from tests.browser.test_connected_applications import refusal
from tests.demo.caller import Caller, granted, problem
from tests.running import Demo
from tests.vectors import rsa_key
from valetkey import AccessToken
from valetkey.protocol.rsa import public_pem

VERIFY = "/1.1/account/verify_credentials.json"


def own_token(person: Person) -> AccessToken:
    """That stands on the page where its owner is."""
    return AccessToken(*(person.page.locator(f"#{part}").text_content() or "" for part in ("tk", "ts")))


# Key and secret


def test_a_secret_is_shown_and_hidden_and_copied(wren: Person) -> None:
    program = wren.register()
    wren.see(program.path)
    page = wren.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = page.locator("#cs")
    expect(secret).to_be_hidden()
    page.get_by_text("Show the consumer secret").click()
    expect(secret).to_be_visible()
    page.get_by_text("Hide the consumer secret").click()
    expect(secret).to_be_hidden()
    wren.press("Copy the consumer secret")
    expect(page.locator("#announced")).to_have_text("Consumer secret copied")
    assert page.evaluate("navigator.clipboard.readText()") == program.consumer.secret


def test_key_and_secret_are_reset_once_what_it_breaks_is_read(wren: Person) -> None:
    program = wren.let_in()
    wren.see(program.path)
    wren.press(f"Make an access token for @{wren.name}")
    wren.follow("Reset key and secret…")
    wren.is_at(f"Reset key and secret of {program.name}?")
    wren.reads(
        "requests signed with the old key are refused",
        "the access tokens of 1 person stop working",
        "your own access token stops working",
        "anybody who is at the authorize page right now must start again.",
    )
    wren.follow("Keep them")
    wren.is_at(program.name)
    assert program.get(VERIFY).status == 200

    wren.follow("Reset key and secret…")
    wren.press("Reset key and secret")
    wren.is_at(program.name)
    wren.reads("New key and secret. The old ones stopped working at")
    wren.reads(f"1 person must allow {program.name} again.", "Nobody allows it yet.")
    new = consumer_on(wren.page.content())
    assert new.key != program.consumer.key
    assert new.secret != program.consumer.secret
    assert refusal(program) == "consumer_key_unknown"
    assert refusal(Caller(wren.demo, new, program.token)) in ("token_rejected", "token_revoked")
    wren.ask(Caller(wren.demo, new))
    wren.reads("You revoked this application on")


def test_a_second_secret_is_added_used_and_the_older_one_retired(wren: Person, demo: Demo) -> None:
    program = wren.let_in()
    wren.see(program.path)
    wren.press("Add a second secret")
    wren.reads("Added. Both secrets work until you retire the older one.")
    wren.reads("Both secrets work. Retire the older one when nothing uses it any more.")
    older, newer = program, Caller(demo, consumer_on(wren.page.content()), program.token)
    assert newer.consumer.key == older.consumer.key
    assert [caller.get(VERIFY).status for caller in (older, newer)] == [200, 200]
    wren.page.reload()
    expect(wren.main.get_by_text("Last used just now")).to_have_count(3)  # the application, and both secrets

    wren.follow("Retire… the older secret")
    wren.is_at("Retire the older secret?")
    wren.reads("It is in use: last just now.", "From then on requests signed with it are refused.")
    wren.follow("Keep it")
    assert older.get(VERIFY).status == 200
    wren.follow("Retire… the older secret")
    wren.press("Retire the older secret")
    wren.is_at(program.name)
    wren.reads("Retired. One secret is left.")
    assert refusal(older) == "signature_invalid"
    assert newer.get(VERIFY).status == 200


def test_an_older_secret_that_nothing_uses_any_more_is_retired_without_a_warning(
    wren: Person, demo: Demo
) -> None:
    program = wren.register()
    wren.see(program.path)
    wren.press("Add a second secret")
    wren.follow("Retire… the older secret")
    wren.reads("Never used.", "It can’t be brought back.")
    wren.never_reads("It is in use")
    administrator.let_be_used(demo, program.consumer, days=3)
    wren.page.reload()
    wren.reads("Last used 3 days ago.")
    wren.never_reads("It is in use")


def test_a_public_key_is_given_in_place_of_the_secret_and_removed_again(wren: Person) -> None:
    program = wren.register()
    private = rsa_key("mastercard", "private_pem") or ""
    wren.see(program.path)
    wren.follow("Give a public key")
    wren.is_at("Sign with RSA")
    wren.reads("requests signed with the consumer secret are refused;")
    wren.type(Public_RSA_key=private)
    wren.press("Sign with this key")
    wren.reads("This is a private key, which must never leave its owner.")
    expect(wren.field("Public RSA key")).to_have_value("")
    wren.type(Public_RSA_key=public_pem(private))
    wren.press("Sign with this key")
    wren.is_at(program.name)
    wren.reads("Given. The consumer secret stopped working at", "2048 bits, SHA-256:")
    wren.never_reads("Add a second secret")
    assert problem(program.first_leg("oob")) == "signature_method_rejected"
    wren.follow("Remove… the public RSA key")
    wren.press("Remove the public RSA key")
    wren.reads("Removed. The consumer secret signs from now on.")
    assert program.request_token()


# Access


def test_access_that_is_raised_lets_no_token_grow(wren: Person, demo: Demo) -> None:
    program = wren.let_in("read")
    wren.see(program.path)
    wren.press(f"Make an access token for @{wren.name}")
    own = Caller(demo, program.consumer, own_token(wren))
    assert problem(program.post("/1/statuses/update.json", status="No")) == "permission_denied"

    wren.page.get_by_label("Read and write").check()
    wren.press("Save access")
    wren.reads("Access is now read and write. Nobody’s token grew: 1 of 1 person must allow it again")
    wren.reads("1 of 1 person allowed read only. To be posted for, they must allow it again.")
    wren.reads("This token is still read only. Revoke it and make a new one to post.")
    for caller in (program, own):
        assert problem(caller.post("/1/statuses/update.json", status="No")) == "permission_denied"
        assert caller.get(VERIFY).status == 200

    wren.press("Revoke your own access token")
    wren.reads("Your access token stopped working at")
    assert refusal(own) == "token_revoked"
    wren.press(f"Make an access token for @{wren.name}")
    assert Caller(demo, program.consumer, own_token(wren)).update("Yes")["text"] == "Yes"

    token = wren.ask(program)
    wren.reads("It asks for more than before.")
    wren.press("Allow")
    again = granted(program.access_token(token, wren.pin))
    assert Caller(demo, program.consumer, again).update("And I")["text"] == "And I"


def test_access_that_is_lowered_stops_posting_with_every_token(wren: Person) -> None:
    program = wren.let_in()
    wren.see(program.path)
    wren.page.get_by_label("Read only").check()
    wren.press("Save access")
    wren.reads("Access is now read only. Posting is refused from now on, with every token.")
    assert problem(program.post("/1/statuses/update.json", status="No")) == "permission_denied"
    assert program.get(VERIFY).status == 200


# One's own access token


def test_ones_own_access_token_is_made_used_and_revoked(wren: Person, demo: Demo) -> None:
    program = wren.register()
    wren.see(program.path)
    wren.reads(f"For programs that act as you, @{wren.name}, and as nobody else.")
    wren.press(f"Make an access token for @{wren.name}")
    wren.reads("Made. Token and secret stand below.")
    own = Caller(demo, program.consumer, own_token(wren))
    assert own.update("By myself")["user"]["screen_name"] == wren.name
    wren.see("/account/applications/")
    expect(wren.card(program.name)).to_contain_text("Last used just now.")  # it can use the account, too

    wren.see(program.path)
    wren.press("Revoke your own access token")
    expect(wren.page.get_by_role("status").first).to_have_text(
        re.compile(r"Your access token stopped working at \d\d:\d\d:\d\d UTC\.")
    )
    assert refusal(own) == "token_revoked"
    expect(wren.page.get_by_role("button", name="Make an access token")).to_be_visible()


# Whose they are


def test_what_belongs_to_somebody_else_is_not_there(wren: Person) -> None:
    for page in ("", "edit/", "reset/", "secret/retire/", "refusals/"):
        wren.see(f"/developers/1/{page}")
        wren.is_at("Aviary has no such page")


def test_a_suspended_application_tells_its_owner_why(wren: Person, demo: Demo) -> None:
    program = wren.let_in()
    administrator.suspend(demo, program.consumer, "It posts what nobody wrote.")
    wren.see("/developers/")
    expect(wren.card(program.name)).to_contain_text("Suspended")
    wren.follow(program.name)
    wren.reads("Suspended by Aviary’s administrator on", ": It posts what nobody wrote. Every request is")
    wren.reads("Every request is refused with consumer_key_refused.")
    assert refusal(program) == "consumer_key_refused"
    for button in ("Add a second secret", f"Make an access token for @{wren.name}", "Reset key and secret…"):
        expect(wren.main.get_by_text(button)).to_have_count(0)
    administrator.resume(demo, program.consumer)
    assert program.get(VERIFY).status == 200


def test_who_is_late_to_change_a_suspended_application_is_told_so(wren: Person, demo: Demo) -> None:
    program = wren.register()
    wren.see(program.path)
    administrator.suspend(demo, program.consumer)
    wren.press("Add a second secret")
    wren.reads("Suspended by Aviary’s administrator on")
    wren.never_reads("Older secret")
    for page in ("reset/", "secret/retire/"):
        wren.see(f"{program.path}{page}")
        wren.is_at(program.name)


# Errors of the form


def test_a_registration_that_cant_be_taken_says_what_to_mend_and_keeps_what_was_typed(wren: Person) -> None:
    page = wren.page
    wren.see("/developers/new/")
    wren.type(Callback_addresses="http://photos.example/back\nexample")
    wren.press("Register")
    expect(page).to_have_title(re.compile("^Error: Register an application · Aviary$"))
    notice = page.get_by_role("alert")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("Not saved. Mend what is marked:")
    wren.reads("Give it a name.", "“http://photos.example/back” is http on another computer. Use https.")
    wren.reads("“example” isn’t an address with a host.")
    expect(page.get_by_label("Callback addresses")).to_have_value("http://photos.example/back\nexample")
    notice.get_by_role("link", name="Name").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_a_name_that_looks_like_another_applications_is_refused(wren: Person) -> None:
    wren.see("/developers/new/")
    wren.type(Name="Tutorial Test Site")
    wren.press("Register")
    wren.reads("Another application has this name, or one that looks like it.")

"""PowerShell's web commands."""

import pytest

from valetkey.doctor.pasted import Unreadable, find
from valetkey.doctor.pasted.powershell import TABLE_BODY

BROWSERS = """$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession
$session.UserAgent = "Agent/1"
Invoke-WebRequest -UseBasicParsing -Uri "https://a.test/a?x=1" `
-Method "POST" `
-WebSession $session `
-Headers @{
"authority"="a.test"
  "method"="POST"
  "path"="/a?x=1"
  "scheme"="https"
  "authorization"="OAuth oauth_token=`"t`""
} `
-ContentType "application/x-www-form-urlencoded" `
-Body "a=1&b=`$2"
"""


def test_what_a_browser_copies_is_read() -> None:
    (found,) = find(BROWSERS)
    sent = found.sent
    assert (sent.method, sent.url, sent.body) == ("POST", "https://a.test/a?x=1", b"a=1&b=$2")
    assert sent.headers == {
        "authorization": 'OAuth oauth_token="t"',
        "User-Agent": "Agent/1",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_what_people_write_is_read() -> None:
    (found,) = find(
        "irm 'https://a.test/a' -Method Put -Headers @{ 'X' = 'y'; Z = 'w' } -Body '{}' -ContentType x"
    )
    assert (found.sent.method, found.sent.body) == ("PUT", b"{}")
    assert found.sent.headers == {"X": "y", "Z": "w", "Content-Type": "x"}


def test_octets_of_a_text_are_the_text() -> None:
    body = '([System.Text.Encoding]::UTF8.GetBytes("a$([char]233)"))'
    assert find(f"iwr -Uri https://a.test/ -Method POST -Body {body}")[0].sent.body == "aé".encode()


def test_a_table_as_body_is_a_form() -> None:
    (found,) = find("irm https://a.test/ -Method Post -Body @{a='1'; b='2'}")
    assert (found.sent.body, found.notes) == (b"a=1&b=2", (TABLE_BODY,))
    assert found.sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("text", ["iwr -Method GET", "iwr -Uri https://a.test/ -Headers @{'a'='b'"])
def test_half_a_command_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        find(text)

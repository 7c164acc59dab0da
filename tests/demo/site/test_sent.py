from tests.demo.site import made
from tests.loopback import Arrived, serving
from valetkey import Answer, Signed, Signer
from valetkey.demo.site.sent import octets
from valetkey.urllib import send


def signed_for(origin: str) -> list[Signed]:
    signer = Signer(made.CONSUMER, made.ACCESS_TOKEN)
    return [
        signer.sign("GET", f"{origin}/1/x.json?a=1&b=%C3%A9"),
        signer.sign("POST", f"{origin}/1/x.json", headers=made.FORM, body="status=a+b"),
        signer.sign("POST", f"{origin}/oauth/request_token", oauth={"oauth_callback": "oob"}),
    ]


def test_they_are_the_octets_that_arrive() -> None:
    def answering(_: Arrived) -> Answer:
        return Answer(200, {"Content-Type": "text/plain"}, "yes")

    with serving(answering) as service:
        for signed in signed_for(service.origin):
            send(signed)
            assert service.last.octets == octets(signed)

"""What a contestant is, and that it must be right before it is timed."""

from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks import samples
from benchmarks.samples import Sample


class Contestant(NamedTuple):
    """`work` is timed; `given` makes its arguments of a sample, beforehand; `result` reads what it gives: a
    signer's Authorization header, or whether a verifier accepted. A verifier may also raise. `quirk` changes
    a base string as a signer does that departs from the RFC.
    """

    work: Callable[..., Any]
    given: Callable[[Sample], tuple[Any, ...]]
    result: Callable[[Any], Any]
    quirk: Callable[[str], str] = str

    def __call__(self, sample: Sample) -> Any:
        return self.result(self.work(*self.given(sample)))


class Keys(NamedTuple):
    """An RSA key pair, each half as PEM and as `cryptography` has it."""

    private_pem: str
    private: Any
    public_pem: str
    public: Any

    @classmethod
    def generated(cls) -> "Keys":
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        private = generate_private_key(public_exponent=65537, key_size=2048)
        secret = private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        public = private.public_key()
        shown = public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
        return cls(secret.decode(), private, shown.decode(), public)


Make = Callable[..., Sample]


def signs_rightly(signer: Contestant, make: Make, method: str, keys: Keys) -> bool:
    sample = make()
    oauth = samples.oauth_of(signer(sample))
    unsigned = [pair for pair in oauth if pair[0] != "oauth_signature"]
    text = signer.quirk(samples.base_string(sample.bare, unsigned))
    return dict(oauth)["oauth_signature"] == samples.signature(method, text, keys.private)


def verifies_rightly(verifier: Contestant, make: Make, method: str, keys: Keys) -> bool:
    """It accepts a request, and refuses it a second time, and one with another signature."""
    sample = make()
    forged = make(oauth_signature=sample.signature[::-1])
    return [_accepts(verifier, one) for one in (sample, sample, forged)] == [True, False, False]


def _accepts(verifier: Contestant, sample: Sample) -> bool:
    try:
        return bool(verifier(sample))
    except Exception:  # each library refuses by exceptions of its own, and sometimes by a ValueError
        return False

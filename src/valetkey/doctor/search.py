"""Which mistake made a signature wrong: it is made again under each known one, alone and in pairs.

A signature that comes out the same is a proof. No other thing is said to be one.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, ClassVar, Literal, NamedTuple

from valetkey.doctor.mistakes import TABLE
from valetkey.doctor.mistakes.mistake import Family, Mistake
from valetkey.doctor.mistakes.output import Reading, readings, rsa_readings
from valetkey.doctor.recipe import Facts, Recipe, digest, octets, percent_encode, right
from valetkey.protocol.base_string import without_verifier
from valetkey.protocol.values import HIDDEN, Value

MOST_SINGLES = 6
#: Above these, only single mistakes are tried; above the second ones, none.
PAIRS_PARAMETERS, PAIRS_OCTETS = 200, 20_000
SINGLES_PARAMETERS, SINGLES_OCTETS = 2_000, 1_000_000

#: What a base string and a key consist of, and the steps that each depends on.
PARTS = {
    "method": ("method",),
    "uri": ("place",),
    "parameters": ("items", "names", "values", "order", "join"),
    "base": ("assemble",),
    "key": ("secrets", "quotes", "glue"),
    "mac": ("mac",),
}
_PART_OF = {step: part for part, steps in PARTS.items() for step in steps}
_TEXT = frozenset({"method", "uri", "parameters"})


class Finding(Value):
    """A mistake that was made, or that may have been.

    :param cause: its slug.
    :param proof: that the signature comes out the same under it (where there are two, under both).
    :param says: what was done. :param fix: what to do instead.
    """

    __slots__ = ("cause", "proof", "says", "fix")
    cause: str
    proof: bool
    says: str
    fix: str

    def __init__(self, cause: str, proof: bool, says: str, fix: str) -> None:
        self._fill(cause=cause, proof=proof, says=says, fix=fix)


Verdict = Literal["correct", "explained", "unexplained"]


class Diagnosis(Value):
    """What was found out.

    :param verdict: ``correct``, ``explained`` or ``unexplained``.
    :param findings: no more than eight; several by different mistakes that make the very same signature.
    :param base_string: the right one, without the verifier and whatever secret it holds.
    :param tried: how many signatures were made. :param untried: what wasn't tried, in sentences.
    """

    __slots__ = ("verdict", "findings", "base_string", "tried", "untried", "is_pair")
    _hidden: ClassVar[frozenset[str]] = frozenset({"base_string"})
    verdict: Verdict
    findings: tuple[Finding, ...]
    base_string: str
    tried: int
    untried: tuple[str, ...]
    is_pair: bool

    def __init__(
        self,
        verdict: Verdict,
        findings: tuple[Finding, ...],
        base_string: str,
        tried: int = 0,
        untried: tuple[str, ...] = (),
        is_pair: bool = False,
    ) -> None:
        self._fill(
            verdict=verdict,
            findings=findings,
            base_string=base_string,
            tried=tried,
            untried=untried,
            is_pair=is_pair,
        )


def diagnose(
    facts: Facts,
    *,
    budget: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    families: Sequence[Family] = TABLE,
    rsa_key: Any = None,
) -> Diagnosis:
    """Finds what made the signature of `facts` wrong, if anything did.

    :param budget: for how long to look, in seconds of `clock`.
    :param rsa_key: for an RSA signature: a public or private key, as PEM or DER, or a certificate.
    """
    return _Search(facts, clock, clock() + budget, families, rsa_key).run()


class _OutOfTime(Exception):
    """The budget is spent."""


class _Variant(NamedTuple):
    """A recipe with one mistake in it, rendered; `steps` and `parts` are those that differ from the right."""

    mistake: Mistake
    about: str
    rank: int
    recipe: Recipe
    method: str
    uri: str
    parameters: str
    text: bytes
    key: bytes
    steps: frozenset[str]
    parts: frozenset[str]

    def __repr__(self) -> str:
        return f"_Variant({self.mistake.slug})"


class _Target(NamedTuple):
    """A signature to be hit: how it is made, and the octets that it may consist of."""

    kind: str  # "hmac", "rsa" or "key"
    hash_name: str
    length: int
    hits: dict[bytes, Reading]

    def make(self, key: bytes, text: bytes, mac: Callable[[bytes, bytes, str], bytes]) -> bytes:
        if self.kind == "key":
            return key
        made = digest(self.hash_name, text) if self.kind == "rsa" else mac(key, text, self.hash_name)
        return made[: self.length]


def _targets(found: Iterable[tuple[str, Reading]]) -> list[_Target]:
    made: dict[tuple[str, str, int], _Target] = {}
    for kind, reading in found:
        length = 0 if kind == "key" else len(reading.octets)
        name = reading.hash_name or ""
        target = made.setdefault((kind, name, length), _Target(kind, name, length, {}))
        target.hits.setdefault(reading.octets, reading)
    return list(made.values())


def _schedule(key: bytes, hash_name: str) -> Callable[[bytes], bytes]:
    """HMAC with the key worked in already."""
    block = hashlib.new(hash_name).block_size
    padded = (digest(hash_name, key) if len(key) > block else key).ljust(block, b"\0")
    inner = hashlib.new(hash_name, bytes([octet ^ 0x36 for octet in padded]))
    outer = hashlib.new(hash_name, bytes([octet ^ 0x5C for octet in padded]))

    def sign(text: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(text)
        second.update(first.digest())
        return second.digest()

    return sign


class _Search:
    def __init__(
        self,
        facts: Facts,
        clock: Callable[[], float],
        deadline: float,
        families: Sequence[Family],
        rsa_key: Any,
    ) -> None:
        self.facts, self.clock, self.deadline = facts, clock, deadline
        self.mistakes = [mistake for family in families for mistake in family]
        self.right = right(facts)
        self.tried = 0
        self.untried: list[str] = []
        self.variants: dict[tuple[bytes, bytes, object], _Variant] = {}
        self.alike: dict[tuple[bytes, bytes, object], list[_Variant]] = {}
        self.targets = _targets(self._read(rsa_key))
        self.plain = [
            target._replace(hits=hits)
            for target in self.targets
            if (hits := {made: one for made, one in target.hits.items() if one.mistake is None})
        ]

    def __repr__(self) -> str:
        return f"_Search({HIDDEN})"

    def _read(self, rsa_key: Any) -> Iterator[tuple[str, Reading]]:
        signature, method = self.facts.signature, self.facts.method_name
        if not signature:
            self.untried.append("The request has no oauth_signature: there is nothing to compare with.")
            return
        if len(signature) > 10_000:
            self.untried.append("The signature is too long for any method: it was not read.")
            return
        if rsa_key is not None:
            yield from (("rsa", reading) for reading in rsa_readings(signature, method, rsa_key))
        elif method.upper().startswith("RSA-"):
            self.untried.append("An RSA signature can't be checked without its public or private key.")
        for reading in readings(signature, method):
            yield "key" if reading.hash_name is None else "hmac", reading

    def run(self) -> Diagnosis:
        base = self._shown(self.right.text)
        size = max(len(base), len(self.facts.sent.body or b""))
        verdict, found, is_pair = self._search(len(self.facts.items), size)
        findings = tuple(self._finding(mistake, about) for mistake, about in found)
        return Diagnosis(verdict, findings, base, self.tried, tuple(self.untried), is_pair)

    def _search(self, count: int, size: int) -> tuple[Verdict, list[tuple[Mistake, str]], bool]:
        if not self.targets:
            return "unexplained", [], False
        first = self._right_signing()
        if first is not None:
            return ("explained", first, False) if first else ("correct", first, False)
        if count > SINGLES_PARAMETERS or size > SINGLES_OCTETS:
            self.untried.append(f"No mistake was tried: {count} parameters, {size} octets are too many.")
            return "unexplained", [], False
        try:
            singles, with_reading = self._singles()
            if singles:
                return "explained", singles, False
            if with_reading:
                return "explained", with_reading, True
            if count > PAIRS_PARAMETERS or size > PAIRS_OCTETS:
                self.untried.append(
                    f"No pair of mistakes was tried: {count} parameters, {size} octets are too many."
                )
                return "unexplained", [], False
            for one, other in self._pairs():
                return "explained", self._told(one, other), True
        except _OutOfTime:
            self.untried.append("Not every mistake, or pair of mistakes, was tried: the time was up.")
        return "unexplained", [], False

    def _right_signing(self) -> list[tuple[Mistake, str]] | None:
        key, text = octets(self.right.key), octets(self.right.text)
        read = list(self._hits(self.targets, key, text, self.right.mac))
        if any(reading.mistake is None for reading in read):
            return []
        return [(one.mistake, one.about) for one in read[:1] if one.mistake is not None] or None

    def _hits(
        self, targets: Sequence[_Target], key: bytes, text: bytes, mac: Callable[[bytes, bytes, str], bytes]
    ) -> Iterator[Reading]:
        for target in targets:
            self.tried += 1
            reading = target.hits.get(target.make(key, text, mac))
            if reading is not None:
                yield reading

    def _singles(self) -> tuple[list[tuple[Mistake, str]], list[tuple[Mistake, str]]]:
        """The mistakes that fit alone; and one that fits together with how the signature is written."""
        plain: dict[str, tuple[Mistake, str]] = {}
        read: dict[str, tuple[Mistake, str]] = {}
        for variant in self._all_variants():
            for reading in self._hits(self.targets, variant.key, variant.text, variant.recipe.mac):
                if reading.mistake is None:
                    plain.setdefault(variant.mistake.slug, (variant.mistake, variant.about))
                elif reading.mistake.slug != variant.mistake.slug and not read:
                    read[reading.mistake.slug] = (reading.mistake, reading.about)
                    read[variant.mistake.slug] = (variant.mistake, variant.about)
            if len(plain) == MOST_SINGLES:
                break
        return list(plain.values()), list(read.values())

    def _all_variants(self) -> Iterator[_Variant]:
        base = self.right
        own = (octets(base.text), octets(base.key), base.mac)
        for mistake in self.mistakes:
            for rank, (about, made) in enumerate(mistake.departures(base)):
                self._check_time()
                variant = self._rendered(mistake, about, rank, made)
                rendered = (variant.text, variant.key, made.mac)
                if rendered == own:
                    continue
                self.alike.setdefault(rendered, []).append(variant)
                self.variants.setdefault(rendered, variant)
                yield variant

    def _rendered(self, mistake: Mistake, about: str, rank: int, made: Recipe) -> _Variant:
        base = self.right
        steps = frozenset(
            [step for step in Recipe.STEPS if _differ(getattr(made, step), getattr(base, step))]
        )
        uri, parameters = made.place.text, made.parameters
        text = octets(made.assemble(made.method, uri, parameters))
        parts = frozenset([_PART_OF[step] for step in steps])
        key = octets(made.key)
        encoded = percent_encode(uri), percent_encode(parameters)
        return _Variant(mistake, about, rank, made, made.method, *encoded, text, key, steps, parts)

    def _check_time(self) -> None:
        if self.clock() > self.deadline:
            raise _OutOfTime

    def _pairs(self) -> Iterator[tuple[_Variant, _Variant]]:
        if not self.plain:
            return
        yield from self._in_different_parts()
        yield from self._in_different_steps()
        yield from self._one_after_the_other()

    def _groups(self, by: Callable[[_Variant], frozenset[str]]) -> dict[frozenset[str], list[_Variant]]:
        groups: dict[frozenset[str], list[_Variant]] = {}
        for variant in self.variants.values():
            groups.setdefault(by(variant), []).append(variant)
        return groups

    def _in_different_parts(self) -> Iterator[tuple[_Variant, _Variant]]:
        """Put together from what is rendered already."""
        groups = sorted(self._groups(lambda variant: variant.parts).items(), key=lambda group: len(group[1]))
        for (one_parts, ones), (other_parts, others) in combinations(groups, 2):
            if one_parts & other_parts:
                continue
            if one_parts == {"key"}:
                yield from self._with_keys(ones, others)
            elif other_parts == {"key"}:
                yield from self._with_keys(others, ones)
            elif one_parts | other_parts <= _TEXT:
                yield from self._with_texts(ones, others)
            else:
                yield from self._merged(ones, others)

    def _with_keys(
        self, keys: Sequence[_Variant], others: Sequence[_Variant]
    ) -> Iterator[tuple[_Variant, _Variant]]:
        for target in self.plain:
            if target.kind != "hmac" or any("mac" in other.parts for other in others[:1]):
                yield from self._merged(keys, others) if target.kind == "hmac" else ()
                continue
            for key in keys:
                self._check_time()
                sign = _schedule(key.key, target.hash_name)
                self.tried += len(others)
                for other in others:
                    if sign(other.text)[: target.length] in target.hits:
                        yield key, other

    def _with_texts(
        self, ones: Sequence[_Variant], others: Sequence[_Variant]
    ) -> Iterator[tuple[_Variant, _Variant]]:
        key = octets(self.right.key)
        for target in self.plain:
            if target.kind == "key":
                continue
            name = target.hash_name
            rsa = target.kind == "rsa"
            sign = (lambda text, name=name: digest(name, text)) if rsa else _schedule(key, name)
            for one in ones:
                self._check_time()
                self.tried += len(others)
                pieces = [one.method, one.uri, one.parameters]
                places = [at for at, part in enumerate(("method", "uri", "parameters")) if part in one.parts]
                for other in others:
                    text = [other.method, other.uri, other.parameters]
                    for at in places:
                        text[at] = pieces[at]
                    if sign(octets("&".join(text)))[: target.length] in target.hits:
                        yield one, other

    def _merged(
        self, ones: Sequence[_Variant], others: Sequence[_Variant]
    ) -> Iterator[tuple[_Variant, _Variant]]:
        for one in ones:
            for other in others:
                self._check_time()
                steps = {step: getattr(other.recipe, step) for step in other.steps}
                if self._fits(one.recipe.but(**steps)):
                    yield one, other

    def _fits(self, made: Recipe) -> bool:
        hits = self._hits(self.plain, octets(made.key), octets(made.text), made.mac)
        return next(hits, None) is not None

    def _in_different_steps(self) -> Iterator[tuple[_Variant, _Variant]]:
        """Of one part, such as what is encoded and how it is encoded."""
        groups = combinations(self._groups(lambda variant: variant.steps).items(), 2)
        smallest_first = sorted(groups, key=lambda pair: len(pair[0][1]) * len(pair[1][1]))
        for (one_steps, ones), (other_steps, others) in smallest_first:
            share_a_part = ones[0].parts & others[0].parts
            if share_a_part and not one_steps & other_steps:
                yield from self._merged(ones, others)

    def _one_after_the_other(self) -> Iterator[tuple[_Variant, _Variant]]:
        """Two in one step: the second mistake, made with what the first one made; the plainest first."""
        ones = sorted(self.variants.values(), key=lambda variant: variant.rank)
        touched: dict[str, set[str]] = {}
        for variant in ones:
            touched.setdefault(variant.mistake.slug, set()).update(variant.parts)
        for one in ones:
            for mistake in self.mistakes:
                if mistake.slug == one.mistake.slug or not touched.get(mistake.slug, set()) & one.parts:
                    continue
                for rank, (about, made) in enumerate(mistake.departures(one.recipe)):
                    self._check_time()
                    if self._fits(made):
                        yield one, self._rendered(mistake, about, rank, made)

    def _told(self, one: _Variant, other: _Variant) -> list[tuple[Mistake, str]]:
        """Both, then what is the same as either of them."""
        found: dict[str, tuple[Mistake, str]] = {}
        alike = [self.alike.get((each.text, each.key, each.recipe.mac), [])[:8] for each in (one, other)]
        for each in (one, other, *alike[0], *alike[1]):
            found.setdefault(each.mistake.slug, (each.mistake, each.about))
        return list(found.values())[:MOST_SINGLES]

    def _finding(self, mistake: Mistake, about: str) -> Finding:
        says = mistake.says.replace("{about}", about)
        return Finding(mistake.slug, True, self._without_secrets(says), mistake.fix)

    def _shown(self, text: str) -> str:
        return self._without_secrets(without_verifier(text))

    def _without_secrets(self, text: str) -> str:
        for secret in (self.facts.consumer_secret, self.facts.token_secret):
            once = percent_encode(secret)
            for written in (percent_encode(percent_encode(once)), percent_encode(once), once, str(secret)):
                text = text.replace(written, HIDDEN) if len(written) > 3 else text
        return text


def _differ(one: object, other: object) -> bool:
    return one is not other and one != other

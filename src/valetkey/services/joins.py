"""How some services join the parameters of a base string, other than as RFC 5849, section 3.4.1.3.2, does.

Read in their own code in November 2026; each function names where.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.parameters import Parameter
from valetkey.services.quirks import Joined, encoded


def mastercard(query: str, given: Sequence[Parameter], protocol: Sequence[Parameter]) -> Joined:
    """The protocol's values stay as they are, and so does a query without escapes. Pairs are sorted as whole
    texts, so ``a-b=1`` stands before ``a=1``.

    Mastercard's oauth1-signer-python, `oauth1/coreutils.py`, and its tests: the vectors named
    ``e2e-mastercard``. What its server makes of a query with a ``+`` and an escape isn't known: avoid that.
    """
    if "%" in query:
        joined = [(parameter, encoded(parameter)) for parameter in given]
    else:
        pieces = (piece if "=" in piece else f"{piece}=" for piece in query.split("&") if piece)
        joined = list(zip(given, pieces, strict=True))
    joined += [(parameter, f"{parameter.name}={parameter.value}") for parameter in protocol]
    return sorted(joined, key=lambda pair: pair[1])


def magento(query: str, given: Sequence[Parameter], protocol: Sequence[Parameter]) -> Joined:
    """A pair of the query counts only where it holds exactly one ``=``, a name only once (the last one), and
    the names are in natural order: ``filterGroups[2]`` stands before ``filterGroups[10]``.

    magento2, `Framework/Oauth/Helper/Request.php` (`_extractQueryStringParams`) and
    `Helper/Signature/Hmac256.php` (`strnatcmp`, as in Laminas and Zend before it).
    """
    pieces = [piece for piece in query.split("&") if piece]
    counted = [
        parameter
        for parameter, piece in zip(given, pieces, strict=False)  # the form's come after the query's
        if piece.count("=") == 1 and not re.search(_PROTOCOL, parameter.name)
    ]
    form = [parameter for parameter in given if parameter.source == "form"]
    last = {parameter.name: parameter for parameter in [*form, *counted, *protocol]}
    return sorted(
        ((parameter, encoded(parameter)) for parameter in last.values()),
        key=lambda pair: _natural(percent_encode(pair[0].name)),
    )


_PROTOCOL = r"oauth_[a-z_-]"


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Runs of digits compare as numbers; all else as octets."""
    return [
        (ord("0"), len(run.lstrip("0")), run.lstrip("0")) if run.isdigit() else (ord(run), 0, "")
        for run in re.findall(r"[0-9]+|[^0-9]", name)
    ]


def woocommerce(query: str, given: Sequence[Parameter], protocol: Sequence[Parameter]) -> Joined:
    """As PHP reads them: ``a[b]=1&a[]=2`` is one array called ``a``, whose second key is ``0``; a name counts
    once (the last one; a form's before a query's). The outer names are sorted before they are encoded; what
    is inside an array stays in the order of its arrival, its keys not encoded.

    woocommerce, `includes/class-wc-rest-authentication.php` (`get_oauth_parameters`,
    `check_oauth_signature`, `join_with_equals_sign`) and `wc_rest_urlencode_rfc3986`.
    """
    tree: dict[str, Any] = {
        **_arrays([parameter for parameter in given if parameter.source == "query"]),
        **_arrays([parameter for parameter in given if parameter.source == "form"]),
        **_arrays(protocol),
    }
    return [
        joined
        for name in sorted(tree, key=lambda name: name.encode("utf-8"))
        for joined in _flat(tree[name], name, percent_encode(name))
    ]


_ARRAY = r"([^\[]+)((?:\[[^\]]*\])+)"
#: How deep PHP reads arrays, where nobody has told it otherwise.
_DEEPEST = 64


class _Array(dict[str, Any]):
    """One of PHP's: a key that isn't given is the next number."""

    following = 0

    def put(self, key: str, value: Any) -> None:
        key = key or str(self.following)
        if re.fullmatch(r"0|[1-9][0-9]{0,14}", key):
            self.following = max(self.following, int(key) + 1)
        self[key] = value


def _arrays(parameters: Sequence[Parameter]) -> dict[str, Any]:
    tree = _Array()
    for parameter in parameters:
        array = re.match(_ARRAY, parameter.name)
        name = array[1] if array else parameter.name
        inner = re.findall(r"\[([^\]]*)\]", array[2]) if array else []
        if len(inner) > _DEEPEST:
            raise Unsignable("url or body", f"the service reads arrays of at most {_DEEPEST} levels")
        # PHP's names were those of its variables once, and hold none of these.
        path, place = [re.sub(r"[ .\[]", "_", name), *inner], tree
        for key in path[:-1]:
            deeper = place.get(key)
            if not isinstance(deeper, _Array):
                deeper = _Array()
                place.put(key, deeper)
            place = deeper
        place.put(path[-1], parameter)
    return tree


def _flat(value: Any, name: str, text: str) -> Iterator[tuple[Parameter, str]]:
    if isinstance(value, _Array):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]", f"{text}%5B{key}%5D")
    else:
        yield Parameter(name, value.value, value.source), f"{text}={percent_encode(value.value)}"

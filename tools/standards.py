"""`make docs`: writes docs/standards.md from docs/standards.toml, which says what is asked, and from the
tests' markers (`@pytest.mark.rfc("2.1-3")`), which say what is shown.
"""

import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tools.marks import ROOT, Mark, marks

TABLE = ROOT / "docs" / "standards.toml"
PAGE = ROOT / "docs" / "standards.md"

RFC = "https://www.rfc-editor.org/rfc/rfc5849"

#: Each verdict, and what it means.
VERDICTS = {
    "met": "done as it is asked; where there is a choice (MAY, OPTIONAL), it is used",
    "stricter": "more is asked, or a choice is declined",
    "laxer": "less is asked, or another answer is given",
    "not yet": "missing",
    "not applicable": "not ours to do",
}
SHOWN = ("met", "stricter", "laxer")
LEVELS = (
    *("MUST", "MUST NOT", "SHALL", "REQUIRED"),
    *("SHOULD", "SHOULD NOT", "RECOMMENDED"),
    *("MAY", "OPTIONAL", "plain"),
)
WHO = ("client", "server", "both")

#: The sections that aren't of the RFC's own text, each with where to read it.
ELSEWHERE = {
    "A": f"{RFC}#appendix-A",
    "E": "https://www.rfc-editor.org/errata/rfc5849",
    "PR": "https://wiki.oauth.net/w/page/12238543/ProblemReporting",
    "BH": "https://datatracker.ietf.org/doc/html/draft-eaton-oauth-bodyhash-00",
}

HEAD = """\
# What the standards ask, and what shows that it is done

`make docs` writes this page from [standards.toml](standards.toml) and from the tests that carry
`@pytest.mark.rfc(…)`; a test fails when the page is stale, or when nothing shows what it says. Each
requirement is in our own words, with its key word in the document, or none where the document has none, and
whom it asks: the client ([`Signer`](../src/valetkey/signer.py), [`Handshake`](../src/valetkey/handshake.py),
[`valetkey.urllib`](../src/valetkey/urllib.py)), the server ([`Verifier`](../src/valetkey/verifier.py),
[`Provider`](../src/valetkey/provider.py), [`valetkey.django`](django.md)), or both.
"""


class Requirement(NamedTuple):
    """One thing that a document asks. `section` is its id without the number."""

    id: str
    section: str
    level: str
    who: str
    says: str
    verdict: str
    because: str


def read(table: Path = TABLE) -> tuple[dict[str, str], list[Requirement]]:
    """The sections' titles, and the requirements, each in the order of the table."""
    found = tomllib.loads(table.read_text(encoding="utf-8"))
    sections: dict[str, str] = found.pop("sections")
    return sections, [
        Requirement(id=key, section=key.rpartition("-")[0], **{"because": "", **fields})
        for key, fields in found.items()
    ]


def shown(markers: Iterable[Mark]) -> dict[str, list[Mark]]:
    """The tests that show each requirement, by its id."""
    found = defaultdict(list)
    for mark in markers:
        for key in mark.arguments:
            found[str(key)].append(mark)
    return found


def faults(
    sections: Mapping[str, str], requirements: Iterable[Requirement], tests: Mapping[str, list[Mark]]
) -> Iterator[str]:
    """What the page could not honestly say, each as a sentence."""
    known = {requirement.id: requirement for requirement in requirements}
    for key, (_, section, level, who, says, verdict, because) in known.items():
        for what, word, words in (
            *(("section", section, sections), ("level", level, LEVELS)),
            *(("who", who, WHO), ("verdict", verdict, VERDICTS)),
        ):
            if word not in words:
                yield f"{key}: “{word}” is no {what}: use {', '.join(words)}"
        if not says.endswith("."):
            yield f"{key}: it is no sentence"
        if (verdict != "met") is not because.endswith("."):
            yield f"{key}: what isn't met, and nothing else, has its reason in a sentence"
        if verdict in SHOWN and not tests.get(key):
            yield f"{key}: no test shows it: mark one with @pytest.mark.rfc({key!r})"
    for key in tests.keys() - known.keys():
        test = tests[key][0]
        yield f"{test.file}, line {test.line}: there is no requirement {key} in docs/standards.toml"
    for section in sections.keys() - {requirement.section for requirement in known.values()}:
        yield f"section {section}: nothing is asked there"


def page(
    sections: Mapping[str, str], requirements: list[Requirement], tests: Mapping[str, list[Mark]]
) -> str:
    """The text of docs/standards.md."""
    parts = [HEAD, *_summary(requirements)]
    for section, title in sections.items():
        if section in ("1", *ELSEWHERE):
            parts += _heading(section)
        name = title if section in ELSEWHERE else f"{section} {title}"
        parts.append(f"\n### [{name}]({ELSEWHERE.get(section, f'{RFC}#section-{section}')})\n\n")
        parts.append("| | asks | requirement | verdict | shown by |\n| --- | --- | --- | --- | --- |\n")
        parts += [
            _row(requirement, tests.get(requirement.id, ()))
            for requirement in requirements
            if requirement.section == section
        ]
    return "".join(parts)


def _heading(section: str) -> list[str]:
    return {"1": ["\n## RFC 5849, section by section\n"], "PR": ["\n## Extensions\n"]}.get(section, [])


def _summary(requirements: list[Requirement]) -> Iterator[str]:
    yield "\n| verdict | means | how many | which |\n| --- | --- | ---: | --- |\n"
    for verdict, meaning in VERDICTS.items():
        found = [requirement.id for requirement in requirements if requirement.verdict == verdict]
        which = "all others" if verdict == "met" else ", ".join(f"[{key}](#{key})" for key in found)
        yield f"| {verdict} | {meaning} | {len(found)} | {which} |\n"


def _row(requirement: Requirement, tests: Iterable[Mark]) -> str:
    key, _, level, who, says, verdict, because = requirement
    asks = who if level == "plain" else f"{level}, {who}"
    found = dict.fromkeys(f"[{test.sentence}](../{test.file})" for test in tests)
    judged = f"**{verdict}**: {because}" if because else verdict
    return f'| <a id="{key}"></a>{key} | {asks} | {says} | {judged} | {"<br>".join(found)} |\n'


def main() -> int:
    sections, requirements = read()
    tests = shown(marks("rfc"))
    wrong = sorted(faults(sections, requirements, tests))
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    PAGE.write_text(page(sections, requirements, tests), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

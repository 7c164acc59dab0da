"""A command line taken apart into words, as its shell would; nothing is run, expanded or read.

Each shell's reader takes one command and says where that ended. What a shell would put in (variables,
commands, other files' names) stays as it is written, with a note.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from valetkey.doctor.pasted.unreadable import MAX_WORDS, Unreadable, count

KIND = "command"


class Word(NamedTuple):
    """A word as the program gets it, and where it starts in the text."""

    text: str
    place: int


class Command(NamedTuple):
    """The words of a command, the index where it ends, and what is to be said of it."""

    words: list[Word]
    end: int
    notes: list[str]


VARIABLE = (
    "The shell would put a variable's value or a command's output in ($…): it was taken as it is written."
)
LOST_BREAKS = "A line break without its continuation mark was read as a blank."
CUT_AT_AMPERSAND = (
    "The shell ends the command at an & outside quotes: what follows it wasn't sent. Quote the URL."
)
REST_IGNORED = "What follows the command (a pipe, a redirection, another command) was left out."
TYPOGRAPHIC = "Typographic quotation marks were read as plain ones; a shell would take them for letters."

# What goes on in the next line though no mark says so: an option, a quoted word, a URL.
_GOES_ON = re.compile(r"[ \t\r\n]*(?=-[-A-Za-z]|\$?['\"]|https?://)")
_EXPANDED = re.compile(r"\$[A-Za-z_{(?0-9@*#]|`")


def straightened(text: str, notes: list[str]) -> str:
    """`text` with plain quotation marks, where it has none but typographic ones; each stays in its place."""
    if "'" in text or '"' in text or not any(mark in text for mark in "“”‘’"):
        return text
    notes.append(TYPOGRAPHIC)
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def posix(text: str, start: int = 0) -> Command:
    """The words of a command of a POSIX shell, bash's ``$'…'`` among them.

    :raises Unreadable: for a quotation mark that isn't closed.
    """
    return _Posix(text, start).read()


class _Posix:
    _PLAIN = re.compile(r"[^\s'\"\\$`;|&<>()]+")
    _BLANK = re.compile(r"(?:[ \t]|\\\r?\n|\\[ \t]+\r?\n)+")
    _QUOTED = re.compile(r"[^\"\\]*(?:\\.[^\"\\]*)*", re.DOTALL)
    _ANSI = re.compile(r"[^'\\]*(?:\\.[^'\\]*)*", re.DOTALL)

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.place = start
        self.notes: list[str] = []

    def read(self) -> Command:
        words: list[Word] = []
        while self._to_next_word():
            words.append(self._word())
            count(KIND, "words", len(words), MAX_WORDS)
        if (
            words
            and re.fullmatch("[0-9]", words[-1].text)
            and self.text[self.place : self.place + 1] in (">", "<")
        ):
            words.pop()  # which stream is redirected
        return Command(words, self.place, self.notes)

    def _to_next_word(self) -> bool:
        while self.place < len(self.text):
            if blank := self._BLANK.match(self.text, self.place):
                self.place = blank.end()
                continue
            mark = self.text[self.place]
            if mark == "#":
                self.place = _line_end(self.text, self.place)
            elif mark.isspace():
                broken = _GOES_ON.match(self.text, self.place)
                if not broken:
                    return False
                self.notes.append(LOST_BREAKS)
                self.place = broken.end()
            elif mark in ";|&<>()":
                self.notes.append(CUT_AT_AMPERSAND if self._is_in_a_url(mark) else REST_IGNORED)
                return False
            else:
                return True
        return False

    def _is_in_a_url(self, mark: str) -> bool:
        around = self.text[max(self.place - 1, 0) : self.place + 2]
        return (
            mark == "&" and len(around) == 3 and not any(one.isspace() or one in "&>" for one in around[::2])
        )

    def _word(self) -> Word:
        start, pieces = self.place, []
        while self.place < len(self.text):
            if plain := self._PLAIN.match(self.text, self.place):
                pieces.append(plain[0])
                self.place = plain.end()
                continue
            mark = self.text[self.place]
            if mark.isspace() or mark in ";|&<>()":
                break
            pieces.append(self._piece(mark))
        return Word("".join(pieces), start)

    def _piece(self, mark: str) -> str:
        after = self.text[self.place + 1 : self.place + 2]
        if mark == "'":
            end = self.text.find("'", self.place + 1)
            return self._closed(self.text[self.place + 1 : end] if end >= 0 else None, end + 1)
        if mark == '"' or (mark == "$" and after == '"'):
            return self._between(self._QUOTED, mark, self._unescaped)
        if mark == "$" and after == "'":
            return self._between(self._ANSI, mark, ansi_c)
        if mark == "\\":
            self.place += 2 if after != "\r" else 3
            return "" if after in ("\n", "\r") else after
        if _EXPANDED.match(self.text, self.place):
            self.notes.append(VARIABLE)
        self.place += 1
        return mark

    def _between(self, inside: re.Pattern[str], mark: str, unescape: Callable[[str], str]) -> str:
        opened = self.place + (2 if mark == "$" else 1)
        found = inside.match(self.text, opened)
        end = found.end() if found else opened
        closed = end < len(self.text)
        return self._closed(unescape(self.text[opened:end]) if closed else None, end + 1)

    def _closed(self, inner: str | None, end: int) -> str:
        if inner is None:
            raise not_closed(self.text, self.place)
        self.place = end
        return inner

    def _unescaped(self, inner: str) -> str:
        if _EXPANDED.search(re.sub(r"\\.", "", inner, flags=re.DOTALL)):
            self.notes.append(VARIABLE)
        return re.sub(r"\\(\r?\n|[$`\"\\])", lambda found: found[1].lstrip("\r\n"), inner)


def not_closed(text: str, place: int) -> Unreadable:
    return Unreadable(
        KIND,
        "a quotation mark is never closed.",
        "Paste all of the command, or quote the whole word with ' where it holds \".",
        text,
        place,
    )


_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_ANSI_ESCAPES |= {"E": "\x1b", "\\": "\\", "'": "'", '"': '"', "?": "?"}
_ANSI_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)


def ansi_c(inner: str) -> str:
    """What stands between ``$'`` and ``'``, with its escapes read. Octets (``\\xHH``, ``\\OOO``) make UTF-8
    together; one that doesn't stays as a lone surrogate.
    """
    if "\\" not in inner:
        return inner
    return _joined(_ANSI_ESCAPE.sub(_ansi_octets, inner))


def _ansi_octets(found: re.Match[str]) -> str:
    octet, short, long, octal, control, other = found.groups()
    if octet or octal:
        number = int(octet, 16) if octet else int(octal, 8) & 0xFF
        return chr(number) if number < 0x80 else chr(0xDC00 + number)
    if short or long:
        number = int(short or long, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    if control:
        return chr(ord(control) & 0x1F) if control.isascii() else control
    return _ANSI_ESCAPES.get(other, f"\\{other}")


def _joined(text: str) -> str:
    """Lone surrogates that stand for octets, made into the letters that they are together."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text  # another half of a character, which came with the text: whoever needs octets says so


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def cmd(text: str, start: int = 0) -> Command:
    """The words of a command of Windows' cmd.exe, as the program's own runtime divides them.

    ``%NAME%`` stays as it is written: no escape of a URL can be told from it.
    """
    line: list[str] = []
    places: list[int] = []  # of each of its characters in the text
    notes: list[str] = []
    place, inside = start, False
    while place < len(text):
        mark = text[place]
        at = place
        if mark == "^" and not inside:
            place += 1
            if text.startswith(("\n", "\r\n"), place):
                place += 1 if text[place] == "\n" else 2
            mark = text[place : place + 1]
            if mark == "\r" and text[place + 1 : place + 2] == "\n":
                place, mark = place + 1, "\n"
        elif mark == '"':
            inside = not inside
        elif mark in "\r\n":
            broken = _GOES_ON.match(text, place)
            if not broken:
                break
            notes.append(LOST_BREAKS)
            mark, place = " ", broken.end() - 1
        elif mark in "&|<>" and not inside:
            notes.append(REST_IGNORED)
            break
        line.append(mark)
        places.append(at)
        place += 1
    return Command(_divided("".join(line), places), place, notes)


_RUNTIME_PIECE = re.compile(r'(\\*)(""|")|([^\s"\\]+|\\+)|(\s+)')


def _divided(line: str, places: list[int]) -> list[Word]:
    """Words as Microsoft's C runtime divides a command line: ``\\"`` and, inside, ``""`` are a quote."""
    words: list[Word] = []
    pieces: list[str] | None = None
    place = start = 0
    inside = False
    while place < len(line):
        found = _RUNTIME_PIECE.match(line, place)
        assert found  # the pieces cover everything
        slashes, quote, plain, blank = found.groups()
        at, place = place, found.end()
        if blank and not inside:
            if pieces is not None:
                words.append(Word("".join(pieces), places[start]))
                count(KIND, "words", len(words), MAX_WORDS)
            pieces = None
            continue
        if pieces is None:
            pieces, start = [], at
        if quote:
            pieces.append("\\" * (len(slashes) // 2))
            if len(slashes) % 2:  # the first one is escaped; a second one is looked at again
                pieces.append('"')
                place -= len(quote) - 1
            elif quote == '""' and inside:
                pieces.append('"')
            else:
                inside = not inside
                place -= len(quote) - 1
        else:
            pieces.append(plain or blank)
    if pieces is not None:
        words.append(Word("".join(pieces), places[start]))
    return words


_POWERSHELL_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CHARACTER = re.compile(r"\$\(\[char\](?:0x([0-9A-Fa-f]{1,4})|([0-9]{1,5}))\)")
_IN_POWERSHELL = re.compile(r"[^\"`$]+|\"\"|`.|\$", re.DOTALL)


def powershell_string(text: str, place: int, notes: list[str]) -> tuple[str, int]:
    """The string that starts at `place` with its quotation mark, and where it ends.

    :raises Unreadable: where it isn't closed.
    """
    if text[place] == "'":
        found = re.compile(r"'((?:[^']|'')*)'").match(text, place)
        if not found:
            raise not_closed(text, place)
        return found[1].replace("''", "'"), found.end()
    pieces, at = [], place + 1
    while piece := _CHARACTER.match(text, at) or _IN_POWERSHELL.match(text, at):
        at = piece.end()
        pieces.append(_in_powershell(piece, text[at : at + 1], notes))
    if at >= len(text):
        raise not_closed(text, place)
    return "".join(pieces), at + 1


def _in_powershell(piece: re.Match[str], after: str, notes: list[str]) -> str:
    if piece.re is _CHARACTER:
        number = int(piece[1], 16) if piece[1] else int(piece[2])
        return chr(number) if number < 0xD800 or 0xE000 <= number < 0x10000 else "\ufffd"
    if piece[0] == '""':
        return '"'
    if piece[0][0] == "`":
        return _POWERSHELL_ESCAPES.get(piece[0][1], piece[0][1])
    if piece[0] == "$" and (after.isalpha() or after in ("{", "(", "_")) and after:
        notes.append(VARIABLE)
    return piece[0]


_POWERSHELL_BLANK = re.compile(r"(?:[ \t]|`[ \t]*\r?\n)+")
_POWERSHELL_PLAIN = re.compile(r"[^\s'\"`;|&()<>]+")


def powershell(text: str, start: int = 0) -> Command:
    """The words of a command of PowerShell, as a program of its own (``curl.exe``) gets them.

    :raises Unreadable: for a string that isn't closed.
    """
    words: list[Word] = []
    notes: list[str] = []
    place = start
    pieces: list[str] | None = None
    while place < len(text):
        mark = text[place]
        blank = _POWERSHELL_BLANK.match(text, place)
        if gap := blank or (_GOES_ON.match(text, place) if mark in "\r\n" else None):
            _add(words, pieces, begun=start)
            pieces, place = None, gap.end()
            notes += [] if blank else [LOST_BREAKS]
            continue
        if mark.isspace() or mark in ";|&()<>":
            notes += [] if mark.isspace() else [REST_IGNORED]
            break
        if pieces is None:
            pieces, start = [], place
        if mark in "'\"":
            piece, place = powershell_string(text, place, notes)
        elif mark == "`":
            piece, place = text[place + 1 : place + 2], place + 2
        else:
            plain = _POWERSHELL_PLAIN.match(text, place)
            piece, place = (plain[0], plain.end()) if plain else (mark, place + 1)
            if piece.startswith("$"):
                notes.append(VARIABLE)
        pieces.append(piece)
    _add(words, pieces, begun=start)
    return Command(words, place, notes)


def _add(words: list[Word], pieces: list[str] | None, *, begun: int) -> None:
    if pieces is not None:
        words.append(Word("".join(pieces), begun))
        count(KIND, "words", len(words), MAX_WORDS)

"""What a value is here: set once, compared by content, and printed without its secrets; and a secret text."""

from typing import Any, ClassVar, NoReturn, Self

HIDDEN = "…"


class Secret(str):
    """Text that :func:`repr` doesn't show, so that a traceback with its variables doesn't either. In all else
    it is the text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN if self else super().__repr__()


class SecretOctets(bytes):
    """:class:`Secret`, for octets."""

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN if self else super().__repr__()


class Value:
    """The base of every frozen value.

    A subclass names its fields in ``__slots__`` and sets them once, with :meth:`_fill`. Fields named in
    ``_hidden`` print as ``…``; :func:`vars` has nothing to show, since there is no ``__dict__``.
    """

    # Not a dataclass: importing `dataclasses` takes as long as importing all of this package, and a
    # generated `__repr__` or `asdict` shows what must stay hidden.
    __slots__: tuple[str, ...] = ()
    _hidden: ClassVar[frozenset[str]] = frozenset()
    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_names" not in cls.__dict__:  # a value may make some of its fields when they are asked for
            cls._names = (*cls._names, *cls.__dict__.get("__slots__", ()))

    def _fill(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: make another one instead of setting .{name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: .{name} can't be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self), *(field for field in self._fields() if not isinstance(field, dict))))

    def __repr__(self) -> str:
        # One that refused what it was made of has no fields yet, and a report of a crash prints it all the
        # same.
        fields = ((name, getattr(self, name)) for name in self._names if hasattr(self, name))
        shown = (
            f"{name}={HIDDEN if name in self._hidden and value else repr(value)}" for name, value in fields
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(zip(self._names, self._fields(), strict=True)))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def _rebuild(kind: type[Value], fields: dict[str, Any]) -> Value:
    value = kind.__new__(kind)
    value._fill(**fields)
    return value

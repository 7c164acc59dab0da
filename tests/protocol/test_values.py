"""Frozen values that hide what is secret."""

import copy
import json
import pickle

import pytest

from valetkey.protocol.values import HIDDEN, Secret, SecretOctets, Value


class Point(Value):
    __slots__ = ("x", "y")
    _hidden = frozenset({"y"})
    x: int
    y: str

    def __init__(self, x: int, y: str = "") -> None:
        self._fill(x=x, y=y)


class Marked(Point):
    __slots__ = ("mark",)
    mark: str

    def __init__(self, x: int, y: str, mark: str) -> None:
        super().__init__(x, y)
        self._fill(mark=mark)


class Pair(Value):
    __slots__ = ("x", "y")
    x: int
    y: str

    def __init__(self, x: int, y: str) -> None:
        self._fill(x=x, y=y)


def test_a_value_equals_another_with_the_same_content() -> None:
    assert Point(1, "a") == Point(1, "a")
    assert hash(Point(1, "a")) == hash(Point(1, "a"))


@pytest.mark.parametrize("other", [Point(2, "a"), Point(1, "b"), (1, "a"), Marked(1, "a", ""), Pair(1, "a")])
def test_a_value_differs_from_other_content_and_other_types(other: object) -> None:
    assert Point(1, "a") != other


def test_a_value_can_not_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point is frozen: make another one instead of setting \.x"):
        point.x = 2
    with pytest.raises(AttributeError, match="can't be deleted"):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 3
    assert point.x == 1


def test_a_hidden_field_prints_as_an_ellipsis() -> None:
    assert repr(Point(1, "secret")) == str(Point(1, "secret")) == f"Point(x=1, y={HIDDEN})"


def test_an_empty_hidden_field_prints_as_empty() -> None:
    assert repr(Point(1)) == "Point(x=1, y='')"


def test_one_that_is_half_made_prints_what_it_has() -> None:
    point = Point.__new__(Point)
    assert repr(point) == "Point()"
    point._fill(y="secret")
    assert repr(point) == f"Point(y={HIDDEN})"


def test_a_subclass_adds_its_fields_and_goes_on_hiding() -> None:
    assert repr(Marked(1, "secret", "m")) == f"Marked(x=1, y={HIDDEN}, mark='m')"
    assert Marked(1, "a", "m") != Marked(1, "a", "n")
    assert Marked(1, "a", "m") != Marked(1, "b", "m")


def test_there_is_no_dict_for_vars_to_show() -> None:
    with pytest.raises(TypeError):
        vars(Point(1, "secret"))


def test_a_copy_is_the_value_itself() -> None:
    point = Point(1, "a")
    assert copy.copy(point) is point
    assert copy.deepcopy([point])[0] is point


@pytest.mark.parametrize("value", [Point(1, "a"), Marked(1, "a", "m")])
def test_a_value_survives_pickling(value: Value) -> None:
    thawed = pickle.loads(pickle.dumps(value))  # just made
    assert thawed == value
    assert type(thawed) is type(value)


@pytest.mark.abuse("A64")
@pytest.mark.abuse("A80")
def test_a_secret_is_the_text_in_all_but_its_repr() -> None:
    secret = Secret("5EC12E7")
    assert (secret, str(secret), f"{secret}", json.dumps([secret])) == ("5EC12E7",) * 3 + ('["5EC12E7"]',)
    assert hash(secret) == hash("5EC12E7")
    assert repr(secret) == repr(copy.deepcopy(secret)) == repr(pickle.loads(pickle.dumps(secret))) == "…"
    assert repr([Secret("")]) == "['']", "that there is none is no secret"
    assert SecretOctets(b"5EC12E7") == b"5EC12E7"
    assert repr([SecretOctets(b"5EC12E7"), SecretOctets(b"")]) == "[…, b'']"

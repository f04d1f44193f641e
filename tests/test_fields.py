"""Fields: labels, conversion, and what is traced."""

import jax
import pytest

from toybench.errors import UsageError
from toybench.fields import Fields, join_label, make, split_label


def structure(fields: Fields) -> object:
    """The structure that JAX compares."""
    return jax.tree.structure(fields)


class Knobs(Fields):
    """A field of every kind."""

    lr: float = 0.1  # 0 to 1
    width: int = 8  # units
    mode: str = "plain"  # plain or fancy
    deep: bool = False  # yes or no
    sizes: tuple[int, ...] = (2, 3)  # units a layer
    rates: tuple[float, ...] = (0.5,)  # 0 to 1


def test_floats_are_leaves_and_the_rest_is_structure() -> None:
    assert jax.tree.leaves(Knobs(lr=0.5)) == [0.5]
    assert structure(Knobs(lr=0.5)) == structure(Knobs(lr=0.7))
    assert structure(Knobs(lr=0.5)) != structure(Knobs(width=9))


@pytest.mark.parametrize(
    ("label", "stem", "fields"),
    [("simvq", "simvq", {}), ("simvq[lr=0.003]", "simvq", {"lr": "0.003"}), ("a[b=1,c=x]", "a", {"b": "1", "c": "x"})],
)
def test_labels_are_read(label: str, stem: str, fields: dict) -> None:
    assert split_label(label) == (stem, fields)


def test_canonical_label_drops_defaults_and_orders_fields() -> None:
    assert join_label("m", Knobs, {"width": "4", "lr": "0.1"}) == "m[width=4]"
    assert join_label("m", Knobs, {"deep": "true", "lr": "1e-3"}) == "m[lr=0.001,deep=true]"
    assert join_label("m", Knobs, {"sizes": "4x5"}) == "m[sizes=4x5]"
    assert join_label("m", Knobs, {"width": "4", "lr": "0.1"}, defaults=True) == "m[lr=0.1,width=4]"


@pytest.mark.parametrize(
    ("given", "kept"), [([0.1, 1], (0.1, 1.0)), ("0.1x2", (0.1, 2.0)), ("1e-05", (1e-05,)), ((0.25,), (0.25,))]
)
def test_a_tuple_of_floats_keeps_them(given: object, kept: tuple[float, ...]) -> None:
    """From JSON, from a label, and through a label again."""
    assert make(Knobs, {"rates": given}).rates == kept
    label = join_label("m", Knobs, {"rates": given})
    assert make(Knobs, split_label(label)[1]).rates == kept
    assert all(type(rate) is float for rate in make(Knobs, {"rates": given}).rates)


def test_a_label_reads_back_as_what_it_was_made_from() -> None:
    chosen = make(Knobs, {"lr": "0.0012345678", "sizes": "1x2x3", "mode": "fancy"})
    label = join_label("m", Knobs, {"lr": "0.0012345678", "sizes": "1x2x3", "mode": "fancy"})
    assert make(Knobs, split_label(label)[1]) == chosen


@pytest.mark.parametrize(
    "fields",
    [
        {"lr": "fast"},
        {"lr": "nan"},
        {"width": "2.5"},
        {"width": True},
        {"deep": "maybe"},
        {"mode": "../x"},
        {"mode": 3},
        {"sizes": "1x2.5"},
        {"sizes": [1, 2.5]},
        {"sizes": [1, True]},
        {"rates": [0.1, "nan"]},
        {"rates": 0.1},
    ],
)
def test_a_value_of_the_wrong_type_is_refused_in_a_sentence(fields: dict) -> None:
    with pytest.raises(UsageError, match=r"takes .*, got"):
        make(Knobs, fields)


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'width'"):
        make(Knobs, {"widht": 3})


@pytest.mark.parametrize("label", ["a[b]", "a[b=1", "a[=]x"])
def test_a_malformed_label_is_refused(label: str) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        split_label(label)


def test_two_classes_with_equal_fields_have_unequal_structures() -> None:
    """Else JAX's caches, which ask for equality, answer for one method with the program of the other."""

    class One(Fields):
        lr: float = 0.1
        width: int = 8

    class Other(Fields):
        lr: float = 0.1
        width: int = 8

    assert structure(One()) != structure(Other())
    assert structure(One()) == structure(One(lr=0.2))
    assert structure(One()) != structure(One(width=9))
    assert jax.tree.map(lambda x: 2 * x, One()) == One(lr=0.2)

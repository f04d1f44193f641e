"""Fields: the knobs of a task, the hyperparameters of a method.

A subclass is a frozen dataclass without writing the decorator, and a JAX pytree: fields annotated
`float` are its leaves (traced: sweeping a learning rate does not recompile), every other field is
structure (static: a width, a mode).
"""

import dataclasses
import math
from typing import Any, ClassVar, dataclass_transform, get_origin

from toybench.errors import UsageError, nearest

BOUND = {"bound": True}  # field metadata: set by the harness, not a knob
_TYPES: dict[str, tuple[type, ...]] = {"float": (float, int), "int": (int,), "bool": (bool,), "str": (str,)}
_TUPLES = {"tuple[int, ...]": "int", "tuple[float, ...]": "float"}  # of what they are
KINDS = (*_TYPES, *_TUPLES)  # what a field may be


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
class Fields:
    """Base of `Task` and `Method`: a frozen, keyword-only dataclass registered as a pytree."""

    name: ClassVar[str] = ""  # 'study/stem'; set from the file's place when the registry loads it

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        try:
            dataclasses.dataclass(frozen=True, kw_only=True, eq=True)(cls)
        except ValueError as error:  # an array or a list as a default
            raise UsageError(f"{cls.__name__}: {error}; give fields plain values as their defaults.") from None
        _register(cls)
        cls.name = f"unregistered/{cls.__name__}"


def _register(cls: type) -> None:
    """Make `cls` a pytree whose structure holds the class itself.

    `jax.tree_util.register_dataclass` leaves it out: structures of two classes with equal fields then compare equal,
    and JAX's caches may answer for one class with the program of the other.
    """
    import jax  # half a second that reading labels can do without

    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    traced = tuple(f.name for f in fields if is_traced(f))
    static = tuple(f.name for f in fields if not is_traced(f))

    def flatten(one: Any) -> tuple[tuple, tuple]:
        return tuple(getattr(one, n) for n in traced), (cls, *(getattr(one, n) for n in static))

    def flatten_with_keys(one: Any) -> tuple[tuple, tuple]:
        leaves, structure = flatten(one)
        return tuple((jax.tree_util.GetAttrKey(n), v) for n, v in zip(traced, leaves, strict=True)), structure

    def unflatten(structure: tuple, leaves: Any) -> Any:
        one: Any = object.__new__(cls)
        for name, value in (*zip(static, structure[1:], strict=True), *zip(traced, leaves, strict=True)):
            object.__setattr__(one, name, value)
        return one

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def is_traced(field: dataclasses.Field) -> bool:
    """Whether a field is a traced leaf: annotated `float` (also as a string)."""
    return field.type in (float, "float")


def knobs(cls: type) -> dict[str, dataclasses.Field]:
    """The fields a user may set, by name, in their order of declaration."""
    return {f.name: f for f in dataclasses.fields(cls) if "bound" not in f.metadata}


def values(instance: Fields) -> dict[str, Any]:
    """Knob values as plain Python, for records and labels."""
    return {k: getattr(instance, k) for k in knobs(type(instance))}


def kind(field: dataclasses.Field) -> str:
    """A field's type as it is written; a plain `tuple` holds whole numbers."""
    name = str(field.type)
    written = name if get_origin(field.type) else getattr(field.type, "__name__", name)
    return "tuple[int, ...]" if written == "tuple" else written


def is_plain(kind: str, value: Any) -> bool:
    """Whether a value is of one of the `KINDS`, as Python's own plain type and finite."""
    if kind in _TUPLES:
        return isinstance(value, tuple) and all(is_plain(_TUPLES[kind], v) for v in value)
    return type(value) in _TYPES[kind] and (kind == "str" or math.isfinite(value))


def convert(owner: str, field: dataclasses.Field, value: Any) -> Any:
    """`value` (text from a selector, or a JSON value) as the field's declared type.

    Raises:
      UsageError: one sentence naming the owner, the field, what was got and what was expected.
    """
    try:
        return _convert(kind(field), value)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise UsageError(
            f"{owner}: field '{field.name}' takes {kind(field)}, got {value!r}; give a value of that type."
        ) from None


def _convert(kind: str, value: Any) -> Any:
    """`value` as the kind; an error of any sort where it can't be."""
    text = isinstance(value, str)
    if kind in _TUPLES:
        return tuple(_convert(_TUPLES[kind], part) for part in (value.split("x") if text else value))
    if kind == "bool":
        return value if isinstance(value, bool) else {"true": True, "false": False}[value.lower()]
    if kind == "str" and _is_word(value):
        return value
    if kind in ("int", "float") and not isinstance(value, bool):
        number = int(value) if kind == "int" else float(value)
        if math.isfinite(number) and (text or number == value):
            return number
    raise ValueError(value)


def _is_word(value: Any) -> bool:
    """Whether a value can stand in a label, which is a file's name too."""
    return isinstance(value, str) and value != "" and not set(value) & set("/\\[]=,") and not value.startswith(".")


def make(cls: type, given: dict[str, Any], owner: str | None = None) -> Any:
    """An instance of `cls` with `given` knob values converted and checked."""
    owner = owner or cls.name  # type: ignore[attr-defined]
    fields = knobs(cls)
    for name in given:
        if name not in fields:
            has = f"it has {', '.join(fields)}" if fields else "it has no fields"
            raise UsageError(f"{owner} has no field '{name}'{nearest(name, fields)}; {has}.")
    return cls(**{k: convert(owner, fields[k], v) for k, v in given.items()})


def split_label(label: str) -> tuple[str, dict[str, str]]:
    """`'simvq[lr=0.003,codes=64]'` to `('simvq', {'lr': '0.003', 'codes': '64'})`."""
    if "[" not in label:
        return label, {}
    stem, rest = label.split("[", 1)
    pairs = [p.split("=", 1) for p in rest[:-1].split(",") if p]
    if not rest.endswith("]") or any(len(p) != 2 for p in pairs):
        raise UsageError(f"'{label}' can't be read; write name[field=value,field=value].")
    return stem, {k.strip(): v.strip() for k, v in pairs}


def join_label(stem: str, cls: type, given: dict[str, Any], defaults: bool = False) -> str:
    """The canonical label: fields in order of declaration, those at their default left out unless `defaults`.

    A method's label keeps them: `iqe[lr=0.003]` says 0.003, whatever tuning chose for plain `iqe`.
    """
    chosen = make(cls, given)
    plain = cls()
    named = [k for k in knobs(cls) if k in given and (defaults or getattr(chosen, k) != getattr(plain, k))]
    return f"{stem}[{','.join(f'{k}={render(getattr(chosen, k))}' for k in named)}]" if named else stem


def render(value: Any) -> str:
    """A field value as it is written in a label."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return format(value, "g") if isinstance(value, float) and float(format(value, "g")) == value else str(value)

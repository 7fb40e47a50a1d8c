"""Strategies for messages of any type: sensible values in most fields, hostile ones in some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

INT32, INT64 = (1 << 31) - 1, (1 << 63) - 1
MANY = (60, 1_001, 12_000)
"""Lengths of lists that pass limits of a server."""

NEEDED = ("viewers", "k", "item_id", "item_ids", "items", "user_id", "event_id", "feature")
"""Fields without which a request is refused at once: mostly there."""

UNKNOWN_FIELDS = (b"", b"", b"\xc2\x3e\x03abc", b"\xc0\x3e\x96\x01")
"""Of a later version of the proto: field 1000 as three bytes, and as the number 150."""

HOSTILE_TEXTS = (
    "",
    " ",
    "\x00",
    "\x00id",
    "a\nb",
    "\u202eabc",
    "\ufeff1",
    "💥" * 300,
    "x" * 70_000,
    "' OR 1=1 --",
    "{}",
    "%s%n",
    "../../etc/passwd",
    "NaN",
    "1e999",
    "-9223372036854775809",
    "\U0010ffff",
)
HOSTILE_FLOATS = (
    float("nan"),
    float("inf"),
    float("-inf"),
    -0.0,
    1e-45,
    3.4e38,
    -1.0,
    1e300,
)


@dataclass(frozen=True)
class Known:
    """What a server knows, so that not everything is refused at the first field.

    Attributes:
        texts: Field name to values that mean something in it.
    """

    texts: dict[str, Sequence[str]]


def messages(descriptor: Descriptor, known: Known) -> st.SearchStrategy[Message]:
    """Valid messages of a type."""
    cls = GetMessageClass(descriptor)
    plain = [field for field in descriptor.fields if field.containing_oneof is None]
    options = {field.name: _field(field, known) for field in plain}
    oneofs = [
        st.one_of(
            st.just({}), *(st.fixed_dictionaries({f.name: _field(f, known)}) for f in oneof.fields)
        )
        for oneof in descriptor.oneofs
    ]

    def build(fields: dict[str, Any], chosen: list[dict[str, Any]], unknown: bytes) -> Message:
        for each in chosen:
            fields = fields | each
        message = cls(**fields)
        message.MergeFromString(unknown)
        return message

    needed = {name: options[name] for name in NEEDED if name in options}
    others = {name: value for name, value in options.items() if name not in needed}
    least = st.fixed_dictionaries(needed)
    more = st.fixed_dictionaries(needed, optional=others)
    fields = _as_named(least, least, more, st.fixed_dictionaries({}, optional=options))
    return st.builds(build, fields, st.tuples(*oneofs).map(list), st.sampled_from(UNKNOWN_FIELDS))


def _field(field: FieldDescriptor, known: Known) -> st.SearchStrategy[Any]:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        value = message.fields_by_name["value"]
        return st.dictionaries(_texts("feature", known), _single(value, known), max_size=4)
    single = _single(field, known)
    if not field.is_repeated:
        return single
    few = st.lists(single, max_size=4)
    if message is not None:
        # One is the likeliest to be right as a whole.
        one = st.lists(single, min_size=1, max_size=1)
        return _as_named(one, one, few)
    many = st.builds(lambda value, count: [value] * count, single, st.sampled_from(MANY))
    counted = st.sampled_from(MANY).map(lambda count: [f"n{at}" for at in range(count)])
    return _as_named(few, few, few, few, many, counted)


def _single(field: FieldDescriptor, known: Known) -> st.SearchStrategy[Any]:
    kinds = FieldDescriptor
    if field.message_type is not None:
        return st.deferred(lambda: messages(field.message_type, known))
    if field.enum_type is not None:
        numbers = [value.number for value in field.enum_type.values]
        return _as_named(
            st.sampled_from(numbers), st.sampled_from(numbers), st.sampled_from((-1, 99, INT32))
        )
    if field.cpp_type == kinds.CPPTYPE_STRING:
        return _texts(field.name, known)
    if field.cpp_type == kinds.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type in (kinds.CPPTYPE_FLOAT, kinds.CPPTYPE_DOUBLE):
        width: Literal[32, 64] = 32 if field.cpp_type == kinds.CPPTYPE_FLOAT else 64
        hostile = [value for value in HOSTILE_FLOATS if width == 64 or abs(value) != 1e300]
        return st.one_of(
            st.floats(0, 5, width=width), st.floats(width=width), st.sampled_from(hostile)
        )
    most = INT32 if field.cpp_type == kinds.CPPTYPE_INT32 else INT64
    return st.one_of(
        st.integers(1, 20),
        st.integers(1, 20),
        st.integers(-most - 1, most),
        st.sampled_from((0, -1, 500, 501, most, -most - 1)),
    )


def _texts(name: str, known: Known) -> st.SearchStrategy[str]:
    """Texts of a field: mostly such as mean something there, if any are known."""
    hostile = st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(max_size=40))
    values = known.texts.get(name)
    if not values:
        return hostile
    meant = st.sampled_from(values)
    return _as_named(meant, meant, meant, meant, meant, meant, meant, hostile)


def _as_named(*choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of them, each as often as it is named; `st.one_of` counts one named twice once."""
    return st.sampled_from(choices).flatmap(lambda chosen: chosen)

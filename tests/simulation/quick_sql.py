"""The store's statements, recorded instead of built, so that a schedule costs a third.

SQLAlchemy spends nine tenths of a small statement on building and compiling it. Here the names by
which ``booking.store`` knows tables and ``select`` stand for recorders: what is done to them is
kept as a number per shape, with its values beside it. A shape that was not seen before is played
to SQLAlchemy, which makes the SQL; from then on that SQL is executed by sqlite3 alone.
"""

from __future__ import annotations

import enum
import operator
import re
import sqlite3
import sys
from collections import namedtuple
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.visitors import Visitable

from booking.store.columns import Moment, from_microseconds, to_microseconds

_NUMBERS: dict[Any, int] = {}  #: shape → its number
_SHAPES: list[Any] = []  #: number → shape
_THINGS: list[Any] = []  #: what shapes are made of: tables, functions, types

#: Words of these functions and methods are part of the shape, not values.
_SPOKEN: Final = frozenset(
    {"label", "bindparam", "text", "literal_column", "alias", "cte", "from_select"}
)
_WRITES_TO: Final = re.compile(r'\b(?:INSERT INTO|DELETE FROM|UPDATE) "?(\w+)')
_VALUES: Final = (int, float, bytes, datetime)


def _number(shape: Any) -> int:
    number = _NUMBERS.get(shape)
    if number is None:
        number = _NUMBERS[shape] = len(_SHAPES)
        _SHAPES.append(shape)
    return number


_BOUND: Final = _number(("value",))
_WORDS: dict[Any, int] = {}
_PLAIN: dict[int, Recorded] = {}


def _thing(value: Any) -> int:
    """A table, a type, a function: one of few."""
    key = (type(value), value) if isinstance(value, str | bool | type(None) | int) else id(value)
    number = _WORDS.get(key)
    if number is None:
        _THINGS.append(value)
        number = _WORDS[key] = _number(("thing", len(_THINGS) - 1))
    return number


class Recorded:
    """One thing of SQLAlchemy's, or what was done to it."""

    def __init__(self, number: int, values: tuple[Any, ...] = (), word: str = "") -> None:
        self._number, self._values, self._word = number, values, word

    def __getattr__(self, name: str) -> Recorded:
        if name[:2] == "__":
            raise AttributeError(name)
        found = Recorded(_number(("attribute", self._number, name)), self._values, name)
        if not self._values:
            self.__dict__[name] = found  # the next time nobody asks here
        return found

    def __call__(self, *args: Any, **named: Any) -> Recorded:
        values: list[Any] = []
        spoken = self._word in _SPOKEN
        numbers = tuple([_argument(each, values, spoken) for each in args])
        words: tuple[Any, ...] = ()
        if named:
            words = tuple([(key, _argument(each, values, spoken)) for key, each in named.items()])
        number = _number(("call", self._number, numbers, words))
        if values:
            return Recorded(number, (*self._values, *values))
        if self._values:
            return Recorded(number, self._values)
        # Without values the same shape is the same thing, with all that is known of it.
        plain = _PLAIN.get(number)
        if plain is None:
            plain = _PLAIN[number] = Recorded(number)
        return plain

    def __iter__(self) -> Iterator[Recorded]:
        return (recorded(each) for each in _play(self._number, [], {}))

    def __hash__(self) -> int:
        return hash(self._number)

    def __radd__(self, other: Any) -> Recorded:
        values: list[Any] = []
        number = _argument(other, values, False)
        return Recorded(
            _number(("operator", "add", number, self._number)), (*values, *self._values)
        )

    def __invert__(self) -> Recorded:
        return Recorded(_number(("operator", "invert", self._number)), self._values)


def _operator(name: str) -> Callable[[Recorded, Any], Recorded]:
    def operate(self: Recorded, other: Any) -> Recorded:
        values = list(self._values)
        number = _argument(other, values, False)
        return Recorded(_number(("operator", name, self._number, number)), tuple(values))

    return operate


for _name in ("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "add", "sub", "mul", "truediv"):
    setattr(Recorded, f"__{_name.rstrip('_')}__", _operator(_name))


def _argument(value: Any, values: list[Any], spoken: bool) -> int:
    kind = type(value)
    if kind is Recorded:
        if value._values:
            values.extend(value._values)
        return value._number  # type: ignore[no-any-return]
    if kind is str:
        if spoken:
            return _thing(value)
        values.append(value)
        return _BOUND
    if value is None or kind is bool:
        return _thing(value)
    if isinstance(value, _VALUES):
        values.append(value)
        return _BOUND
    if isinstance(value, enum.Enum):
        values.append(value.value)
        return _BOUND
    if isinstance(value, list | tuple | set | frozenset):
        parts = tuple([_argument(each, values, spoken) for each in value])
        return _number(("tuple" if kind is tuple else "list", parts))
    if isinstance(value, dict):
        return _number(
            (
                "dict",
                tuple(
                    [
                        (
                            _thing(key) if type(key) is str else key._number,
                            _argument(each, values, spoken),
                        )
                        for key, each in value.items()
                    ]
                ),
            )
        )
    return _thing(value)


def _play(number: int, values: list[Any], made: dict[int, Any]) -> Any:
    """The shape in SQLAlchemy's own objects; ``values`` from the last one to the first.

    What has no values is ``made`` once: a table expression stands for itself wherever it is named.
    """
    if number in made:
        return made[number]
    left = len(values)
    thing = _built(_SHAPES[number], lambda each: _play(each, values, made), values)
    if len(values) == left:
        made[number] = thing
    return thing


def _built(shape: Any, play: Callable[[int], Any], values: list[Any]) -> Any:
    match shape[0]:
        case "value":
            return values.pop()
        case "thing":
            return _THINGS[shape[1]]
        case "attribute":
            return getattr(play(shape[1]), shape[2])
        case "call":
            called = play(shape[1])
            args = [play(each) for each in shape[2]]
            return called(*args, **{key: play(each) for key, each in shape[3]})
        case "operator":
            operands = [play(each) for each in shape[2:]]
            return getattr(operator, shape[1])(*operands)
        case "list":
            return [play(each) for each in shape[1]]
        case "tuple":
            return tuple([play(each) for each in shape[1]])
        case "dict":
            return {play(key): play(each) for key, each in shape[1]}
    raise AssertionError(shape)


def recorded(value: Any) -> Recorded:
    return Recorded(_thing(value), (), getattr(value, "__name__", ""))


class _Plan:
    """How a shape is executed: SQL, where each parameter comes from, what rows look like."""

    def __init__(self, number: int, count: int, dialect: Any, named: dict[str, Any]) -> None:
        lists = {name: len(value) for name, value in named.items() if type(value) is list}
        names = [f"q{each}" for each in range(count)]
        statement = _play(number, [bindparam(name) for name in reversed(names)], {})
        compiled = statement.compile(dialect=dialect)
        fixed = dict(compiled.construct_params(dict.fromkeys(names), _check=False))
        self.sql, order = compiled.string, list(compiled.positiontup or ())
        processors = dict(compiled._bind_processors)
        for name in processors:
            if isinstance(compiled.binds[name].type, Moment):
                processors[name] = _to_microseconds
        self.expansions: dict[str, tuple[str, int]] = {}
        if compiled.post_compile_params:
            for name, length in lists.items():
                fixed[name] = list(range(length))
            expanded = compiled._process_parameters_for_postcompile(fixed)
            self.sql, order = expanded.statement, list(expanded.positiontup or ())
            processors |= dict(expanded.processors)
            fixed |= expanded.additional_parameters
            for name, parts in expanded.parameter_expansion.items():
                self.expansions |= {part: (name, place) for place, part in enumerate(parts)}
        for column in (*getattr(compiled, "insert_prefetch", ()),):
            fixed[column.key] = column.default.arg
        writes = _WRITES_TO.search(self.sql)
        self.table = writes[1] if writes else ""  #: that it writes to
        self.parameters = self._reader(order, names, fixed, processors, named)
        self.rows = self._maker(compiled._result_columns or (), dialect)

    def _reader(
        self,
        order: list[str],
        names: list[str],
        fixed: dict[str, Any],
        processors: dict[str, Any],
        named: Collection[str],
    ) -> Any:
        """``(values, named) → parameters``, as one expression: it runs for every statement."""
        places = {name: place for place, name in enumerate(names)}
        known: dict[str, Any] = {}
        parts = []
        for count, name in enumerate(order):
            if name in places:
                part = f"values[{places[name]}]"
            elif name in self.expansions and self.expansions[name][0] in named:
                whole, place = self.expansions[name]
                part = f"named[{whole!r}][{place}]"
            elif name in named:
                part = f"named[{name!r}]"
            else:
                process, value = processors.get(name), fixed.get(name)
                known[f"fixed{count}"] = value if process is None else process(value)
                parts.append(f"fixed{count}")
                continue
            parts.append(_processed(part, processors.get(name), known, count))
        return eval(f"lambda values, named: ({''.join(f'{each}, ' for each in parts)})", known)

    def _maker(self, columns: Any, dialect: Any) -> Any:
        """``rows of sqlite3 → rows as the store knows them``; None for a statement without any."""
        if not columns:
            return None
        made = namedtuple("Row", [each.keyname for each in columns], rename=True)  # type: ignore[misc]
        row = type("Row", (made,), {"_mapping": property(lambda self: self._asdict())})
        known: dict[str, Any] = {"new": tuple.__new__, "Row": row}
        processors = [
            _from_microseconds
            if isinstance(each.type, Moment)
            else each.type._cached_result_processor(dialect, None)
            for each in columns
        ]
        if not any(processors):
            return eval("lambda rows: [new(Row, row) for row in rows]", known)
        parts = [
            _processed(f"row[{place}]", process, known, place)
            for place, process in enumerate(processors)
        ]
        return eval(
            f"lambda rows: [new(Row, ({''.join(f'{each}, ' for each in parts)})) for row in rows]",
            known,
        )


# One schedule speaks of few moments, again and again.
@lru_cache(4096)
def _to_microseconds(value: datetime | None) -> int | None:
    return None if value is None else to_microseconds(value)


@lru_cache(4096)
def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)


def _processed(part: str, process: Any, known: dict[str, Any], count: int) -> str:
    """The expression with its type's processor around it."""
    if process is None:
        return part
    known[f"process{count}"] = process
    return f"process{count}({part})"


class Answer:
    """What ``Connection.execute`` gives, as far as the store asks."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def one_or_none(self) -> Any:
        return self.one() if self._rows else None

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        return self.one()[0] if self._rows else None

    def scalars(self) -> Answer:
        return Answer([row[0] for row in self._rows], self.rowcount)


class QuickConnection:
    """A connection that knows recorded statements; others it hands to SQLAlchemy."""

    def __init__(self, raw: sqlite3.Connection, real: Connection) -> None:
        self._raw, self._real = raw, real
        self._plans: dict[Any, _Plan] = {}
        self._depth = 0
        #: Tables that were written to since somebody cleared it; a hand in the database adds "?".
        self.written: set[str] = set()
        self._begins: list[bool] = []  #: of the units under way: whether they have a savepoint

    @property
    def dialect(self) -> Any:
        return self._real.dialect

    def execute(self, statement: Any, named: Any = None) -> Any:
        if type(statement) is not Recorded:
            self._will_write("?")
            return self._real.execute(statement, named)
        key: Any = statement._number
        if named:
            # A list needs as many places as it has parts; else the names are all that matters.
            key = (
                key,
                *[
                    (name, len(each)) if type(each) is list else name
                    for name, each in named.items()
                ],
            )
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _Plan(
                statement._number, len(statement._values), self._real.dialect, named or {}
            )
        parameters = plan.parameters(statement._values, named)
        if plan.table:
            self._will_write(plan.table)
        try:
            cursor = self._raw.execute(plan.sql, parameters)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(plan.sql, None, error) from None
        if plan.rows is None or cursor.description is None:
            return Answer([], cursor.rowcount)
        return Answer(plan.rows(cursor.fetchall()), cursor.rowcount)

    def _will_write(self, table: str) -> None:
        self.written.add(table)
        if self._begins and not self._begins[-1]:
            self._begins[-1] = True
            self._raw.execute("SAVEPOINT unit")

    def begin(self) -> None:
        """Of a transaction; it costs something from its first write on."""
        self._begins.append(False)

    def end(self, *, committed: bool) -> None:
        if self._begins.pop():
            if not committed:
                self._raw.execute("ROLLBACK TO unit")
            self._raw.execute("RELEASE unit")

    @contextmanager
    def begin_nested(self) -> Iterator[None]:
        self._will_write("?")
        self._depth += 1
        name = f"nested{self._depth}"
        self._raw.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._raw.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._raw.execute(f"RELEASE {name}")
            self._depth -= 1


_WORDS_OF_SQLALCHEMY: Final = frozenset(
    {"select", "insert", "update", "delete", "and_", "or_", "not_", "case", "func", "bindparam",
     "type_coerce", "tuple_", "exists", "literal", "literal_column", "cast", "union_all", "text",
     "null", "distinct"}
)  # fmt: skip


def record_store() -> Callable[[], None]:
    """Let ``booking.store`` record from now on; the answer undoes it."""
    undo: list[tuple[Any, str, Any]] = []
    for key, module in sorted(sys.modules.items()):
        if not key.startswith("booking.store.") or ".migrations" in key or key.endswith(".tables"):
            continue
        for name, value in list(vars(module).items()):
            word = name in _WORDS_OF_SQLALCHEMY and value is getattr(sqlalchemy, name, None)
            if word or (isinstance(value, Visitable) and not isinstance(value, type)):
                undo.append((module, name, value))
                setattr(module, name, recorded(value))
            elif hasattr(value, "cache_clear"):
                value.cache_clear()

    def put_back() -> None:
        for module, name, value in undo:
            setattr(module, name, value)
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()

    return put_back

"""SQL statements are compiled once for all the databases of a run, one for each of many tests.

The same statement in the same dialect is the same text; in the product, with one engine a process,
nothing of this is needed. Everything here is public interface of SQLAlchemy (Dialects: registry;
``Dialect.engine_created``; the execution option ``compiled_cache``).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_compiled: dict[Any, Any] = {}


class _Alike:
    """A key of the cache holds the dialect: those of the same kind and server are equal."""

    server_version_info: Any

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.server_version_info == self.server_version_info

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_compiled)


class SqliteAlike(_Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class PostgresAlike(_Alike, PGDialect_psycopg):
    supports_statement_cache = True


def compiled_once() -> None:
    """From now on, in this process."""
    registry.register("sqlite", __name__, SqliteAlike.__name__)
    registry.register("postgresql.psycopg", __name__, PostgresAlike.__name__)

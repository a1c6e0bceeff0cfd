"""The two stores that count visits. Both come back by themselves after a restart of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import TypeVar

import psycopg
import redis

from shop.contract import StoreDown

T = TypeVar("T")

# Seconds. A health check of the load balancer waits for two.
TIMEOUT = 2
CONNECTIONS = 4

# The lock keeps instances that start together from making the table at the same time, which PostgreSQL refuses to one.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('shop.visits'))"
TABLE = "CREATE TABLE IF NOT EXISTS visits (page text PRIMARY KEY, number bigint NOT NULL)"
COUNT = """
    INSERT INTO visits VALUES ('all', 1)
    ON CONFLICT (page) DO UPDATE SET number = visits.number + 1
    RETURNING number
"""


class Database:
    """Visits in PostgreSQL, over a few connections that requests share."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.idle: LifoQueue[psycopg.Connection | None] = LifoQueue()
        for _ in range(CONNECTIONS):
            self.idle.put(None)

    def count(self) -> int:
        return self.ask(add_one)

    def check(self) -> None:
        self.ask(lambda connection: connection.execute("SELECT 1"))

    def ask(self, question: Callable[[psycopg.Connection], T]) -> T:
        """Put a question to the database. An idle connection may have died with the server, so it is tried again."""
        try:
            with self.connection() as connection:
                return question(connection)
        except psycopg.OperationalError:
            self.forget()
        try:
            with self.connection() as connection:
                return question(connection)
        except psycopg.OperationalError as error:
            raise StoreDown("the database does not answer") from error

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """A connection for one question, in a transaction of its own. One that fails is not kept."""
        try:
            connection = self.idle.get(timeout=TIMEOUT)
        except Empty:
            raise StoreDown("the database does not answer in time") from None
        try:
            if connection is None:
                connection = psycopg.connect(self.url, connect_timeout=TIMEOUT)
            with connection.transaction():
                yield connection
        except BaseException:
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self.idle.put(connection)

    def forget(self) -> None:
        """Close the idle connections: where one has died, the others most likely have too."""
        idle = []
        with suppress(Empty):
            while True:
                idle.append(self.idle.get_nowait())
        for connection in idle:
            if connection is not None:
                connection.close()
            self.idle.put(None)


def add_one(connection: psycopg.Connection) -> int:
    """Count one visit. The first one finds no table, and makes it."""
    try:
        with connection.transaction():
            row = connection.execute(COUNT).fetchone()
    except psycopg.errors.UndefinedTable:
        connection.execute(LOCK)
        connection.execute(TABLE)
        row = connection.execute(COUNT).fetchone()
    return int(row[0]) if row else 0


class Cache:
    """Visits in Redis."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)

    def count(self) -> int:
        return self.ask(lambda: int(str(self.client.incr("visits"))))

    def check(self) -> None:
        self.ask(self.client.ping)

    def ask(self, question: Callable[[], T]) -> T:
        """Put a question to the cache. An idle connection may have died with the server, so it is tried again."""
        try:
            return question()
        except redis.RedisError:
            self.client.connection_pool.disconnect()
        try:
            return question()
        except redis.RedisError as error:
            raise StoreDown("the cache does not answer") from error

"""A web app that counts its visits in PostgreSQL and in Redis, and says which instance answered."""

VERSION = "1.0.0"

"""Postgres, the outbox and its relay, idempotency, migrations: mechanism, no business SQL."""

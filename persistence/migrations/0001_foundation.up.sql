-- The ground that every context stands on: schemas, who acts, the outbox and the once-only keys.

-- A role belongs to the server, not to this database: another database may have made it already.
DO $$
BEGIN
    CREATE ROLE klear_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

CREATE EXTENSION IF NOT EXISTS btree_gist; -- trusted since Postgres 13: the owner need not be a superuser

CREATE SCHEMA klear;
CREATE SCHEMA accounts;
CREATE SCHEMA organisations;
CREATE SCHEMA practitioners;
CREATE SCHEMA booking;
CREATE SCHEMA rooms;
GRANT SELECT ON persistence.migration TO klear_app; -- to refuse to serve what is not migrated
GRANT USAGE ON SCHEMA klear, accounts, organisations, practitioners, booking, rooms, persistence TO klear_app;

-- Who acts: set by SET LOCAL in each transaction (persistence/postgres.py). Unset or empty means nobody.
CREATE FUNCTION klear.current_person() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('klear.person_id', true), '')::uuid;

CREATE FUNCTION klear.current_organisation() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('klear.organisation_id', true), '')::uuid;

CREATE FUNCTION klear.is_system() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('klear.system', true), '') = 'true';

-- What was promised to the sockets. Order comes from counters inside the payload, never from id (docs/decisions/0004).
-- No foreign keys here and below: mechanism knows no context, and these rows live for a day.
CREATE TABLE persistence.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id uuid NOT NULL,
    channel text NOT NULL CHECK (length(channel) BETWEEN 1 AND 255),
    payload json NOT NULL, -- json, not jsonb: what goes out is byte for byte what was written
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    refused_at timestamptz -- the broker will never take it; kept a day for whoever looks
);
CREATE INDEX outbox_pending ON persistence.outbox (id) WHERE published_at IS NULL AND refused_at IS NULL;
CREATE INDEX outbox_done ON persistence.outbox (created_at) WHERE published_at IS NOT NULL OR refused_at IS NOT NULL;

ALTER TABLE persistence.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY append ON persistence.outbox FOR INSERT TO klear_app
    WITH CHECK (klear.is_system() OR organisation_id = klear.current_organisation());
CREATE POLICY relay ON persistence.outbox TO klear_app USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE (published_at, refused_at), DELETE ON persistence.outbox TO klear_app;

-- What a write answered, so that the same key answers the same again (persistence/idempotency.py).
CREATE TABLE persistence.idempotency (
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    status smallint NOT NULL,
    body json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, person_id, key)
);
CREATE INDEX idempotency_created ON persistence.idempotency (created_at);

ALTER TABLE persistence.idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON persistence.idempotency TO klear_app
    USING (
        klear.is_system()
        OR (organisation_id = klear.current_organisation() AND person_id = klear.current_person())
    );
GRANT SELECT, INSERT, DELETE ON persistence.idempotency TO klear_app;

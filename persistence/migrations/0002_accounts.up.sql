-- Organisations, the people who belong to them, and how a person proves who he is.

CREATE TABLE organisations.organisation (
    id         uuid PRIMARY KEY,
    slug       text NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 63),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    time_zone  text NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64), -- IANA
    created_at timestamptz NOT NULL,
    CONSTRAINT organisation_slug_key UNIQUE (slug)
);

ALTER TABLE organisations.organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON organisations.organisation FOR SELECT TO klear_app
    USING (klear.is_system() OR id = klear.current_organisation());
CREATE POLICY system ON organisations.organisation TO klear_app
    USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE (name, time_zone) ON organisations.organisation TO klear_app;

CREATE TABLE accounts.person (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations.organisation (id),
    email           text NOT NULL CHECK (length(email) BETWEEN 3 AND 254), -- RFC 5321, 4.5.3.1.3
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    locale          text NOT NULL CHECK (length(locale) BETWEEN 2 AND 35), -- BCP 47
    time_zone       text NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64), -- IANA
    roles           text[] NOT NULL CHECK (
        cardinality(roles) > 0
        -- A guest is no role of a person: it is what a join link makes of one.
        AND roles <@ ARRAY['client', 'practitioner', 'assistant', 'owner', 'platform_admin']
    ),
    created_at      timestamptz NOT NULL,
    CONSTRAINT person_id_organisation_key UNIQUE (id, organisation_id) -- for foreign keys that keep organisations apart
);
-- One address signs in to one account, in whatever organisation: the form asks for no organisation.
CREATE UNIQUE INDEX person_email_key ON accounts.person (lower(email));
CREATE INDEX person_organisation ON accounts.person (organisation_id);

-- Whether who acts works for his organisation. As its owner, because a policy on person may not read person.
CREATE FUNCTION accounts.acts_as_staff() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM accounts.person
        WHERE id = klear.current_person()
          AND organisation_id = klear.current_organisation()
          AND roles && ARRAY['practitioner', 'assistant', 'owner']
    )
$$;
REVOKE ALL ON FUNCTION accounts.acts_as_staff() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts.acts_as_staff() TO klear_app;

ALTER TABLE accounts.person ENABLE ROW LEVEL SECURITY;
-- Himself; and for who works there, everyone of the organisation. (select ...) is evaluated once a query, not once a row.
CREATE POLICY own ON accounts.person FOR SELECT TO klear_app
    USING (
        klear.is_system()
        OR (
            organisation_id = klear.current_organisation()
            AND (id = klear.current_person() OR (SELECT accounts.acts_as_staff()))
        )
    );
CREATE POLICY system ON accounts.person TO klear_app
    USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE (email, name, locale, time_zone, roles) ON accounts.person TO klear_app;

-- Apart from person, so that no query about people can bring a hash along.
CREATE TABLE accounts.password (
    person_id       uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    hash            text NOT NULL CHECK (hash LIKE '$argon2id$%'),
    changed_at      timestamptz NOT NULL,
    FOREIGN KEY (person_id, organisation_id) REFERENCES accounts.person (id, organisation_id) ON DELETE CASCADE
);

ALTER TABLE accounts.password ENABLE ROW LEVEL SECURITY;
CREATE POLICY system ON accounts.password TO klear_app
    USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE (hash, changed_at) ON accounts.password TO klear_app;

-- A sign-in that can be refreshed: docs/decisions/0007. Its refresh token is signed with `key` and holds a counter.
CREATE TABLE accounts.session (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id       uuid NOT NULL,
    key             bytea NOT NULL CHECK (length(key) = 32),
    current         bigint NOT NULL, -- the counter of the newest token
    previous        bigint NOT NULL, -- the counter it was given for: its answer may have been lost
    created_at      timestamptz NOT NULL,
    refreshed_at    timestamptz NOT NULL,
    revoked_at      timestamptz,
    CHECK (previous BETWEEN 0 AND current),
    FOREIGN KEY (person_id, organisation_id) REFERENCES accounts.person (id, organisation_id) ON DELETE CASCADE
);
CREATE INDEX session_person ON accounts.session (person_id, refreshed_at);

ALTER TABLE accounts.session ENABLE ROW LEVEL SECURITY;
CREATE POLICY system ON accounts.session TO klear_app
    USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE (current, previous, refreshed_at, revoked_at), DELETE ON accounts.session TO klear_app;

-- Failed sign-ins, counted by account and network before anybody is known: so without an organisation.
-- `bucket` is a digest: the table tells neither addresses nor networks.
CREATE TABLE accounts.sign_in_attempt (
    bucket     bytea PRIMARY KEY CHECK (length(bucket) = 16),
    failures   int NOT NULL CHECK (failures >= 0),
    failed_at  timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);
CREATE INDEX sign_in_attempt_failed_at ON accounts.sign_in_attempt (failed_at);

ALTER TABLE accounts.sign_in_attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY system ON accounts.sign_in_attempt TO klear_app
    USING (klear.is_system());
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.sign_in_attempt TO klear_app;

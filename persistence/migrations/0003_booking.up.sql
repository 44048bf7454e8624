-- Practitioners' public profiles, and booking: what they offer, when, and to whom it was given.
--
-- All times are instants. Weekly hours are minutes of the practitioner's local day, turned into instants by
-- services/booking/availability.py alone: no AT TIME ZONE anywhere, so that one tz database decides.

CREATE TABLE practitioners.practitioner (
    id uuid PRIMARY KEY, -- the person's id
    organisation_id uuid NOT NULL REFERENCES organisations.organisation (id),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    title text NOT NULL DEFAULT '' CHECK (char_length(title) <= 200),
    bio text NOT NULL DEFAULT '' CHECK (char_length(bio) <= 4000),
    specialities text[] NOT NULL DEFAULT '{}' CHECK (cardinality(specialities) <= 20),
    languages text[] NOT NULL DEFAULT '{}' CHECK (cardinality(languages) <= 20), -- BCP 47
    FOREIGN KEY (id, organisation_id) REFERENCES accounts.person (id, organisation_id)
);
CREATE INDEX practitioner_listed ON practitioners.practitioner (organisation_id, name, id);

CREATE TABLE booking.calendar (
    practitioner_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations.organisation (id),
    practitioner_name text NOT NULL CHECK (char_length(practitioner_name) BETWEEN 1 AND 200),
    time_zone text NOT NULL, -- IANA
    version bigint NOT NULL DEFAULT 0, -- counts pushes, under this row's lock: their order
    rules_version bigint NOT NULL DEFAULT 0, -- counts saves of the weekly hours
    UNIQUE (organisation_id, practitioner_id),
    FOREIGN KEY (practitioner_id, organisation_id) REFERENCES accounts.person (id, organisation_id)
);

CREATE TABLE booking.rule (
    organisation_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7), -- ISO: 1 is Monday
    start_minute smallint NOT NULL CHECK (start_minute >= 0),
    end_minute smallint NOT NULL CHECK (end_minute <= 1440),
    CHECK (start_minute < end_minute),
    PRIMARY KEY (practitioner_id, weekday, start_minute),
    FOREIGN KEY (organisation_id, practitioner_id) REFERENCES booking.calendar (organisation_id, practitioner_id)
);

CREATE TABLE booking.service (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 2000),
    duration_minutes int NOT NULL CHECK (duration_minutes BETWEEN 5 AND 480),
    slot_minutes int NOT NULL CHECK (slot_minutes BETWEEN 5 AND 480),
    buffer_before_minutes int NOT NULL DEFAULT 0 CHECK (buffer_before_minutes BETWEEN 0 AND 240),
    buffer_after_minutes int NOT NULL DEFAULT 0 CHECK (buffer_after_minutes BETWEEN 0 AND 240),
    min_notice_minutes int NOT NULL DEFAULT 60 CHECK (min_notice_minutes BETWEEN 0 AND 43200),
    horizon_days int NOT NULL DEFAULT 60 CHECK (horizon_days BETWEEN 1 AND 365),
    price_amount bigint NOT NULL CHECK (price_amount >= 0), -- minor units
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    position int NOT NULL DEFAULT 0,
    UNIQUE (organisation_id, practitioner_id, id),
    FOREIGN KEY (organisation_id, practitioner_id) REFERENCES booking.calendar (organisation_id, practitioner_id)
);
CREATE INDEX service_offered ON booking.service (practitioner_id, position, id);

-- A hold and the appointment it becomes are one row. Names are booking's own copy, as they were at that time.
CREATE TABLE booking.appointment (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations.organisation (id),
    practitioner_id uuid NOT NULL,
    practitioner_name text NOT NULL,
    client_id uuid NOT NULL,
    client_name text NOT NULL CHECK (char_length(client_name) BETWEEN 1 AND 200),
    service_id uuid NOT NULL,
    service_name text NOT NULL,
    time_zone text NOT NULL,
    during tstzrange NOT NULL,
    -- `during` and the buffers. Written by the application: timestamptz plus interval is not immutable, so a
    -- generated column is refused.
    busy tstzrange NOT NULL,
    status text NOT NULL CHECK (status IN ('held', 'booked', 'cancelled', 'completed')),
    expires_at timestamptz, -- of a hold
    created_at timestamptz NOT NULL,
    booked_at timestamptz,
    cancelled_at timestamptz,
    cancelled_by uuid,
    cancel_reason text NOT NULL DEFAULT '' CHECK (char_length(cancel_reason) <= 1000),
    note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 2000),
    CHECK (client_id <> practitioner_id),
    CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND NOT upper_inf(during)),
    CHECK (lower_inc(busy) AND NOT upper_inc(busy) AND NOT upper_inf(busy) AND busy @> during),
    CHECK ((status = 'held') = (expires_at IS NOT NULL)),
    CHECK ((status = 'held') = (booked_at IS NULL)),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    FOREIGN KEY (client_id, organisation_id) REFERENCES accounts.person (id, organisation_id),
    FOREIGN KEY (organisation_id, practitioner_id, service_id)
        REFERENCES booking.service (organisation_id, practitioner_id, id),
    -- What makes a double booking impossible, whatever the code above it does (docs/decisions).
    CONSTRAINT appointment_no_overlap EXCLUDE USING gist (practitioner_id WITH =, busy WITH &&)
        WHERE (status IN ('held', 'booked')),
    -- Nobody is in two places. Holds may overlap: one compares before one books.
    CONSTRAINT appointment_client_no_overlap EXCLUDE USING gist (client_id WITH =, during WITH &&)
        WHERE (status = 'booked')
);
CREATE INDEX appointment_of_client ON booking.appointment (client_id, lower(during), id);
CREATE INDEX appointment_of_practitioner ON booking.appointment (practitioner_id, lower(during), id);
CREATE INDEX appointment_expiring ON booking.appointment (expires_at) WHERE status = 'held';
CREATE INDEX appointment_ending ON booking.appointment (upper(during)) WHERE status = 'booked';

-- What everybody may know: when a practitioner is taken, and by whom only in the sense of "for good or for now".
CREATE FUNCTION booking.busy_ranges(practitioners uuid[], since timestamptz, until timestamptz, at timestamptz)
    RETURNS TABLE (practitioner_id uuid, busy_start timestamptz, busy_end timestamptz, held boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT a.practitioner_id, lower(a.busy), upper(a.busy), a.status = 'held'
        FROM booking.appointment AS a
        WHERE a.practitioner_id = ANY (practitioners) AND a.busy && tstzrange(since, until)
          AND (a.status = 'booked' OR (a.status = 'held' AND a.expires_at > at))
        ORDER BY lower(a.busy)
    $$;

-- A claim clears other people's expired holds out of its way, without seeing whose they were.
CREATE FUNCTION booking.drop_expired_holds(
    practitioner uuid, since timestamptz, until timestamptz, at timestamptz
)
    RETURNS TABLE (start_at timestamptz, end_at timestamptz, busy_start timestamptz, busy_end timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
        DELETE FROM booking.appointment AS a
        WHERE a.practitioner_id = practitioner AND a.status = 'held' AND a.expires_at <= at
          AND a.busy && tstzrange(since, until)
          AND (klear.is_system() OR a.organisation_id = klear.current_organisation())
        RETURNING lower(a.during), upper(a.during), lower(a.busy), upper(a.busy)
    $$;

-- Every claim counts what it pushes, whoever claims. More is not his: a version only goes up, a few at a time, and one
-- that went up for nothing makes pages fetch again.
CREATE FUNCTION booking.count_pushes(practitioner uuid, pushes int) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
        UPDATE booking.calendar AS c SET version = c.version + pushes
        WHERE c.practitioner_id = practitioner AND pushes > 0
          AND (klear.is_system() OR c.organisation_id = klear.current_organisation())
    $$;

REVOKE ALL ON FUNCTION booking.busy_ranges, booking.drop_expired_holds, booking.count_pushes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION booking.busy_ranges, booking.drop_expired_holds, booking.count_pushes TO klear_app;

-- Whether who acts runs the calendars of his organisation. A practitioner runs his own only.
CREATE FUNCTION booking.acts_as_steward() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT EXISTS (
            SELECT FROM accounts.person
            WHERE id = klear.current_person() AND organisation_id = klear.current_organisation()
              AND roles && ARRAY['assistant', 'owner']
        )
    $$;
REVOKE ALL ON FUNCTION booking.acts_as_steward FROM PUBLIC;
GRANT EXECUTE ON FUNCTION booking.acts_as_steward TO klear_app;

-- Profiles, services and hours are what a practitioner publishes: anybody reads them, his organisation changes them.
ALTER TABLE practitioners.practitioner ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.calendar ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.service ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.rule ENABLE ROW LEVEL SECURITY;

CREATE POLICY published ON practitioners.practitioner FOR SELECT TO klear_app USING (true);
CREATE POLICY published ON booking.calendar FOR SELECT TO klear_app USING (true);
CREATE POLICY published ON booking.service FOR SELECT TO klear_app USING (true);
CREATE POLICY published ON booking.rule FOR SELECT TO klear_app USING (true);

-- Every claim locks a calendar, so everybody of its organisation may. Only who runs it writes to it.
CREATE POLICY locked ON booking.calendar FOR UPDATE TO klear_app
    USING (klear.is_system() OR organisation_id = klear.current_organisation())
    WITH CHECK (
        klear.is_system()
        OR (organisation_id = klear.current_organisation()
            AND (practitioner_id = klear.current_person() OR (SELECT booking.acts_as_steward())))
    );

CREATE POLICY made ON practitioners.practitioner FOR INSERT TO klear_app WITH CHECK (
    klear.is_system()
    OR (organisation_id = klear.current_organisation() AND (SELECT booking.acts_as_steward()))
);
CREATE POLICY made ON booking.calendar FOR INSERT TO klear_app WITH CHECK (
    klear.is_system()
    OR (organisation_id = klear.current_organisation() AND (SELECT booking.acts_as_steward()))
);
CREATE POLICY kept ON booking.service FOR INSERT TO klear_app WITH CHECK (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND (practitioner_id = klear.current_person() OR (SELECT booking.acts_as_steward())))
);
CREATE POLICY kept ON booking.rule TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND (practitioner_id = klear.current_person() OR (SELECT booking.acts_as_steward())))
);

-- Appointments say who goes to whom: their two sides see them, and who runs the organisation's calendars.
ALTER TABLE booking.appointment ENABLE ROW LEVEL SECURITY;
CREATE POLICY sides ON booking.appointment FOR SELECT TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND (klear.current_person() IN (client_id, practitioner_id) OR (SELECT booking.acts_as_steward())))
);
CREATE POLICY changed_by_sides ON booking.appointment FOR UPDATE TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND (klear.current_person() IN (client_id, practitioner_id) OR (SELECT booking.acts_as_steward())))
);
CREATE POLICY claimed_by_client ON booking.appointment FOR INSERT TO klear_app WITH CHECK (
    klear.is_system()
    OR (organisation_id = klear.current_organisation() AND client_id = klear.current_person())
);
CREATE POLICY released_by_holder ON booking.appointment FOR DELETE TO klear_app USING (
    status = 'held'
    AND (klear.is_system()
         OR (organisation_id = klear.current_organisation() AND client_id = klear.current_person()))
);

GRANT SELECT, INSERT ON practitioners.practitioner, booking.service TO klear_app;
GRANT SELECT, INSERT, DELETE ON booking.rule TO klear_app;
GRANT SELECT, INSERT, UPDATE (time_zone, rules_version) ON booking.calendar TO klear_app;
GRANT SELECT, INSERT, DELETE,
    UPDATE (status, expires_at, booked_at, cancelled_at, cancelled_by, cancel_reason, note)
    ON booking.appointment TO klear_app;

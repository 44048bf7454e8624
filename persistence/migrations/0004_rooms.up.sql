-- Rooms: who may be together, and what was said. A room's id is its appointment's.
--
-- The people of a room are its appointment's two sides, and nobody else of the organisation: colleagues see the
-- calendar, never the chat.

CREATE TABLE rooms.room (
    id              uuid PRIMARY KEY REFERENCES booking.appointment (id),
    organisation_id uuid NOT NULL REFERENCES organisations.organisation (id),
    practitioner_id uuid NOT NULL,
    client_id       uuid NOT NULL,
    status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'live', 'ended')),
    opened_at       timestamptz NOT NULL,
    live_at         timestamptz,
    -- Copied from the appointment: until it starts, it may still be cancelled.
    starts_at       timestamptz NOT NULL,
    closes_at       timestamptz NOT NULL,
    ended_at        timestamptz,
    -- Counted under this row's lock: ids of messages are in commit order, without a gap.
    last_seq        bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    CHECK (practitioner_id <> client_id),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    UNIQUE (id, organisation_id),
    FOREIGN KEY (practitioner_id, organisation_id) REFERENCES accounts.person (id, organisation_id),
    FOREIGN KEY (client_id, organisation_id) REFERENCES accounts.person (id, organisation_id)
);

-- The sweep that closes rooms whose time is over.
CREATE INDEX room_closes_at ON rooms.room (closes_at) WHERE status <> 'ended';

CREATE TABLE rooms.participant (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    room_id         uuid NOT NULL,
    person_id       uuid NOT NULL,
    -- This context's own copy: a message keeps its author's name.
    name            text NOT NULL CHECK (name <> ''),
    role            text NOT NULL CHECK (role IN ('practitioner', 'client')),
    state           text NOT NULL CHECK (state IN ('waiting', 'admitted', 'left', 'removed')),
    -- May be in without being admitted (again), and may read.
    welcome         boolean NOT NULL,
    -- He came by the join link: what is said here of him holds for whoever comes by it, too.
    by_link         boolean NOT NULL,
    -- Renewed while a connection of his is open; past it, he waits no longer.
    waiting_until   timestamptz,
    entered_at      timestamptz NOT NULL,
    FOREIGN KEY (room_id, organisation_id) REFERENCES rooms.room (id, organisation_id) ON DELETE CASCADE,
    FOREIGN KEY (person_id, organisation_id) REFERENCES accounts.person (id, organisation_id),
    UNIQUE (room_id, person_id),
    UNIQUE (id, room_id, organisation_id),
    CHECK ((state = 'waiting') = (waiting_until IS NOT NULL)),
    CHECK (CASE state WHEN 'admitted' THEN welcome WHEN 'left' THEN true ELSE NOT welcome END)
);

-- The sweep for those whose page is gone.
CREATE INDEX participant_waiting_until ON rooms.participant (waiting_until) WHERE state = 'waiting';

CREATE TABLE rooms.message (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    room_id         uuid NOT NULL,
    seq             bigint NOT NULL CHECK (seq > 0),
    participant_id  uuid NOT NULL,
    -- The sender's own id of the message: sent twice, stored once.
    key             text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 64),
    text            text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
    at              timestamptz NOT NULL,
    FOREIGN KEY (participant_id, room_id, organisation_id)
        REFERENCES rooms.participant (id, room_id, organisation_id) ON DELETE CASCADE,
    UNIQUE (room_id, seq),
    UNIQUE (room_id, participant_id, key)
);

ALTER TABLE rooms.room ENABLE ROW LEVEL SECURITY;
ALTER TABLE rooms.participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE rooms.message ENABLE ROW LEVEL SECURITY;

CREATE POLICY its_two_sides ON rooms.room FOR SELECT TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND klear.current_person() IN (practitioner_id, client_id))
);

-- A room says of its appointment what the appointment says. Read under the policy of appointments: by its two sides.
CREATE FUNCTION rooms.is_of_appointment(room rooms.room) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT EXISTS (
            SELECT FROM booking.appointment AS a
            WHERE a.id = room.id AND a.organisation_id = room.organisation_id
              AND a.practitioner_id = room.practitioner_id AND a.client_id = room.client_id
              AND lower(a.during) = room.starts_at AND upper(a.during) <= room.closes_at
        )
    $$;

-- What stood before the statement, for conditions on what it writes: a policy itself sees the new row only.
-- STABLE, and so blind to the statement's own writes; as the owner, because a policy may not read its own table.
CREATE FUNCTION rooms.status_before(room uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT r.status FROM rooms.room AS r WHERE r.id = room $$;
CREATE FUNCTION rooms.was_welcome(participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce((SELECT p.welcome FROM rooms.participant AS p WHERE p.id = participant), false) $$;
REVOKE ALL ON FUNCTION rooms.is_of_appointment, rooms.status_before, rooms.was_welcome FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rooms.is_of_appointment, rooms.status_before, rooms.was_welcome TO klear_app;

-- Whoever of the two comes first makes it.
CREATE POLICY made ON rooms.room FOR INSERT TO klear_app WITH CHECK (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND klear.current_person() IN (practitioner_id, client_id)
        AND status = 'open' AND rooms.is_of_appointment(room))
);
-- Beginning and ending are the practitioner's. The client locks the row, counts messages and follows the appointment.
CREATE POLICY led ON rooms.room FOR UPDATE TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation() AND practitioner_id = klear.current_person())
);
CREATE POLICY counted ON rooms.room FOR UPDATE TO klear_app
    USING (organisation_id = klear.current_organisation() AND client_id = klear.current_person())
    WITH CHECK (
        organisation_id = klear.current_organisation() AND client_id = klear.current_person()
        AND status = rooms.status_before(id) AND rooms.is_of_appointment(room)
    );

-- The room in these conditions is itself read under the policy above.
CREATE POLICY of_my_room ON rooms.participant FOR SELECT TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND EXISTS (SELECT FROM rooms.room WHERE room.id = participant.room_id))
);
-- The practitioner admits and removes.
CREATE POLICY led ON rooms.participant TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND EXISTS (SELECT FROM rooms.room
                    WHERE room.id = participant.room_id AND room.practitioner_id = klear.current_person()))
);
-- A client comes and goes. He is in where he was welcome before, and does not come back by himself once removed.
CREATE POLICY came ON rooms.participant FOR INSERT TO klear_app WITH CHECK (
    organisation_id = klear.current_organisation() AND person_id = klear.current_person()
    AND role = 'client' AND (NOT welcome OR rooms.was_welcome(id))
    AND EXISTS (SELECT FROM rooms.room
                WHERE room.id = participant.room_id AND room.client_id = klear.current_person())
);
CREATE POLICY moved ON rooms.participant FOR UPDATE TO klear_app
    USING (
        organisation_id = klear.current_organisation() AND person_id = klear.current_person()
        AND state <> 'removed'
    )
    WITH CHECK (
        organisation_id = klear.current_organisation() AND person_id = klear.current_person()
        AND (NOT welcome OR rooms.was_welcome(id))
    );

-- Whoever only waits, or was removed, reads nothing.
CREATE POLICY read_by_the_welcome ON rooms.message FOR SELECT TO klear_app USING (
    klear.is_system()
    OR (organisation_id = klear.current_organisation()
        AND EXISTS (SELECT FROM rooms.participant AS me
                    WHERE me.room_id = message.room_id AND me.person_id = klear.current_person() AND me.welcome))
);

CREATE POLICY written_by_the_admitted ON rooms.message FOR INSERT TO klear_app WITH CHECK (
    organisation_id = klear.current_organisation()
    AND EXISTS (SELECT FROM rooms.participant AS me
                WHERE me.id = message.participant_id AND me.room_id = message.room_id
                  AND me.person_id = klear.current_person() AND me.state = 'admitted')
);

GRANT SELECT, INSERT, UPDATE (status, live_at, starts_at, closes_at, ended_at, last_seq) ON rooms.room TO klear_app;
GRANT SELECT, INSERT, UPDATE (name, state, welcome, by_link, waiting_until) ON rooms.participant TO klear_app;
-- What was said is neither changed nor taken back.
GRANT SELECT, INSERT ON rooms.message TO klear_app;

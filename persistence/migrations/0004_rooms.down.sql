DROP TABLE rooms.message;
DROP TABLE rooms.participant;
DROP POLICY made ON rooms.room;
DROP POLICY counted ON rooms.room;
DROP FUNCTION rooms.was_welcome, rooms.status_before, rooms.is_of_appointment;
DROP TABLE rooms.room;

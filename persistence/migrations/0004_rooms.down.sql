DROP TABLE rooms.message;
DROP TABLE rooms.participant;
DROP TABLE rooms.room;

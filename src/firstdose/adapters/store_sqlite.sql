-- The record of one trial. Nothing in it is ever changed. The triggers refuse it on every connection, also on
-- one without recursive_triggers, where REPLACE removes rows without asking the delete triggers: therefore no
-- insert may meet a row that it would replace.
PRAGMA application_id = 826560339; -- the letters "1DOS"
PRAGMA user_version = 1;

CREATE TABLE event (
    position       INTEGER PRIMARY KEY,  -- head + 1, free of gaps, given under the append lock
    recorded_at    TEXT    NOT NULL,     -- UTC, to the microsecond, never decreasing
    actor          TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    site           TEXT    NOT NULL,
    type           TEXT    NOT NULL,
    release        TEXT    NOT NULL,     -- of the software and of the study definition
    command        TEXT    NOT NULL,
    nth            INTEGER NOT NULL,     -- within the command
    payload_digest BLOB    NOT NULL CHECK (length(payload_digest) = 32),
    previous_hash  BLOB    NOT NULL UNIQUE CHECK (length(previous_hash) = 32),
    hash           BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    UNIQUE (command, nth)
);

CREATE TABLE payload (
    position INTEGER PRIMARY KEY REFERENCES event (position),
    body     BLOB    NOT NULL            -- the exact bytes that the digest covers
);

CREATE TRIGGER event_command_is_new BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE command = NEW.command AND nth = NEW.nth)
BEGIN SELECT RAISE(ABORT, 'the command was recorded before'); END;

CREATE TRIGGER event_hash_is_new BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE hash = NEW.hash)
  OR EXISTS (SELECT 1 FROM event WHERE previous_hash = NEW.previous_hash)
BEGIN SELECT RAISE(ABORT, 'the hash is that of another event'); END;

CREATE TRIGGER event_follows_the_head BEFORE INSERT ON event
WHEN NEW.position IS NOT coalesce((SELECT max(position) FROM event), 0) + 1
  OR NEW.previous_hash IS NOT coalesce((SELECT hash FROM event ORDER BY position DESC LIMIT 1), zeroblob(32))
  OR NEW.recorded_at < (SELECT recorded_at FROM event ORDER BY position DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'an event follows the head of the record'); END;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;

CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END;

CREATE TRIGGER payload_has_its_event BEFORE INSERT ON payload
WHEN EXISTS (SELECT 1 FROM payload WHERE position = NEW.position)
  OR NOT EXISTS (SELECT 1 FROM event WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'a payload has its event, and an event one payload'); END;

CREATE TRIGGER payload_is_never_changed BEFORE UPDATE ON payload
BEGIN SELECT RAISE(ABORT, 'a payload is never changed'); END;

CREATE TRIGGER payload_is_never_removed BEFORE DELETE ON payload
BEGIN SELECT RAISE(ABORT, 'a payload is never removed'); END;

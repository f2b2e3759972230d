-- From version 10. A new database takes this step too.

-- What came to listeners and waits for a run of a flow, or is read by one. What its sender has named stays without its body
-- once a run has ended with it, so that it is taken once.
CREATE TABLE inbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES accounts (id),
    flow TEXT NOT NULL,
    export TEXT NOT NULL,
    -- As its sender names it.
    event TEXT,
    media_type TEXT NOT NULL,
    body BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    -- Which reads it.
    run TEXT,
    -- How many runs have ended that were handed it and did not come to read it.
    ends INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX inbox_event ON inbox (account, export, flow, event) WHERE event IS NOT NULL;
CREATE INDEX inbox_waiting ON inbox (account, flow, n, size_bytes) WHERE done = 0 AND run IS NULL;
CREATE INDEX inbox_run ON inbox (account, run) WHERE run IS NOT NULL;
CREATE INDEX inbox_received ON inbox (received_ms);

CREATE INDEX inbox_done ON inbox (account, flow, n) WHERE done = 1;

-- How much is kept for each flow, so that nothing is counted while something comes: what is not read yet, and names alone.
CREATE TABLE inbox_sizes (
    account TEXT NOT NULL REFERENCES accounts (id),
    flow TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    named INTEGER NOT NULL,
    PRIMARY KEY (account, flow)
) STRICT;
CREATE TRIGGER inbox_more AFTER INSERT ON inbox BEGIN
    INSERT INTO inbox_sizes VALUES (NEW.account, NEW.flow, 1, NEW.size_bytes, 0)
    ON CONFLICT (account, flow) DO UPDATE SET waiting = waiting + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER inbox_read AFTER UPDATE OF done ON inbox WHEN OLD.done = 0 AND NEW.done = 1 BEGIN
    UPDATE inbox_sizes SET waiting = waiting - 1, bytes = bytes - OLD.size_bytes, named = named + 1
    WHERE account = OLD.account AND flow = OLD.flow;
END;
CREATE TRIGGER inbox_less AFTER DELETE ON inbox BEGIN
    UPDATE inbox_sizes SET waiting = waiting - (OLD.done = 0), bytes = bytes - OLD.size_bytes * (OLD.done = 0),
    named = named - (OLD.done = 1) WHERE account = OLD.account AND flow = OLD.flow;
    DELETE FROM inbox_sizes WHERE account = OLD.account AND flow = OLD.flow AND waiting = 0 AND named = 0;
END;

-- The last that came to each listener, as far as it is shown.
CREATE TABLE last_received (
    account TEXT NOT NULL REFERENCES accounts (id),
    export TEXT NOT NULL,
    media_type TEXT NOT NULL,
    body BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (account, export)
) STRICT;

-- When a person's access to an account ended. A backup that is restored says that it has, of somebody who was let in again
-- since; only what was said after that takes anything off a device.
ALTER TABLE members ADD COLUMN ended_ms INTEGER NOT NULL DEFAULT 0;

-- A listener is found by its id alone: its address names no account.
CREATE INDEX documents_listener ON documents (id) WHERE kind = 'export';

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

-- What the owner of an account sets for all of it. A new database takes this step too.

-- For how many days what runs leave behind is kept.
ALTER TABLE accounts ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 30;
-- What the account may have, as JSON.
ALTER TABLE accounts ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';

-- Changes that were refused to a member, who asks the administrators to take them over.
CREATE TABLE refused (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    user TEXT NOT NULL,
    -- The change's id on the device that offers it.
    parked TEXT NOT NULL,
    document TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    offered_ms INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'adopted', 'dismissed')),
    decided_by TEXT,
    decided_ms INTEGER,
    -- What writes it anew, as JSON; empty once it is decided.
    body TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;
CREATE UNIQUE INDEX refused_parked ON refused (account, user, parked);
CREATE INDEX refused_offered ON refused (account, offered_ms);

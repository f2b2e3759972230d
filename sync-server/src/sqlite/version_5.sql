-- From version 4. What the REST API keeps beside documents: tokens, state, and the data of lookup caches.
CREATE TABLE tokens (
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    -- Who made it; a personal one follows this member's rights.
    user TEXT NOT NULL,
    personal INTEGER NOT NULL,
    -- Name, description and scope, as JSON.
    body TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    purge_ms INTEGER,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;

-- The owner is a resource, or nothing for what belongs to the account.
CREATE TABLE states (
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, owner, key)
) STRICT;

CREATE TABLE cache_entries (
    account TEXT NOT NULL,
    cache TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, cache, key)
) STRICT, WITHOUT ROWID;

-- How much each cache holds; kept with its entries.
CREATE TABLE caches (
    account TEXT NOT NULL,
    cache TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, cache)
) STRICT;

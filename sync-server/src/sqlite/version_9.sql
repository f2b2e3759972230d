-- What people are told and say; what an account keeps and may have. A new database takes this step too.

-- That letters to the address are read by this person: they followed a link that went there alone.
ALTER TABLE users ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
-- What they say of themselves beside their name, as JSON.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';

-- The link went to the address alone. Who has shown it while signed in, and has the address, is remembered.
ALTER TABLE invitations ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN to_user TEXT;

-- What of the bell a person has read; the newest have the highest numbers.
CREATE TABLE bell_reads (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    UNIQUE (user, item)
) STRICT;

-- What people wrote to who runs the server. It outlives its author.
CREATE TABLE feedback (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    diagnostics TEXT NOT NULL DEFAULT '',
    user TEXT,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    written_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;

-- For how many days what runs leave behind is kept.
ALTER TABLE accounts ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 30;
-- Accounts that are there already were promised the last runs of each flow, however old: nothing of theirs goes before
-- somebody has chosen a period.
UPDATE accounts SET retention_days = 3650;
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

-- An account's client at an OpenID provider.
CREATE TABLE sso_clients (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    organization TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    -- Where the secret may go, as JSON.
    hosts TEXT NOT NULL
) STRICT;

-- Whose an identity at a provider is.
CREATE TABLE sso_links (
    account TEXT NOT NULL REFERENCES accounts (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (account, issuer, subject),
    UNIQUE (account, issuer, user)
) STRICT;

-- Who may enter with single sign-on only.
ALTER TABLE members ADD COLUMN require_sso INTEGER NOT NULL DEFAULT 0;

-- What a session was opened with: a password, the single sign-on of an account, or both.
ALTER TABLE sessions ADD COLUMN password INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN sso TEXT;

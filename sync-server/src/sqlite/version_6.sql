-- Rights by integration, the audit log, transfers, second factors. A new database takes this step too.

-- A member who is switched off keeps the row and gets in nowhere.
ALTER TABLE members ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE invitations ADD COLUMN grants TEXT NOT NULL DEFAULT '{}';

-- Levels on single integrations, beside the role in the account.
CREATE TABLE grants (
    account TEXT NOT NULL,
    user TEXT NOT NULL,
    integration TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('monitor', 'manage')),
    PRIMARY KEY (account, user, integration),
    FOREIGN KEY (account, user) REFERENCES members (account, user)
) STRICT;

-- An integration owns itself. What is registered with one is seen by its members.
UPDATE documents SET integration = id WHERE kind = 'integration';
CREATE INDEX documents_integration ON documents (account, integration);
CREATE TABLE registrations (
    account TEXT NOT NULL,
    document TEXT NOT NULL,
    integration TEXT NOT NULL,
    PRIMARY KEY (account, document, integration)
) STRICT;

-- The number in the account's sequence under which a document went for good.
ALTER TABLE documents ADD COLUMN purged_sequence INTEGER;
CREATE INDEX documents_purged ON documents (account, purged_sequence) WHERE purged_sequence IS NOT NULL;

ALTER TABLE users ADD COLUMN signed_in_ms INTEGER;
-- What the person is shown of each of their sessions, and by what it is named to end it.
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- Who did what. Each row's hash covers the row before it; the last one stands in audit_heads too.
CREATE TABLE audit (
    account TEXT NOT NULL,
    n INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    user TEXT,
    user_name TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    resource TEXT,
    name TEXT NOT NULL,
    action TEXT NOT NULL,
    fields TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account, n)
) STRICT;
CREATE INDEX audit_time ON audit (account, time_ms);
CREATE TABLE audit_heads (
    account TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
-- Up to where the account's accepted changes have been read. What was there before the log began is not in it.
CREATE TABLE audit_cursors (
    account TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;
INSERT INTO audit_cursors (account, sequence) SELECT id, sequence FROM accounts;

-- Integrations on their way to another account.
CREATE TABLE transfers (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    by TEXT NOT NULL,
    -- Whose address it is for. Who has shown the secret link and has the address is remembered.
    email TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    to_user TEXT,
    to_account TEXT,
    status TEXT NOT NULL CHECK (status IN ('offered', 'declined', 'canceled', 'accepted', 'done', 'failed')),
    contents TEXT NOT NULL,
    result TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER
) STRICT;
CREATE INDEX transfers_account ON transfers (account, created_ms);
CREATE INDEX transfers_to_user ON transfers (to_user) WHERE to_user IS NOT NULL;
CREATE INDEX transfers_to_account ON transfers (to_account) WHERE to_account IS NOT NULL;

-- A second factor counts once it was confirmed; a step of its clock is used once.
CREATE TABLE second_factors (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    confirmed INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_codes (
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (user, hash)
) STRICT;

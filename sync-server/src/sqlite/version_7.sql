-- From version 6. A new database takes this step too.

-- When a token last let somebody in.
ALTER TABLE tokens ADD COLUMN used_ms INTEGER;

-- Letters: sealed while they wait (next_ms is set), then only how they went.
CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    account TEXT,
    about TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    sealed BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER,
    sent INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER
) STRICT;
CREATE INDEX mails_next ON mails (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX mails_about ON mails (account, about, recipient);

-- Another address that somebody wants, until the link in a letter to it is followed.
CREATE TABLE email_changes (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    token BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

-- Who may invite and whom, as JSON; an account without a row has the usual.
CREATE TABLE policies (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    body TEXT NOT NULL
) STRICT;

-- When everything of an account goes.
ALTER TABLE accounts ADD COLUMN closing_ms INTEGER;

-- Until when an invitation lets somebody in, and that who was invited does not want to.
ALTER TABLE invitations ADD COLUMN expires_ms INTEGER;
UPDATE invitations SET expires_ms = created_ms + 1209600000;
ALTER TABLE invitations ADD COLUMN dismissed_ms INTEGER;

-- Who may enter with a second factor only.
ALTER TABLE members ADD COLUMN require_factor INTEGER NOT NULL DEFAULT 0;

-- Since when a browser is trusted with no more than a password.
ALTER TABLE browsers ADD COLUMN trusted_ms INTEGER;

-- From version 9. A new database takes this step too.

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

-- The tables of version 1, as its release made or left them.
CREATE TABLE server (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    restored INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    token BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expires ON sessions (expires_ms);
CREATE TABLE browsers (
    token BLOB NOT NULL,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (token, user)
) STRICT;
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE members (
    account TEXT NOT NULL REFERENCES accounts (id),
    user TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'removed')),
    visibility_epoch INTEGER NOT NULL DEFAULT 1,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (account, user)
) STRICT;
CREATE INDEX members_user ON members (user);
CREATE TABLE invitations (
    token BLOB PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (account, email)
) STRICT;
CREATE TABLE documents (
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    integration TEXT,
    heads BLOB NOT NULL,
    max_op INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    purged INTEGER NOT NULL DEFAULT 0,
    created_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;
CREATE INDEX documents_kind ON documents (kind);
CREATE TABLE changes (
    account TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    document TEXT NOT NULL,
    hash BLOB NOT NULL,
    actor BLOB NOT NULL,
    actor_seq INTEGER NOT NULL,
    user TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT;
CREATE UNIQUE INDEX changes_hash ON changes (account, document, hash);
CREATE INDEX changes_document ON changes (account, document, sequence);
CREATE UNIQUE INDEX changes_actor ON changes (account, document, actor, actor_seq);
CREATE TABLE actors (
    session BLOB PRIMARY KEY,
    user TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE runs (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    flow TEXT NOT NULL,
    n INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    status TEXT NOT NULL,
    place TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    user TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT;
CREATE UNIQUE INDEX runs_sequence ON runs (account, sequence);
CREATE INDEX runs_started ON runs (account, started_ms);
CREATE INDEX runs_status ON runs (status);
CREATE TABLE run_errors (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    n INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, run, n)
) STRICT;
CREATE UNIQUE INDEX run_errors_sequence ON run_errors (account, sequence);
CREATE TABLE run_files (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (account, run, step)
) STRICT;
CREATE TABLE blobs (
    account TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (account, sha256)
) STRICT;
CREATE TABLE blob_parts (
    account TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    n INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (account, sha256, n)
) STRICT;
CREATE TABLE vault (
    account TEXT NOT NULL,
    connection TEXT NOT NULL,
    path TEXT NOT NULL,
    sealed BLOB NOT NULL,
    hosts TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (account, connection, path)
) STRICT;
CREATE TABLE ticks (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    nominal_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    claimed_ms INTEGER NOT NULL,
    PRIMARY KEY (account, flow, nominal_ms)
) STRICT;
PRAGMA user_version = 1;

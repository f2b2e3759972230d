-- The tables of version 11, as its release made or left them.
CREATE TABLE server (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    -- When a backup was restored; 0: never. 1: once, before the time was kept.
    restored INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    created_ms INTEGER NOT NULL
, signed_in_ms INTEGER, verified INTEGER NOT NULL DEFAULT 0, profile TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE sessions (
    token BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
, agent TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '', password INTEGER NOT NULL DEFAULT 1, sso TEXT) STRICT;
CREATE INDEX sessions_expires ON sessions (expires_ms);
CREATE TABLE browsers (
    token BLOB NOT NULL,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL, trusted_ms INTEGER,
    PRIMARY KEY (token, user)
) STRICT;
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
, closing_ms INTEGER, retention_days INTEGER NOT NULL DEFAULT 30, limits TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE members (
    account TEXT NOT NULL REFERENCES accounts (id),
    user TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'removed')),
    visibility_epoch INTEGER NOT NULL DEFAULT 1,
    created_ms INTEGER NOT NULL, enabled INTEGER NOT NULL DEFAULT 1, require_factor INTEGER NOT NULL DEFAULT 0, require_sso INTEGER NOT NULL DEFAULT 0, ended_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, user)
) STRICT;
CREATE INDEX members_user ON members (user);
CREATE TABLE invitations (
    token BLOB PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL, grants TEXT NOT NULL DEFAULT '{}', expires_ms INTEGER, dismissed_ms INTEGER, mailed INTEGER NOT NULL DEFAULT 0, to_user TEXT,
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
    inflated_bytes INTEGER NOT NULL,
    purged INTEGER NOT NULL DEFAULT 0,
    created_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL, purged_sequence INTEGER,
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
    bytes BLOB NOT NULL, source TEXT NOT NULL DEFAULT 'ui', token TEXT NOT NULL DEFAULT '',
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
CREATE INDEX runs_flow ON runs (account, flow, started_ms);
CREATE TABLE checkpoints (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    export TEXT NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (account, flow, export)
) STRICT;
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
CREATE INDEX run_files_sha256 ON run_files (account, sha256);
CREATE TABLE blobs (
    account TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    -- Brought by a device: a document may name it. Else it goes with the runs that made it.
    uploaded INTEGER NOT NULL,
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
    modified_ms INTEGER NOT NULL, used_ms INTEGER, sso INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, id)
) STRICT;
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
CREATE TABLE caches (
    account TEXT NOT NULL,
    cache TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, cache)
) STRICT;
CREATE TABLE grants (
    account TEXT NOT NULL,
    user TEXT NOT NULL,
    integration TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('monitor', 'manage')),
    PRIMARY KEY (account, user, integration),
    FOREIGN KEY (account, user) REFERENCES members (account, user)
) STRICT;
CREATE INDEX documents_integration ON documents (account, integration);
CREATE TABLE registrations (
    account TEXT NOT NULL,
    document TEXT NOT NULL,
    integration TEXT NOT NULL,
    PRIMARY KEY (account, document, integration)
) STRICT;
CREATE INDEX documents_purged ON documents (account, purged_sequence) WHERE purged_sequence IS NOT NULL;
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
    hash BLOB NOT NULL, token TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, n)
) STRICT;
CREATE INDEX audit_time ON audit (account, time_ms);
CREATE TABLE audit_heads (
    account TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    hash BLOB NOT NULL
, seal BLOB NOT NULL DEFAULT x'') STRICT;
CREATE TABLE audit_cursors (
    account TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;
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
CREATE TABLE email_changes (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    token BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE policies (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    body TEXT NOT NULL
) STRICT;
CREATE TABLE outages (
    account TEXT NOT NULL,
    connection TEXT NOT NULL,
    why TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    checked_ms INTEGER NOT NULL,
    PRIMARY KEY (account, connection)
) STRICT;
CREATE TABLE bell_reads (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    UNIQUE (user, item)
) STRICT;
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
CREATE TABLE sso_clients (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    organization TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    -- Where the secret may go, as JSON.
    hosts TEXT NOT NULL
, trusts_addresses INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE sso_links (
    account TEXT NOT NULL REFERENCES accounts (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL, vouched_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, issuer, subject),
    UNIQUE (account, issuer, user)
) STRICT;
CREATE TABLE tags (
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    tag TEXT NOT NULL,
    -- The name in small letters: two that differ in case only are one to people.
    folded TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, id),
    UNIQUE (account, folded)
) STRICT;
CREATE TABLE template_zips (
    account TEXT NOT NULL REFERENCES accounts (id),
    template TEXT NOT NULL,
    zip BLOB NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, template)
) STRICT;
CREATE TABLE retry_data (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    n INTEGER NOT NULL,
    record TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, run, n)
) STRICT;
CREATE TABLE run_marks (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, run, id)
) STRICT;
CREATE UNIQUE INDEX run_marks_sequence ON run_marks (account, sequence);
CREATE TABLE "ticks" (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    source TEXT NOT NULL,
    nominal_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    claimed_ms INTEGER NOT NULL,
    PRIMARY KEY (account, flow, source, nominal_ms)
) STRICT;
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
CREATE TABLE last_received (
    account TEXT NOT NULL REFERENCES accounts (id),
    export TEXT NOT NULL,
    media_type TEXT NOT NULL,
    body BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (account, export)
) STRICT;
CREATE INDEX documents_listener ON documents (id) WHERE kind = 'export';
PRAGMA user_version = 11;

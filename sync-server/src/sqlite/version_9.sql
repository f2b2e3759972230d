-- The bell, feedback and profiles. A new database takes this step too.

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

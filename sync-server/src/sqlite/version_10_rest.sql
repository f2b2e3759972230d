-- From version 9. A new database takes this step too.

-- Tags that an account has for its errors; errors have them by name.
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

-- What is installed from a template.
CREATE TABLE template_zips (
    account TEXT NOT NULL REFERENCES accounts (id),
    template TEXT NOT NULL,
    zip BLOB NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, template)
) STRICT;

-- Records that somebody has put in place of those that failed, for when they are tried again. They go with their run.
CREATE TABLE retry_data (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    n INTEGER NOT NULL,
    record TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, run, n)
) STRICT;

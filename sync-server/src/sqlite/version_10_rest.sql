-- From version 9. A new database takes this step too.

-- What is installed from a template.
CREATE TABLE template_zips (
    account TEXT NOT NULL REFERENCES accounts (id),
    template TEXT NOT NULL,
    zip BLOB NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, template)
) STRICT;

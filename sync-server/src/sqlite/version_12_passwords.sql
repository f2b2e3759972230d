-- From version 11. A new database takes this step too.

-- The hashes of the passwords that a person had before the present one: none of the last ones is taken again.
CREATE TABLE former_passwords (
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Grows with each change.
    n INTEGER NOT NULL,
    password TEXT NOT NULL,
    PRIMARY KEY (user, n)
) STRICT;

-- From version 8. A new database takes this step too.

-- Connections whose credentials were refused: nothing is sent through them until a test goes well or others are entered.
CREATE TABLE outages (
    account TEXT NOT NULL,
    connection TEXT NOT NULL,
    why TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    checked_ms INTEGER NOT NULL,
    PRIMARY KEY (account, connection)
) STRICT;

-- From version 3.
CREATE TABLE checkpoints (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    export TEXT NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (account, flow, export)
) STRICT;

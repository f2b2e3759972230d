-- From version 9. A new database takes this step too.

-- What people decided about errors of runs. They share the account's sequence and go with their run.
CREATE TABLE run_marks (
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, run, id)
) STRICT;
CREATE UNIQUE INDEX run_marks_sequence ON run_marks (account, sequence);

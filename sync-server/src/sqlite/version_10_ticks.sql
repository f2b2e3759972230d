-- From version 9. A new database takes this step too.

-- A source of a flow may have a schedule of its own, and so claims of its own; those of the flow's schedule name none.
CREATE TABLE ticks_by_source (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    source TEXT NOT NULL,
    nominal_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    claimed_ms INTEGER NOT NULL,
    PRIMARY KEY (account, flow, source, nominal_ms)
) STRICT;
INSERT INTO ticks_by_source (account, flow, source, nominal_ms, run, claimed_ms)
SELECT account, flow, '', nominal_ms, run, claimed_ms FROM ticks;
DROP TABLE ticks;
ALTER TABLE ticks_by_source RENAME TO ticks;

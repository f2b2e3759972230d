-- From version 2. Where files came from was not kept: all count as brought by a device, and stay.
ALTER TABLE blobs ADD COLUMN uploaded INTEGER NOT NULL DEFAULT 1;
CREATE INDEX run_files_sha256 ON run_files (account, sha256);
CREATE INDEX runs_flow ON runs (account, flow, started_ms);

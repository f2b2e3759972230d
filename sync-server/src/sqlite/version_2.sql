-- From version 1. What is stored already counts as it lies: only what comes from now on is counted inflated.
ALTER TABLE documents ADD COLUMN inflated_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET inflated_bytes = size_bytes;

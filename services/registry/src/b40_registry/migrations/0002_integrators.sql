-- Integrators: each whole, as it is stated. Those that were revoked stay, so that their sources stay theirs.

CREATE TABLE integrator (
    name text PRIMARY KEY,
    revision bigint NOT NULL,
    stated jsonb NOT NULL
);

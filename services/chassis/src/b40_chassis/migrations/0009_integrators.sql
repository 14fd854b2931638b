-- What the app has heard of each integrator: the last state, whole. It is small, and each process keeps it in memory.

CREATE TABLE b40.integrator (
    name text PRIMARY KEY,
    version bigint NOT NULL,             -- of the state heard; the sum of all rises with every change
    stated jsonb NOT NULL
);

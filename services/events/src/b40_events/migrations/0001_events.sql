-- Tours, fairs, shared places, deadlines and the calendar. Reports are kept as they came, in jsonb.

CREATE TABLE city (
    code text PRIMARY KEY,
    names jsonb NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    timezone text NOT NULL,
    status text,                         -- where it stands towards the network since that day
    since date
);

CREATE TABLE tour (
    tour text PRIMARY KEY,
    report jsonb NOT NULL,
    zone text NOT NULL,                  -- of the start city: the tour's days begin there
    announced timestamptz NOT NULL,
    last_concert date NOT NULL
);

CREATE TABLE gate (
    tour text NOT NULL REFERENCES tour,
    gate text NOT NULL CHECK (gate IN ('cities', 'dates', 'concerts')),
    planned date NOT NULL,
    opens timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'ahead' CHECK (state IN ('ahead', 'blocked', 'passed')),
    PRIMARY KEY (tour, gate)
);
CREATE INDEX gate_ahead ON gate (opens) WHERE state = 'ahead';

-- Of no foreign key: a decision read back may be of a tour whose report has not come again yet.
CREATE TABLE tour_plan (
    tour text PRIMARY KEY,
    number integer NOT NULL DEFAULT 0,
    due timestamptz,
    solving boolean NOT NULL DEFAULT false,
    next_due timestamptz,                -- when dates are to be decided next, if they are
    decision jsonb,
    CHECK ((number = 0) = (due IS NULL))
);
CREATE INDEX tour_plan_next ON tour_plan (next_due) WHERE NOT solving;

CREATE TABLE stop (
    tour text NOT NULL,
    city text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('invited', 'confirmed', 'dated', 'unschedulable', 'withdrawn', 'played')),
    windows jsonb NOT NULL DEFAULT '[]',
    "on" date,
    why text,
    acts jsonb NOT NULL DEFAULT '[]',
    asked_again boolean NOT NULL DEFAULT false,  -- other windows were given while dates were being decided
    line_up_check timestamptz,
    visitors integer,
    PRIMARY KEY (tour, city),
    CHECK (status NOT IN ('dated', 'played') OR "on" IS NOT NULL)
);
CREATE UNIQUE INDEX stop_one_show_a_day ON stop (tour, "on") WHERE status IN ('dated', 'played');
CREATE INDEX stop_line_up_check ON stop (line_up_check) WHERE line_up_check IS NOT NULL;

CREATE TABLE fair (
    fair text PRIMARY KEY,
    report jsonb NOT NULL
);

CREATE TABLE milestone (
    fair text NOT NULL REFERENCES fair,
    milestone text NOT NULL,
    report jsonb NOT NULL,
    PRIMARY KEY (fair, milestone)
);

CREATE TABLE plan_conflict (
    fair text NOT NULL,
    milestone text NOT NULL,
    found jsonb NOT NULL,
    PRIMARY KEY (fair, milestone),
    FOREIGN KEY (fair, milestone) REFERENCES milestone
);

CREATE TABLE fair_intent (
    fair text NOT NULL REFERENCES fair,
    city text NOT NULL,
    persons integer NOT NULL CHECK (persons >= 0),
    stand text NOT NULL,
    PRIMARY KEY (fair, city)
);

CREATE TABLE summit (
    summit text PRIMARY KEY,
    report jsonb NOT NULL,
    simulated jsonb NOT NULL
);

CREATE TABLE allocation (
    summit text PRIMARY KEY,
    due timestamptz NOT NULL,
    decision jsonb NOT NULL
);

CREATE TABLE deadline (
    deadline text PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    concerns text,
    "on" date,
    at timestamptz,
    timezone text,
    approaches timestamptz NOT NULL,
    passes timestamptz NOT NULL,
    warned boolean NOT NULL DEFAULT false,
    status text NOT NULL CHECK (status IN ('open', 'met', 'missed', 'lifted', 'past')),
    CHECK (("on" IS NULL) <> (at IS NULL))
);
CREATE INDEX deadline_approaching ON deadline (approaches) WHERE status = 'open' AND NOT warned;
CREATE INDEX deadline_passing ON deadline (passes) WHERE status = 'open';

CREATE TABLE calendar_entry (
    entry text PRIMARY KEY,
    sequence integer NOT NULL,
    cancelled boolean NOT NULL,
    content jsonb NOT NULL,
    changed timestamptz NOT NULL
);

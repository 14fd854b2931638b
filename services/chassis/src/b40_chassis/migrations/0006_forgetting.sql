-- What is older than the memory is forgotten, some thousands of rows at a time; rows lie in order of time, so that an
-- index of ranges of pages finds them and costs writers next to nothing.

ALTER TABLE b40.refused ADD COLUMN since timestamptz NOT NULL DEFAULT now();

CREATE INDEX inbox_appended ON b40.inbox USING brin (appended);
CREATE INDEX intake_accepted ON b40.intake USING brin (accepted);
CREATE INDEX refused_since ON b40.refused USING brin (since);

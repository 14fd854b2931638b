-- The notices of a digest are found without reading all that there ever were.

CREATE INDEX notice_of_digest ON notice (digest) WHERE digest IS NOT NULL;

-- To which key the lines of a biller's orders are encrypted.

CREATE TABLE biller (
    name text PRIMARY KEY,
    stated jsonb NOT NULL                -- as it was stated
);

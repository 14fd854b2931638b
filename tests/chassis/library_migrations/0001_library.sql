CREATE TABLE shelf (shelf text PRIMARY KEY, books integer NOT NULL DEFAULT 0);
CREATE TABLE book (place bigint GENERATED ALWAYS AS IDENTITY, book text NOT NULL, title text NOT NULL, seen timestamptz NOT NULL);
CREATE TABLE page (book text NOT NULL, number integer NOT NULL CHECK (number > 0), calls integer NOT NULL);
CREATE TABLE loan (loan text PRIMARY KEY, due timestamptz NOT NULL, ended boolean NOT NULL DEFAULT false);

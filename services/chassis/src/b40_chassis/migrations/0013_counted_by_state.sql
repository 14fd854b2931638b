-- How much is set aside in which state is asked for every few seconds: not by reading all that there is, with its bytes.

CREATE INDEX set_aside_state ON b40.set_aside (state);

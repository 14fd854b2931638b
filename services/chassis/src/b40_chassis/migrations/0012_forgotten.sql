-- What is set aside about somebody who was erased is closed as forgotten: nothing is kept of it but where it stood.

ALTER TABLE b40.set_aside DROP CONSTRAINT set_aside_state_check;
ALTER TABLE b40.set_aside ADD CONSTRAINT set_aside_state_check CHECK (
    state IN ('unreadable', 'failed', 'waiting', 'behind', 'released', 'discarded', 'forgotten'));

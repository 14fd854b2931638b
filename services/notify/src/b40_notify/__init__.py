"""Everything outbound: recipients, notices, digests, e-mail."""

"""Contact details and answers, for whom, proof of the address, the last look, and the one POST."""

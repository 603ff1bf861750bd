"""Background work: queues, jobs, ticker, mail transport; Redis may lose everything at any time."""

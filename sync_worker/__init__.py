"""Background work: queues, the ticker, mail transport, health."""

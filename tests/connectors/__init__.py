"""Tests of the connectors: readers, writers, error tables and faults of servers."""

"""Measures what the product promises: ``python -m benchmarks``; CPU per operation comes first."""

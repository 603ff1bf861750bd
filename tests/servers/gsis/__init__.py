"""Stands in for GSIS, where citizens sign in with TAXISnet codes; two sample persons, no codes."""

"""Tests of what a municipality offers."""

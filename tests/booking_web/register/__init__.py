"""Signing in of citizens: the register's side."""

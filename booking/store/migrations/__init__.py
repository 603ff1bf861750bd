"""Numbered migrations, shipped with the package so that installing is enough to upgrade."""

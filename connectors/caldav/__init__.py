"""The CalDAV connector (RFC 4791, 6578)."""

"""CalDAV: the only room that knows the caldav library, requests, urllib3 and lxml."""

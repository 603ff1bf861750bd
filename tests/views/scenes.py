"""All scenes: whoever imports this module has them registered."""

from tests.views import booked, choosing, entering, office

__all__ = ["booked", "choosing", "entering", "office"]

"""The citizen's pages: one question a page, from the municipality to the managed booking."""

from flask import Blueprint

blueprint = Blueprint("citizen", __name__, template_folder="templates")

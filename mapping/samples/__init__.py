"""Sample mapping files, shipped with the package: what the two citizen manuals show."""

from __future__ import annotations

from importlib import resources

SAMPLES = ("kalamata", "kavala")


def sample_text(slug: str) -> str:
    """The text of a sample file, e.g. of "kalamata"."""
    if slug not in SAMPLES:
        raise ValueError(f"there is no sample '{slug}'; there are: {', '.join(SAMPLES)}")
    return resources.files(__name__).joinpath(f"{slug}.yaml").read_text(encoding="utf-8")

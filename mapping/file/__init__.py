"""The mapping file: YAML in, frozen values out, and back."""

from mapping.checks import Providers
from mapping.file.faults import Fault, MappingFileError
from mapping.file.read import Reading, examine, read_mapping
from mapping.file.source import decode
from mapping.file.write import write_mapping

__all__ = [
    "Fault",
    "MappingFileError",
    "Providers",
    "Reading",
    "decode",
    "examine",
    "read_mapping",
    "write_mapping",
]

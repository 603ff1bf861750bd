"""The mapping file: YAML in, frozen values out, and back."""

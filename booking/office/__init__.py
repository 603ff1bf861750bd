"""What administrators and staff do: mappings, secrets, accounts, checks and explanations."""

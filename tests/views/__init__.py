"""Every page that people see, in every state: how to get there, and what all of them must keep."""

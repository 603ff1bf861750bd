"""Who somebody is, as the register of taxpayers tells it: TAXISnet codes, by GSIS's OAuth2."""

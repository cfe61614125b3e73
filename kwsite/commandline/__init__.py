"""How the commands speak to the running service, and how they show what it says."""

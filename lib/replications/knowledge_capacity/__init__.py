"""How many bits of facts a transformer stores."""

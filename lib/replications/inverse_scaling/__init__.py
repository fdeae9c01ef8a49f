"""Tasks on which larger models do worse, looked for in models that had no part in choosing them."""

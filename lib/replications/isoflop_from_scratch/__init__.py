"""IsoFLOP curves of models trained here: a ladder of sizes, and one that holds projects out."""

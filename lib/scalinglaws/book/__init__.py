"""The book: a static site made of the committed notebooks, claims and verdicts. Nothing is executed or fetched."""

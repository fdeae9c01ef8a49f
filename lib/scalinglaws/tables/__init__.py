"""Tables with provenance: checked by hash on every load, made again from upstream on demand."""

"""A weight decay that grows as the root of the width: what AdamW leaves of a matrix, and what its size follows."""

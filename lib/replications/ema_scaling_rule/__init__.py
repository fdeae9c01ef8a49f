"""How to scale the momentum of averaged weights with the batch: replication of arXiv:2307.13813."""

"""Networks of our own: data as tensors, the loop, many runs at a time. Only here does the library import torch."""

"""Chowdhery et al. (2022): discontinuous improvements on BIG-bench, with the null that their count lacks."""

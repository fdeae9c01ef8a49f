"""Encoder-only against decoder-only Transformers on time series: whose loss falls faster."""

"""Human-like video: accuracy along data, size and pixels, and forecasts of it by several links."""

"""Inertial particles that a flow carries against an obstacle: which strike it, near the critical inertia."""

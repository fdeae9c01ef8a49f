"""What one finding alone uses, a folder a finding: its theory, its runs. No finding imports another."""

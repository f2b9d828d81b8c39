"""The working days that the State Council announces after a release of ours (R-TIME-06, decision 0020)."""

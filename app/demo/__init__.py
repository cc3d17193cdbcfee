"""Demo data and the demo walk: invented merchants with shops in the sandbox."""

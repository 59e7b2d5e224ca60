"""The `speechdrop` command: what a person runs on their own machine."""

"""The pipeline's decisions: pure, no I/O, no clock."""

"""Speechdrop's deployed code: the pipeline, the Batch Synthesis service, and what both stand on."""

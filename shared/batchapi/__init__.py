"""The Batch Synthesis wire contract, both API versions: used by the pipeline's client and by the service, pure."""

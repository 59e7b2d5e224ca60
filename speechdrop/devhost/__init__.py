"""The devhost: runs function_app.py on one machine as the Azure Functions host would (docs/devhost.md)."""

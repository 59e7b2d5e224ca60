"""What azd runs around a deployment: the same Python for posix and Windows, one module per step."""

"""The one line between a caller and an upstream: recall, plan, send, read, repair, fold, remember."""

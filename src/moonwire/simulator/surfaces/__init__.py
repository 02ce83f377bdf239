"""The other two surfaces of an endpoint: Messages and Responses, around the same model and rules."""

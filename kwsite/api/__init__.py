"""The HTTP API: OpenAI's chat completions and the service's own questions about them."""

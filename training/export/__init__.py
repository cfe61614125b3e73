"""What a model is fine-tuned on: conversations that went well, as JSON lines (row KR8)."""

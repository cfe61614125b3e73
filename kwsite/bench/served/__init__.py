"""What routing serves when intents are live kernels, without and with a trained head."""

"""What receipts cost."""

"""Receipts: what an answer was made by, signed, so that anybody can verify it offline."""

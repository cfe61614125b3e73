"""Whether the next prompt corrects the answer before, or asks for it again (row KR11)."""

"""What the router and the reward model learn from a stream of mixed queries."""

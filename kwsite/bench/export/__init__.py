"""How fast trajectories are exported, and in how much memory."""

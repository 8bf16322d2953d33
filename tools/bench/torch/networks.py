"""The three networks of the presets and their training steps, with our parameter names."""

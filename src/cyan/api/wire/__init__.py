"""The shapes of Particle's REST contract, made from our nouns."""

"""The nouns: what a device cloud talks about, and nothing that it does."""

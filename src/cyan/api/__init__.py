"""The door for programs: REST and event streams in the shapes of Particle's cloud."""

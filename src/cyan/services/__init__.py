"""Use cases: one short function per verb. They ask the rules and write the outcome."""

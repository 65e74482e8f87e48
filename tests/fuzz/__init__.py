"""Fuzzing of every reader: generators, targets, a campaign, seeded mutants, kept inputs."""

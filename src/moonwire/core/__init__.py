"""What is true of Kimi, as pure values and functions: no clock, no randomness, no files, no waiting."""

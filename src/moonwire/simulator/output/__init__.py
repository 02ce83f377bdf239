"""How a turn is written: tokens, frames, markup, usage."""

"""What `moonwire chat` and `moonwire run` are made of: pure parts here, the terminal in a few modules."""

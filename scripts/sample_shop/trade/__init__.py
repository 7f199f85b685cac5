"""Orders, what is in them, who places them, and what becomes of them."""

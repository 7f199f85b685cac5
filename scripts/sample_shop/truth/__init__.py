"""What the warehouse must say of the shop."""

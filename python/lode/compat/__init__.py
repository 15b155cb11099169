"""What other libraries offer, under their names, on an index of lode."""

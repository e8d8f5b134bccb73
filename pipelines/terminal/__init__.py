"""What a terminal shows and hears."""

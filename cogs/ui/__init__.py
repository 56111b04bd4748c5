"""What a person sees: the card, the ways to it, errors."""

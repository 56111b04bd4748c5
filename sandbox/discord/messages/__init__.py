"""Messages: their request forms, their components, and how they come and go."""

"""A job's life: its states, the loop that moves it, and who it is shown through."""

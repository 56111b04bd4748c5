"""The control API: a program acts as a person, looks at the world and turns its knobs."""

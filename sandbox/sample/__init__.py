"""The picture that the demo animates, and the script that paints it."""

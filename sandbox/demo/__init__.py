"""`make demo`: a member animates a picture, and everything the member sees is printed."""

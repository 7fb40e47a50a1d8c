"""What pages for people are made of: markup, parts, pictures and the document around them."""

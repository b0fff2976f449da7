"""What can go wrong, one module for each part of the site that it happens to."""

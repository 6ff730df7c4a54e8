"""The worked examples of what the product is for, through the pure core."""
